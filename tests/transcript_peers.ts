/** The ways in which a transcript is played: each opens a peer for a maildrop. */
import { SingleUserProvider } from "../lib/auth/single_user_provider.ts";
import { systemClock } from "../lib/connection/clock.ts";
import { Connection } from "../lib/connection/connection.ts";
import { Deadlines } from "../lib/connection/deadlines.ts";
import { LineReader } from "../lib/connection/line_reader.ts";
import { ReplyWriter } from "../lib/connection/reply_writer.ts";
import { Pop3Listener } from "../lib/listener/pop3_listener.ts";
import type { Mailbox } from "../lib/mailbox/mailbox.ts";
import type { SessionContext } from "../lib/session/handler.ts";
import { Session } from "../lib/session/session.ts";
import { LoopbackClient } from "./loopback_client.ts";
import { MemoryTransport } from "./memory_transport.ts";

export interface TranscriptPeer extends AsyncDisposable {
  send(octets: Uint8Array): Promise<void>;
  readLine(): Promise<string | null>;
  /** The client has nothing more to say. */
  endSending(): Promise<void>;
}

/** Who the client is, and what it may see. */
export interface Scene {
  readonly mailbox: Mailbox;
  readonly password?: string;
  /** Is the client on another machine? */
  readonly isRemote?: boolean;
}

export type OpenPeer = (scene: Scene) => Promise<TranscriptPeer>;

export function providerOf(mailbox: Mailbox, password = "passw0rd"): SingleUserProvider {
  return new SingleUserProvider({
    username: "me",
    password,
    openMailbox: () => mailbox,
  });
}

export function sessionContext({ mailbox, password, isRemote = false }: Scene): SessionContext {
  return {
    info: {
      connectionId: "1",
      clientAddress: isRemote ? "192.0.2.7" : "127.0.0.1",
      clientPort: 50_000,
      isSecure: false,
      tls: null,
      userNameAtLogin: null,
      mailboxName: null,
      tag: undefined,
    },
    provider: providerOf(mailbox, password),
    serviceName: "pop3svc",
    insecureLoginAllowed: !isRemote,
    offersTls: false,
    emit: () => {},
  };
}

/** The session alone: lines go in, replies come out, no connection is there. */
export const sessionAlone: OpenPeer = async (scene) => {
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
};

/** A connection over memory, which reads so many octets at a time. */
function overMemory(octetsPerRead: number): OpenPeer {
  return (scene) => {
    const transport = new MemoryTransport(octetsPerRead);
    const context = sessionContext(scene);
    const connection = new Connection(transport, new Session(context), {
      info: context.info,
      clock: systemClock,
      deadlines: new Deadlines(systemClock),
      loginTimeout: 60_000,
      idleTimeout: 600_000,
      emit: () => {},
      ...withoutTls,
    });
    return Promise.resolve(memoryPeer(transport, connection.run()));
  };
}

export const byteByByte: OpenPeer = overMemory(1);
export const inMemory: OpenPeer = overMemory(Infinity);

/** A listener, a socket, a client. */
export const overLoopback: OpenPeer = async ({ mailbox, password, isRemote = false }) => {
  const pop3 = new Pop3Listener({ provider: providerOf(mailbox, password) });
  const socket = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  pop3.serve({
    async accept() {
      const connection = await socket.accept();
      if (isRemote) {
        const remoteAddr = {
          transport: "tcp",
          hostname: "192.0.2.7",
          port: 50_000,
        };
        Object.defineProperty(connection, "remoteAddr", { value: remoteAddr });
      }
      return connection;
    },
    close: () => socket.close(),
  });
  const client = await LoopbackClient.connect(socket.addr.port);
  return {
    send: (octets) => client.send(octets),
    readLine: () => client.readLine(),
    endSending: () => client.endSending(),
    async [Symbol.asyncDispose]() {
      client.close();
      await pop3.stop();
    },
  };
};

function memoryPeer(
  transport: MemoryTransport,
  done: Promise<void>,
): TranscriptPeer {
  return {
    send: (octets) => Promise.resolve(transport.send(octets)),
    readLine: () => transport.readLine(),
    endSending: () => Promise.resolve(transport.endSending()),
    async [Symbol.asyncDispose]() {
      transport.endSending();
      await done;
    },
  };
}
