/**
 * One peer: lines in, replies out, until it is over.
 *
 * - `peer_timer.ts` says how long it waits for what. A deadline closes without a reply, which RFC 1939 section 3 forbids,
 *   and nothing is deleted.
 * - `stop` lets the running command end and its reply leave.
 * - Nothing waits for a provider that never answers: `abandon` ends the connection at once. What the provider still does
 *   runs to its end unseen, so that a lock or a file is released after the work, and not during it.
 */
import type { CloseReason } from "../events/connection_events.ts";
import { closes, type Reply } from "../protocol/reply.ts";
import type { Session } from "../session/session.ts";
import { sayGoodbye, turnAway } from "./farewell.ts";
import { LineReader } from "./line_reader.ts";
import { type ConnectionOptions, type CutReason, SAID } from "./connection_options.ts";
import { PeerTimer, type TimedPeer } from "./peer_timer.ts";
import { BrokenMessageError } from "./next_chunk.ts";
import { ReplyWriter } from "./reply_writer.ts";
import type { Transport } from "../transport/transport.ts";

export class Connection implements TimedPeer {
  /** Done when nothing is going on for it any more: what the provider was asked last may outlive the connection. */
  settled: Promise<void> = Promise.resolve();
  /** Whether it ended although something was going on for it. */
  hasLeftWork = false;
  /** What its provider was asked and has not answered. */
  readonly work: Pick<Session, "reportPending" | "forget">;
  #transport: Transport;
  readonly #session: Session;
  readonly #options: ConnectionOptions;
  readonly #lines: LineReader;
  readonly #timer: PeerTimer;
  readonly #writer: ReplyWriter;
  #cut: CutReason | null = null;
  /** Why it is over, while its mailbox is released. */
  #endedBy: CloseReason | null = null;
  #isOver = false;
  /** Whether TLS ends here, and not at a proxy. */
  #isEncrypted = false;
  /** Settles the promise of `run`. */
  #done: () => void = () => {};

