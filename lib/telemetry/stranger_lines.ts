/**
 * Limits the log lines that peers can cause without logging in: by wrong passwords, refused connections, broken
 * handshakes.
 *
 * In each minute the log has a limited number of lines of each kind for one peer, and a larger number for all peers
 * together. Further lines are counted and summed up at the end of the minute: a line for each of the busiest peers, and
 * one for the rest.
 */
import type { Clock } from "../time/clock.ts";
import type { LogLevel } from "../events/event_level.ts";

/** Lines that count together. */
export interface LineKind {
  /** The type of their events. */
  readonly of: string;
  /** What distinguishes events of that type: a reason, or what the server was doing. */
  readonly reason: string | null;
  /** Their level. */
  readonly level: LogLevel;
  /** The most lines of one peer in a minute. */
  readonly mostOfPeer: number;
  /** The most lines of all peers in a minute. */
  readonly most: number;
}

/** Lines that were left out. */
export interface LeftOut {
  readonly kind: LineKind;
  /** The peer; null for several. */
  readonly address: string | null;
  /** How many peers. */
  readonly addresses: number;
  readonly lines: number;
  readonly seconds: number;
}

interface Counted {
  written: number;
  leftOut: number;
}

interface CountedKind extends Counted {
  readonly kind: LineKind;
  /** By peer. Peers for which there is no room count only in the total of the kind. */
  readonly peers: Map<string, Counted>;
}

const MINUTE_MS = 60_000;
/** The most peers of one kind that are counted one by one. */
const MOST_PEERS = 1_000;
/** The most peers of one kind that have their own line in the summary. */
const MOST_TOLD = 10;

/** Counts lines, and decides which are written. */
export class StrangerLines implements Disposable {
  readonly #clock: Clock;
  readonly #summarize: (leftOut: LeftOut) => void;
  readonly #kinds = new Map<string, CountedKind>();
  #startedAt = -Infinity;
  /** Runs only when a line was left out: a log that is quiet keeps no process alive, and no test waiting. */
  #end: Disposable | null = null;

  /** @param summarize called at the end of a minute with what was left out */
  constructor(clock: Clock, summarize: (leftOut: LeftOut) => void) {
    this.#clock = clock;
    this.#summarize = summarize;
  }

  /** Counts a line, and returns whether to write it. */
  admit(kind: LineKind, peer: string): boolean {
    const now = this.#clock.now();
    if (this.#end === null && now - this.#startedAt >= MINUTE_MS) {
      this.#kinds.clear();
      this.#startedAt = now;
    }
    const all = this.#kindOf(kind);
    const one = peerOf(all, peer);
    if (one !== null && one.written < kind.mostOfPeer && all.written < kind.most) {
      one.written++;
      all.written++;
      return true;
    }
    if (one !== null) one.leftOut++;
    all.leftOut++;
    this.#end ??= this.#clock.after(this.#startedAt + MINUTE_MS - now, () => this.#endMinute());
    return false;
  }

  /** Ends the minute now. */
  [Symbol.dispose](): void {
    this.#endMinute();
  }

  #kindOf(kind: LineKind): CountedKind {
    const key = `${kind.of} ${kind.reason}`;
    const known = this.#kinds.get(key);
    if (known !== undefined) return known;
    const counted = { kind, written: 0, leftOut: 0, peers: new Map() };
    this.#kinds.set(key, counted);
    return counted;
  }

  #endMinute(): void {
    this.#end?.[Symbol.dispose]();
    this.#end = null;
    const kinds = [...this.#kinds.values()];
    this.#kinds.clear();
    const seconds = Math.round((this.#clock.now() - this.#startedAt) / 1_000);
    this.#startedAt = -Infinity;
    for (const { kind, peers, leftOut } of kinds) {
      const counted = [...peers]
        .filter(([, peer]) => peer.leftOut > 0)
        .sort(([, one], [, other]) => other.leftOut - one.leftOut);
      let rest = leftOut;
      for (const [address, { leftOut: lines }] of counted.slice(0, MOST_TOLD)) {
        rest -= lines;
        this.#summarize({ kind, address, addresses: 1, lines, seconds });
      }
      const addresses = Math.max(0, counted.length - MOST_TOLD);
      if (rest > 0) this.#summarize({ kind, address: null, addresses, lines: rest, seconds });
    }
  }
}

/** The counts of a peer; null where there is no room for it. */
function peerOf({ peers }: CountedKind, peer: string): Counted | null {
  const known = peers.get(peer);
  if (known !== undefined) return known;
  if (peers.size >= MOST_PEERS) return null;
  const counted = { written: 0, leftOut: 0 };
  peers.set(peer, counted);
  return counted;
}
