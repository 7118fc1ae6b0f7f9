/**
 * What a connection waits for, and for how long.
 *
 * | it waits for | limit                                                                                    |
 * | ------------ | ---------------------------------------------------------------------------------------- |
 * | handshake    | 15 s, within the time for the login                                                      |
 * | command      | before the login: the time for it, counted from accept; after it: the idle limit, or sleep's |
 * | provider     | before the login: the same; after it: none (lib/border warns after 30 s)                  |
 * | write        | before the login: the same; after it: the idle limit, and a floor under the peer's pace  |
 * | provider     | after the last reply, when the mailbox is released: 10 s                                 |
 * | end          | 2 s                                                                                      |
 *
 * A peer that has ended its side (FIN) has its replies for as long as something can be sent each 10 s.
 */
import type { Session } from "../session/session.ts";
import type { Clock } from "../time/clock.ts";
import { Deadline, type Deadlines } from "../time/deadlines.ts";
import type { ConnectionSettings } from "./connection_settings.ts";
import { ReadingPace } from "./reading_pace.ts";
import type { WriteWatch } from "./reply_writer.ts";

/** The limits of a connection, and what measures them. */
export interface PeerLimits {
  readonly settings: ConnectionSettings;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** When the peer was accepted, by the clock: before its PROXY header. */
  readonly acceptedAt: number;
}

/** The connection whose time is measured. */
export interface TimedPeer {
  /** Called when its time is over. */
  expire(reason: "login-timeout" | "idle-timeout" | "disconnect"): void;
  /** Called every half second while the provider makes it wait. */
  providerIsSlow(): void;
}

/** How long a client may take for a TLS handshake. */
const HANDSHAKE_MS = 15_000;
/** How long nothing may be sent to a peer that has ended its side, and how long the release of a mailbox may take. */
const FAREWELL_MS = 10_000;
/** How long a provider may take before what is ready is sent. The deadlines are looked at every half second. */
const SLOW_MS = 100;
/** How long a peer may go on sending after the last reply before the connection is cut. */
const LINGER_MS = 2_000;

/** What a connection waits for. */
export type WaitsFor = "handshake" | "command" | "provider" | "write" | "end";

export class PeerTimer implements WriteWatch {
  readonly #limits: PeerLimits;
  readonly #session: Session;
  readonly #peer: TimedPeer;
  readonly #deadline: Deadline;
  /** Once nobody sends any more: when the peer, or the release of its mailbox, has taken long enough. */
  #farewell: Deadline | null = null;
  /** When the provider has taken so long that the peer should hear what is ready. */
  readonly #slow: Deadline;
  #waitsFor: WaitsFor = "write";
  /** From when on the time for a login counts: accept, or the last QAUT. */
  #loggedOutAt: number;
  #pace = new ReadingPace();
  #writeBegan = 0;

  constructor(limits: PeerLimits, session: Session, peer: TimedPeer) {
    this.#limits = limits;
    this.#session = session;
    this.#loggedOutAt = limits.acceptedAt;
    this.#deadline = new Deadline(() => {
      peer.expire(session.isLoggedIn ? "idle-timeout" : "login-timeout");
    });
    this.#peer = peer;
    this.#slow = new Deadline(() => {
      this.#slow.at = limits.clock.now() + SLOW_MS;
      limits.deadlines.add(this.#slow);
      peer.providerIsSlow();
    });
  }

  get waitsFor(): WaitsFor {
    return this.#waitsFor;
  }

  start(): void {
    this.expectLogin();
    this.#limits.deadlines.add(this.#deadline);
    this.#limits.deadlines.add(this.#slow);
  }

  /** Milliseconds since the peer was accepted; nothing is watched any more. */
  end(): number {
    this.#waitsFor = "end";
    this.#limits.deadlines.delete(this.#deadline);
    if (this.#farewell !== null) this.#limits.deadlines.delete(this.#farewell);
    this.#limits.deadlines.delete(this.#slow);
    return this.#limits.clock.now() - this.#limits.acceptedAt;
  }

  expectHandshake(): void {
    this.#waitFor("handshake");
    this.#deadline.at = Math.min(this.#deadline.at, this.#limits.clock.now() + HANDSHAKE_MS);
  }

  expectLogin(): void {
    this.#deadline.at = this.#loggedOutAt + 1_000 * this.#limits.settings.loginTimeout;
  }

  /** After QAUT. */
  expectAnotherLogin(): void {
    this.#loggedOutAt = this.#limits.clock.now();
    this.expectLogin();
  }

  expectCommand(): void {
    this.#waitFor("command");
    this.#pace = new ReadingPace();
    if (!this.#session.isLoggedIn) return;
    const { clock, settings } = this.#limits;
    const limit = this.#session.isAsleep ? settings.sleepTimeout : settings.idleTimeout;
    this.#deadline.at = clock.now() + 1_000 * limit;
  }

  /** @returns the instant, by the clock */
  expectProvider(): number {
    const now = this.#limits.clock.now();
    this.#waitFor("provider", now + SLOW_MS);
    if (this.#session.isLoggedIn) this.#deadline.at = Infinity;
    return now;
  }

  expectEnd(): void {
    this.#waitFor("end");
    this.#deadline.at = this.#limits.clock.now() + LINGER_MS;
  }

  /** The peer sends nothing more (FIN). It may still read, as long as there is something to send. */
  peerEnded(): void {
    this.#farewell ??= new Deadline(() => this.#peer.expire("disconnect"));
    this.#farewell.at = this.#limits.clock.now() + FAREWELL_MS;
    this.#limits.deadlines.add(this.#farewell);
  }

  /** No reply is awaited any more: the mailbox is released. @returns the instant, by the clock */
  expectRelease(): number {
    const now = this.expectProvider();
    this.peerEnded();
    return now;
  }

  beforeWrite(): void {
    this.#waitFor("write");
    this.#writeBegan = this.#limits.clock.now();
    if (!this.#session.isLoggedIn) return;
    this.#deadline.at = this.#writeBegan +
      this.#pace.patience(1_000 * this.#limits.settings.idleTimeout);
  }

  afterWrite(octets: number): void {
    const now = this.#limits.clock.now();
    this.#pace.took(octets, now - this.#writeBegan);
    if (this.#farewell !== null) this.#farewell.at = now + FAREWELL_MS;
    this.#waitFor("provider", now + SLOW_MS);
  }

  #waitFor(what: WaitsFor, slowAt = Infinity): void {
    this.#waitsFor = what;
    this.#slow.at = slowAt;
  }
}
