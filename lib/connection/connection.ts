/**
 * One peer: lines in, replies out, until it is over.
 *
 * - Before the login there is one deadline, counted from the start. After it, each command and each write has
 *   the idle limit, and a reply must be read at some pace; there is none while the mailbox is at work, which is not
 *   the client's fault.
 * - A deadline closes without a word: RFC 1939 section 3 forbids a reply, and nothing is deleted.
 * - A TLS handshake, at the start or behind STLS, has a deadline of its own within that of the login.
 * - `stop` lets the running command end and its reply leave.
 */
import type { CloseReason, Pop3Event } from "../telemetry/events.ts";
import type { ConnectionInfo, TlsFacts } from "../mailbox/connection_info.ts";
import type { Reply } from "../protocol/reply.ts";
import type { SessionInfo } from "../session/handler.ts";
import type { Session } from "../session/session.ts";
import type { Clock } from "./clock.ts";
import { Deadline, type Deadlines } from "./deadlines.ts";
import { LineReader } from "./line_reader.ts";
import { ReadingPace } from "./reading_pace.ts";
import { BrokenMessageError, ReplyWriter, type WriteWatch } from "./reply_writer.ts";
import type { Transport } from "./transport.ts";

/** What a connection needs besides its line and its session. */
export interface ConnectionOptions {
  readonly info: SessionInfo;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Milliseconds from the start to the login. */
  readonly loginTimeout: number;
  /** Milliseconds without a command. */
  readonly idleTimeout: number;
  /** The same for a session that is asleep. */
  readonly sleepTimeout: number;
  readonly emit: (event: Pop3Event) => void;
  /** Is shown every reply, and gives what is sent. */
  readonly showReply: (reply: Reply) => Reply;
  /** Takes the line over into TLS. */
  readonly startTls: (line: Transport) => Promise<SecureTransport>;
  /** Does the client begin with a TLS handshake (RFC 8314 section 3)? */
  readonly isImplicitTls: boolean;
}

/** A line that is encrypted. */
export interface SecureTransport extends Transport {
  readonly facts: TlsFacts;
}

/** How long a client may take for a TLS handshake. */
const HANDSHAKE_MS = 15_000;
/** How long a mailbox may take before its author is told. */
const PATIENCE_MS = 30_000;
/** How long a peer may go on sending after our last word before the line is cut. */
const LINGER_MS = 2_000;

export class Connection implements WriteWatch {
  #transport: Transport;
  readonly #session: Session;
  readonly #options: ConnectionOptions;
  readonly #lines: LineReader;
  readonly #writer: ReplyWriter;
  readonly #deadline: Deadline;
  /** When whoever wrote the mailbox is told that it takes long. */
  readonly #patience: Deadline = new Deadline(() => this.#warn());
  readonly #startedAt: number;
  /** From when on the time for a login counts: the start, or the last QAUT. */
  #loggedOutAt: number;
  #pace = new ReadingPace();
  #writeBegan = 0;
  #isWaitingForCommand = false;
  #cut: "login-timeout" | "idle-timeout" | "stop" | null = null;

