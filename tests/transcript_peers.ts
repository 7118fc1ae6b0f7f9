/** The ways in which a transcript is played: each opens a peer for a maildrop. */
import { SingleUserProvider } from "../lib/providers/single_user_provider.ts";
import { type Clock, systemClock } from "../lib/time/clock.ts";
import { Connection } from "../lib/connection/connection.ts";
import { Deadlines } from "../lib/time/deadlines.ts";
import { LineReader } from "../lib/connection/line_reader.ts";
import { ReplyWriter } from "../lib/connection/reply_writer.ts";
import { StrikeBanEngine } from "../lib/guard/ban_engine.ts";
import { LoginDelay } from "../lib/guard/login_delay.ts";
import { BanningGuard, REFUSAL_MS } from "../lib/guard/banning_guard.ts";
import { Pop3Listener } from "../lib/listener/pop3_listener.ts";
import type { ConnectionInfo } from "../lib/provider/connection_info.ts";
import type { Mailbox } from "../lib/provider/mailbox.ts";
import type { Reply } from "../lib/protocol/reply.ts";
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

/** A scene of which only what matters is said. */
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

/** The clock of this machine, but nobody waits for a refusal. */
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

export function sessionContext(scene: Scene): SessionContext {
  const { isRemote = false, allowsInsecureLogin = false } = scene;
  const loginDelay = new LoginDelay(() => scene.loginDelay ?? 0, systemClock);
  const banEngine = scene.banEngine ?? new StrikeBanEngine();
  return {
    info: {
      connectionId: "1",
      clientAddress: isRemote ? "192.0.2.7" : "127.0.0.1",
      clientPort: 50_000,
      isSecure: false,
      tls: null,
      username: null,
      mailboxName: null,
      tag: undefined,
    },
    provider: scene.provider,
    serviceName: "pop3svc",
    insecureLoginAllowed: !isRemote || allowsInsecureLogin,
    offersTls: false,
    allowUnknownIds: scene.allowsUnknownIds ?? true,
    marksMultiLine: scene.marksMultiLine ?? false,
    expire: scene.expire ?? null,
    loginDelay: scene.loginDelay ?? 0,
    admitLogin: (username) => loginDelay.admit(username),
    guard: new BanningGuard(() => banEngine, hurriedClock),
    emit: () => {},
  };
}

/** The session alone: lines go in, replies come out, no connection is there. */
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

/** The options of a connection that has no certificate. */
export const withoutTls = {
  startTls: () => Promise.reject(new Error("There is no certificate")),
  isImplicitTls: false,
  showReply: (reply: Reply) => reply,
};

/** A connection over memory, which reads so many octets at a time. */
function overMemory(octetsPerRead: number): OpenTranscriptPeer {
  return (scene) => {
    const transport = new MemoryTransport(octetsPerRead);
    const context = sessionContext(scene);
    const connection = new Connection(transport, new Session(context), {
      info: context.info,
      clock: systemClock,
      deadlines: new Deadlines(systemClock),
      acceptedAt: systemClock.now(),
      loginTimeout: 60_000,
      idleTimeout: 600_000,
      sleepTimeout: 86_400_000,
      emit: () => {},
      ...withoutTls,
    });
    return Promise.resolve(memoryPeer(transport, connection.run()));
  };
}

export const byteByByte: OpenTranscriptPeer = overMemory(1);
export const inMemory: OpenTranscriptPeer = overMemory(Infinity);

/** A listener, a socket, a client. */
function overSocket(
  connect: (port: number) => Promise<LoopbackClient>,
  tls: boolean,
): OpenTranscriptPeer {
  return async ({ provider, isRemote, banEngine, ...scene }) => {
    const pop3 = new Pop3Listener({
      provider,
      expire: scene.expire ?? null,
      loginDelay: scene.loginDelay ?? 0,
      allowUnknownIdRequests: scene.allowsUnknownIds ?? true,
      multiLineIndicator: scene.marksMultiLine ?? false,
      certificate: tls || scene.hasCertificate === true ? certificate : null,
      requireSecureLogin: scene.allowsInsecureLogin !== true,
      ...(banEngine === undefined ? {} : { banEngine }),
    }, hurriedClock);
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
  false,
);
export const overTls: OpenTranscriptPeer = overSocket(
  (port) => LoopbackClient.connectTls(port),
  true,
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