  constructor(transport: Transport, session: Session, options: ConnectionOptions) {
    this.#transport = transport;
    this.work = this.#session = session;
    this.#options = options;
    this.#lines = new LineReader(transport, {
      peerEnded: () => this.#timer.peerEnded(),
      peerGone: () => this.#peerGone(),
    });
    this.#timer = new PeerTimer(options, session, this);
    this.#writer = new ReplyWriter(transport, this.#timer);
  }

  /** Serves the peer until it is over, or abandoned. Never throws. (No async function: each that waits holds half a KB.) */
  run(): Promise<void> {
    const { info, emit } = this.#options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#done = resolve;
    this.#timer.start();
    emit({ type: "connect", connection: info });
    this.settled = this.#serve().then(
      (reason) => this.#end(reason),
      async (error) => await this.#end(await this.#whyFailed(error)),
    );
    return promise;
  }

  /** The state of its session. */
  get state(): "authorization" | "transaction" | "asleep" {
    if (!this.#session.isLoggedIn) return "authorization";
    return this.#session.isAsleep ? "asleep" : "transaction";
  }

  /** Ends the connection: at once where it waits for a command, else after the reply to the running one. */
  stop(): void {
    const { waitsFor } = this.#timer;
    if (waitsFor === "command" || waitsFor === "handshake") this.#cutOff("stop");
    else this.#cut ??= "stop";
  }

  /** Ends the connection now, whatever it is doing. */
  abandon(reason: CutReason): void {
    this.#transport.close();
    this.#leave(reason);
  }

  /** Ends the connection because another needs its place; says so where that can be done without waiting. */
  giveWay(): void {
    const { waitsFor } = this.#timer;
    const canHear = waitsFor === "command" || waitsFor === "provider";
    if (!canHear) return this.abandon("max-connections");
    turnAway(this.#transport, this.#options.deadlines);
    this.#leave("max-connections");
  }

  expire(reason: "login-timeout" | "idle-timeout" | "disconnect"): void {
    const { waitsFor } = this.#timer;
    // A mailbox that is not released in time.
    if (this.#endedBy !== null) this.#session.reportPending();
    if (waitsFor === "provider" || waitsFor === "handshake") this.abandon(reason);
    else this.#cutOff(reason);
  }

  /** Sends what is ready, and reads on, so that a peer that leaves is noticed. No octet of a TLS handshake is read. */
  providerIsSlow(): void {
    this.#writer.flush().catch(() => {});
    if (this.#session.verb === "STLS") return;
    this.#lines.readAhead(this.#session.mayStartTls ? "to-stls" : "all");
  }

  async #serve(): Promise<CloseReason> {
    if (this.#options.isImplicitTls) {
      const failure = await this.#secure();
      if (failure !== null) return failure;
    }
    const [writer, timer] = [this.#writer, this.#timer];
    await writer.add(this.#session.greeting());
    await writer.flush();
    if (this.#cut !== null) return this.#cut;
    timer.expectCommand();
    for await (const line of this.#lines) {
      const receivedAt = timer.expectProvider();
      const wasLoggedIn = this.#session.isLoggedIn;
      const reply = this.#options.showReply(await this.#session.respond(line));
      await writer.add(reply);
      this.#report(reply, receivedAt);
      if (closes(reply)) {
        await writer.flush();
        return reply.type === "ok" ? "quit" : this.#session.foreignProtocol ?? "error";
      }
      if (reply.type === "start-tls") {
        await writer.flush();
        const failure = await this.#secure();
        if (failure !== null) return failure;
      } else if (!this.#lines.hasLineWaiting) {
        await writer.flush();
      }
      if (this.#cut !== null) break;
      if (wasLoggedIn && !this.#session.isLoggedIn) timer.expectAnotherLogin();
      timer.expectCommand();
    }
    await writer.flush();
    return this.#cut ?? this.#left;
  }

  #peerGone(): void {
    if (this.#cut === null && !this.#isOver) this.abandon("disconnect");
  }

  async #end(reason: CloseReason): Promise<void> {
    this.#endedBy = reason;
    if (!this.#isOver) this.#timer.expectRelease();
    await this.#session.end();
    if (!this.#isOver) await this.#sayGoodbye(reason);
    this.#transport.close();
    this.#finish(reason);
  }

  /** Leaves without waiting. An operation of the provider that keeps `stop` waiting becomes a warning. */
  #leave(reason: CutReason): void {
    if (this.#isOver) return;
    if (reason === "stop" && this.#timer.waitsFor === "provider") this.#session.reportPending();
    this.hasLeftWork = true;
    this.#session.abandon(SAID[reason]);
    this.#cut ??= reason;
    this.#finish(this.#endedBy ?? this.#cut);
  }

  #finish(reason: CloseReason): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#writer.breakOff();
    this.#options.emit({
      type: "close",
      connection: this.#options.info,
      reason,
      milliseconds: this.#timer.end(),
      messagesSent: this.#writer.messagesSent,
      octetsSent: this.#writer.octetsSent,
    });
    this.#done();
  }

  /** Why it is over when the client went away by itself. */
  get #left(): CloseReason {
    return this.#lines.hasHeard ? "disconnect" : "gone";
  }

  /** Takes the transport over into TLS; or says why the connection is over. */
  async #secure(): Promise<CloseReason | null> {
    const { info, emit, startTls, isImplicitTls } = this.#options;
    this.#timer.expectHandshake();
    try {
      const { transport, facts } = await startTls(this.#transport);
      this.#transport = transport;
      this.#writer.writeTo(transport);
      // Octets in clear after STLS may come from an attacker between the two, and would be obeyed as if they had been
      // encrypted. They are thrown away.
      this.#lines.readFrom(transport);
      info.isSecure = true;
      info.tls = facts;
      this.#isEncrypted = true;
    } catch (error) {
      if (this.#cut !== null) return this.#cut;
      // A peer that connects to a TLS port and leaves has broken nothing.
      if (
        isImplicitTls && error instanceof Error && "isSilent" in error && error.isSilent === true
      ) return "gone";
      emit({ type: "error", connection: info, during: "tls", error });
      return "tls-failed";
    }
    if (this.#cut !== null) return this.#cut;
    emit({ type: "secure", connection: info });
    this.#timer.expectLogin();
    return null;
  }

  #report(reply: Reply, receivedAt: number): void {
    const { info, clock, emit } = this.#options;
    const [isOk, code] = reply.type === "error" ? [false, reply.code] : [true, null];
    const [verb, milliseconds] = [this.#session.verb, clock.now() - receivedAt];
    emit({ type: "reply", connection: info, verb, isOk, code, milliseconds });
  }

  #cutOff(reason: CutReason): void {
    this.#cut ??= reason;
    this.#transport.close();
  }

  async #whyFailed(error: unknown): Promise<CloseReason> {
    if (this.#cut !== null) return this.#cut;
    if (!(error instanceof BrokenMessageError)) return this.#left;
    const { info, emit } = this.#options;
    emit({ type: "error", connection: info, during: "sending a message", error: error.cause });
    await this.#writer.flush().catch(() => {});
    return "error";
  }

  async #sayGoodbye(reason: CloseReason): Promise<void> {
    const isError = reason === "error" || reason.startsWith("spoke-");
    if (!isError && !(this.#isEncrypted && ["quit", "disconnect", "gone"].includes(reason))) return;
    this.#timer.expectEnd();
    await sayGoodbye(this.#transport, this.#lines, isError);
  }
}