  constructor(
    transport: Transport,
    session: Session,
    options: ConnectionOptions,
  ) {
    this.#transport = transport;
    this.#session = session;
    this.#options = options;
    this.#lines = new LineReader(transport);
    this.#writer = new ReplyWriter(transport, this);
    this.#deadline = new Deadline(() => {
      this.#cutOff(session.isLoggedIn ? "idle-timeout" : "login-timeout");
    });
    this.#startedAt = options.clock.now();
    this.#loggedOutAt = this.#startedAt;
  }

  /** Serves the peer until it is over. Never throws. (No async function: each that waits holds half a KB.) */
  run(): Promise<void> {
    const { info, deadlines, emit } = this.#options;
    this.#expectLogin();
    deadlines.add(this.#deadline);
    deadlines.add(this.#patience);
    emit({ type: "connect", connection: info });
    return this.#serve().then(
      (reason) => this.#end(reason),
      async (error) => await this.#end(await this.#whyFailed(error)),
    );
  }

  /** Whose it is. */
  get info(): ConnectionInfo {
    return this.#options.info;
  }

  /** The state of its session. */
  get state(): "authorization" | "transaction" | "asleep" {
    if (!this.#session.isLoggedIn) return "authorization";
    return this.#session.isAsleep ? "asleep" : "transaction";
  }

  /** Ends the connection: at once where it waits for a command, else behind the reply to the running one. */
  stop(): void {
    if (this.#isWaitingForCommand) this.#cutOff("stop");
    else this.#cut ??= "stop";
  }

  /** Ends the connection, whatever it is doing. */
  abort(): void {
    this.#cutOff("stop");
  }

  beforeWrite(): void {
    this.#writeBegan = this.#options.clock.now();
    this.#patience.at = Infinity;
    if (!this.#session.isLoggedIn) return;
    this.#deadline.at = this.#writeBegan + this.#pace.patience(this.#options.idleTimeout);
  }

  afterWrite(octets: number): void {
    const now = this.#options.clock.now();
    this.#pace.took(octets, now - this.#writeBegan);
    this.#patience.at = now + PATIENCE_MS;
  }

  async #serve(): Promise<CloseReason> {
    if (this.#options.isImplicitTls && !await this.#secure()) return this.#cut ?? "tls-failed";
    const writer = this.#writer;
    await writer.add(this.#session.greeting());
    await writer.flush();
    if (this.#cut !== null) return this.#cut;
    this.#isWaitingForCommand = true;
    for await (const line of this.#lines) {
      this.#isWaitingForCommand = false;
      const receivedAt = this.#expectMailbox();
      const wasLoggedIn = this.#session.isLoggedIn;
      const reply = this.#options.showReply(await this.#session.respond(line));
      await writer.add(reply);
      this.#report(reply, receivedAt);
      if (closes(reply)) {
        await writer.flush();
        return reply.type === "ok" ? "quit" : "error";
      }
      if (reply.type === "start-tls") {
        await writer.flush();
        if (!await this.#secure()) return this.#cut ?? "tls-failed";
      } else if (!this.#lines.hasLineWaiting) {
        await writer.flush();
      }
      if (this.#cut !== null) break;
      if (wasLoggedIn && !this.#session.isLoggedIn) this.#expectAnotherLogin();
      this.#expectCommand();
      this.#isWaitingForCommand = true;
    }
    this.#isWaitingForCommand = false;
    this.#patience.at = Infinity;
    await writer.flush();
    return this.#cut ?? "disconnect";
  }

  async #end(reason: CloseReason): Promise<void> {
    const { info, deadlines, emit, clock } = this.#options;
    await this.#session.end();
    await this.#sayGoodbye(reason);
    deadlines.delete(this.#deadline);
    deadlines.delete(this.#patience);
    this.#transport.close();
    emit({
      type: "close",
      connection: info,
      reason,
      duration: clock.now() - this.#startedAt,
      messagesSent: this.#writer.messagesSent,
      octetsSent: this.#writer.octetsSent,
    });
  }

  /** Takes the line over into TLS, or says why it could not. */
  async #secure(): Promise<boolean> {
    const { info, clock, emit, startTls } = this.#options;
    this.#isWaitingForCommand = true;
    this.#deadline.at = Math.min(this.#deadline.at, clock.now() + HANDSHAKE_MS);
    try {
      const transport = await startTls(this.#transport);
      this.#transport = transport;
      this.#writer.writeTo(transport);
      // What came in clear behind STLS is thrown away: whoever sits on the line could have put it there, and it
      // would be obeyed as if it had been encrypted.
      this.#lines.readFrom(transport);
      info.isSecure = true;
      info.tls = transport.facts;
    } catch (error) {
      if (this.#cut === null) emit({ type: "error", connection: info, during: "tls", error });
      return false;
    } finally {
      this.#isWaitingForCommand = false;
    }
    emit({ type: "secure", connection: info });
    this.#expectLogin();
    return true;
  }

  #expectLogin(): void {
    this.#deadline.at = this.#loggedOutAt + this.#options.loginTimeout;
  }

  #expectAnotherLogin(): void {
    this.#loggedOutAt = this.#options.clock.now();
    this.#expectLogin();
  }

  #expectCommand(): void {
    this.#pace = new ReadingPace();
    this.#patience.at = Infinity;
    if (!this.#session.isLoggedIn) return;
    const { clock, sleepTimeout, idleTimeout } = this.#options;
    this.#deadline.at = clock.now() + (this.#session.isAsleep ? sleepTimeout : idleTimeout);
  }

  #expectMailbox(): number {
    const now = this.#options.clock.now();
    this.#patience.at = now + PATIENCE_MS;
    if (this.#session.isLoggedIn) this.#deadline.at = Infinity;
    return now;
  }

  #report(reply: Reply, receivedAt: number): void {
    const { info, clock, emit } = this.#options;
    const isOk = reply.type !== "error";
    emit({
      type: "reply",
      connection: info,
      verb: this.#session.verb,
      isOk,
      code: isOk ? null : reply.code,
      duration: clock.now() - receivedAt,
    });
  }

  /** Once for each command that takes too long, however long it goes on. */
  #warn(): void {
    const { info, deadlines, emit } = this.#options;
    emit({ type: "warning", connection: info, ...this.#session.waiting });
    this.#patience.at = Infinity;
    deadlines.add(this.#patience);
  }

  #cutOff(reason: "login-timeout" | "idle-timeout" | "stop"): void {
    this.#cut ??= reason;
    this.#transport.close();
  }

  async #whyFailed(error: unknown): Promise<CloseReason> {
    if (this.#cut !== null) return this.#cut;
    if (!(error instanceof BrokenMessageError)) return "disconnect";
    const { info, emit } = this.#options;
    emit({
      type: "error",
      connection: info,
      during: "sending a message",
      error: error.cause,
    });
    await this.#writer.flush().catch(() => {});
    return "error";
  }

  /**
   * Ends our side first where that matters. TLS needs it, so that the client knows that nothing was cut off. And
   * behind an error we read on until the peer has heard our last word: a socket that is closed while the peer
   * still sends is reset, and then the peer may lose the reply that tells it why.
   */
  async #sayGoodbye(reason: CloseReason): Promise<void> {
    const isEncrypted = this.#options.info.tls !== null;
    const canHear = reason === "error" ||
      (isEncrypted && (reason === "quit" || reason === "disconnect"));
    if (!canHear) return;
    this.#deadline.at = this.#options.clock.now() + LINGER_MS;
    try {
      await this.#transport.closeWrite();
      if (reason !== "error") return;
      const thrownAway = new Uint8Array(1024);
      while (await this.#transport.read(thrownAway) !== null);
    } catch {
      // The peer is gone, or has lingered too long.
    }
  }
}

function closes(reply: Reply): reply is Extract<Reply, { closes: boolean }> {
  return (reply.type === "ok" || reply.type === "error") && reply.closes;
}
