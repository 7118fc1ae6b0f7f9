/** The ways to play a transcript. Each opens a peer that serves the transcript's maildrop. */
import { SingleUserProvider } from "../lib/providers/single_user_provider.ts";
import { type Clock, systemClock } from "../lib/time/clock.ts";
import { Operations } from "../lib/border/operations.ts";
import type { Happening } from "../lib/events/events.ts";
import { SessionInfo } from "../lib/session/session_info.ts";
import { type PeerServices, servePeer } from "../lib/connection/serve_peer.ts";
import { Deadlines } from "../lib/time/deadlines.ts";
import { LineReader } from "../lib/connection/line_reader.ts";
import { ReplyWriter } from "../lib/connection/reply_writer.ts";
import { LoginDelay } from "../lib/guard/login_delay.ts";
import { BanningGuard, REFUSAL_MS } from "../lib/guard/banning_guard.ts";
import type { Settings } from "../lib/listener/settings.ts";
import { Pop3Listener } from "../lib/listener/pop3_listener.ts";
import type { TlsEngine } from "../lib/transport/tls/tls_engine.ts";
import type { ConnectionInfo } from "../lib/provider/connection_info.ts";
import type { Mailbox } from "../lib/provider/mailbox.ts";
import type { SessionContext } from "../lib/session/handler.ts";
import { Session } from "../lib/session/session.ts";
import type {
  OpenTranscriptPeer,
  TranscriptPeer,
  TranscriptScene,
} from "../lib/testing/play_transcript.ts";
import { LoopbackClient } from "./loopback_client.ts";
import { certificate } from "./test_authority.ts";
import { MemoryTransport } from "./memory_transport.ts";

/** A scene whose other fields have defaults. */
export type Scene = Pick<TranscriptScene, "provider"> & Partial<TranscriptScene>;

export function providerOf(
  mailbox: Mailbox,
  password = "passw0rd",
  token: string | null = null,
): SingleUserProvider {
  const provider = new SingleUserProvider({
    username: "me",
    password,
    openMailbox: () => mailbox,
  });
  if (token === null) return provider;
  return Object.assign(provider, {
    authenticateToken: (_info: ConnectionInfo, username: string | null, given: string) =>
      given === token && (username ?? "me") === "me" ? mailbox : null,
  });
}

/** The system clock, except that a refused login is not delayed. */
export const hurriedClock: Clock = {
  now: () => systemClock.now(),
  after(milliseconds, callback) {
    if (milliseconds > REFUSAL_MS || milliseconds <= REFUSAL_MS / 2) {
      return systemClock.after(milliseconds, callback);
    }
    queueMicrotask(callback);
    return { [Symbol.dispose]() {} };
  },
};

function settingsOf({ provider, ...scene }: Scene): Settings {
  return new Pop3Listener({
    provider,
    expire: scene.expire ?? null,
    loginDelay: scene.loginDelay ?? 0,
    allowUnknownIdRequests: scene.allowsUnknownIds ?? true,
    multiLineInd: scene.marksMultiLine ?? false,
    allowInsecureLogin: scene.allowsInsecureLogin ?? false,
    onEvent: () => {},
    ...(scene.banEngine === undefined ? {} : { banEngine: scene.banEngine }),
  });
}

/** The facts of a peer in memory. */
export const memoryPeerFacts = {
  connectionId: "1",
  address: "127.0.0.1",
  countedAddress: "127.0.0.1",
  port: 50_000,
  isSecure: false,
  isImplicitTls: false,
  acceptedAt: 0,
} as const;

const REMOTE = "192.0.2.7";

/** The services that a listener would give to its peers, for tests without a listener. */
export function services(settings: Settings, clock: Clock = systemClock): PeerServices {
  return {
    provider: settings.provider,
    clock,
    deadlines: new Deadlines(clock),
    guard: new BanningGuard(() => settings.banEngine, hurriedClock),
    loginPace: new LoginDelay(() => settings.loginDelay, clock),
    emit: () => {},
    startTls: null,
    showReply: null,
  };
}

export function sessionContext(scene: Scene): SessionContext {
  const settings = settingsOf(scene);
  const { provider, guard, loginPace, clock, emit } = services(settings);
  const info = new SessionInfo({
    connectionId: "1",
    clientAddress: scene.isRemote === true ? REMOTE : "127.0.0.1",
    clientPort: 50_000,
    isSecure: false,
  });
  const operations = operationsOf(info, emit);
  return { info, settings, provider, offersTls: false, loginPace, guard, operations, clock, emit };
}

/** What asks a provider where there is no listener. */
export function operationsOf(
  info: ConnectionInfo,
  emit: (event: Happening) => void = () => {},
): Operations {
  return new Operations({ info, emit, clock: systemClock, deadlines: new Deadlines(systemClock) });
}

/** The session alone, without a connection: lines go in, replies come out. */
export const sessionAlone: OpenTranscriptPeer = async (scene) => {
  const session = new Session(sessionContext(scene));
  const transport = new MemoryTransport();
  const writer = new ReplyWriter(transport);
  const lines = new LineReader(transport);
  const answer = async () => {
    await writer.add(session.greeting());
    await writer.flush();
    for await (const line of lines) {
      const reply = await session.respond(line);
      await writer.add(reply);
      await writer.flush();
      if ("closes" in reply && reply.closes) break;
    }
    await session.end();
    transport.close();
  };
  const done = answer();
  return await Promise.resolve(memoryPeer(transport, done));
};

/** A connection in memory that reads at most so many octets at a time. */
function overMemory(octetsPerRead: number): OpenTranscriptPeer {
  return (scene) => {
    const transport = new MemoryTransport(octetsPerRead);
    const settings = settingsOf(scene);
    const address = scene.isRemote === true ? REMOTE : memoryPeerFacts.address;
    const peer = {
      ...memoryPeerFacts,
      address,
      countedAddress: address,
      acceptedAt: systemClock.now(),
    };
    const { connection } = servePeer(transport, peer, settings, services(settings));
    return Promise.resolve(memoryPeer(transport, connection.run()));
  };
}

export const byteByByte: OpenTranscriptPeer = overMemory(1);
export const inMemory: OpenTranscriptPeer = overMemory(Infinity);

/** A listener and a client, over a real socket. */
function overSocket(
  connect: (port: number) => Promise<LoopbackClient>,
  tlsEngine: TlsEngine | null,
): OpenTranscriptPeer {
  const tls = tlsEngine !== null;
  return async (scene) => {
    const { isRemote } = scene;
    const pop3 = new Pop3Listener({
      ...settingsOf(scene),
      clock: hurriedClock,
      tlsEngine: tlsEngine ?? "node",
      certificate: tls || scene.hasCertificate === true ? certificate : null,
    });
    const { port } = await pop3.listenOn({
      hostname: "127.0.0.1",
      port: 0,
      tls,
      trustedProxies: isRemote === true ? ["127.0.0.1"] : [],
    });
    const client = await connect(port);
    if (isRemote === true) await client.send("PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\r\n");
    return {
      send: (octets) => client.send(octets),
      readLine: () => client.readLine(),
      startTls: () => client.startTls(),
      endSending: () => client.endSending(),
      async [Symbol.asyncDispose]() {
        client.close();
        await pop3.stop();
      },
    };
  };
}

export const overLoopback: OpenTranscriptPeer = overSocket(
  (port) => LoopbackClient.connect(port),
  null,
);
export const overNodeTls: OpenTranscriptPeer = overSocket(
  (port) => LoopbackClient.connectTls(port),
  "node",
);
export const overDenoTls: OpenTranscriptPeer = overSocket(
  (port) => LoopbackClient.connectTls(port),
  "deno",
);

function memoryPeer(
  transport: MemoryTransport,
  done: Promise<void>,
): TranscriptPeer {
  return {
    send: (octets) => Promise.resolve(transport.send(octets)),
    readLine: () => transport.readLine(),
    startTls: () => Promise.reject(new TypeError("TLS is played over a socket")),
    endSending: () => Promise.resolve(transport.endSending()),
    async [Symbol.asyncDispose]() {
      transport.endSending();
      await done;
    },
  };
}
