/** Decides for each attempt to log in whether the provider is asked, and when; and keeps what has come of it. */
import { KeyedDigest } from "../auth/keyed_digest.ts";
import type { Clock } from "../time/clock.ts";
import { isLoopback, peerKey } from "../transport/address.ts";
import { AttemptsInProgress } from "./attempts_in_progress.ts";
import type { BanEngine, BanStanding } from "./ban_engine.ts";
import { KnownLogins } from "./known_logins.ts";
import { WrongCredentials } from "./wrong_credentials.ts";

/** The most attempts of a peer that the provider is asked at once. */
const MOST_IN_PROGRESS = 2;
/** The same of this machine, which has as many addresses as somebody likes: a /48 has sixteen peers' worth of strikes, too. */
const MOST_HERE = 16 * MOST_IN_PROGRESS;
const THIS_MACHINE = "this machine";

/** What is decided; `abandoned`: nobody waits for the session any more. */
export type Verdict = "ask" | "wrong" | "banned" | "abandoned";

export interface Undecided {
  readonly address: string;
  readonly username: string;
  readonly digest: string | null;
  /** Whether it began as the try of a user who may although the address is banned. */
  readonly isExempted: boolean;
  readonly abandoned: { readonly promise: Promise<void>; readonly isDone: boolean };
}

export type Decision =
  | { readonly verdict: "ask"; readonly turn: Disposable; readonly isExempted: boolean }
  | { readonly verdict: Exclude<Verdict, "ask"> };

/** What all attempts of a listener share. */
export class LoginAdmission {
  readonly #engine: () => BanEngine;
  readonly #known: KnownLogins;
  readonly #wrong: WrongCredentials;
  readonly #digest = new KeyedDigest();
  readonly #ofNetwork: AttemptsInProgress;
  readonly #ofSecret: AttemptsInProgress;

  constructor(engine: () => BanEngine, clock: Clock) {
    this.#engine = engine;
    this.#known = new KnownLogins(clock);
    this.#wrong = new WrongCredentials();
    this.#ofNetwork = new AttemptsInProgress(clock);
    this.#ofSecret = new AttemptsInProgress(clock);
  }

  /** Names what is tried without telling it. */
  digestOf(parts: readonly string[]): Promise<string> {
    return this.#digest.of(parts);
  }

  /** Waits until it is clear what becomes of an attempt. What it holds while the provider is asked is given back by it. */
  async decide(
    { address, username, digest, isExempted, abandoned }: Undecided,
  ): Promise<Decision> {
    const peer = peerKey(address);
    const isHere = isLoopback(address);
    const refusalsBefore = this.#wrong.count;
    for (;;) {
      const nextEnd = this.#ofNetwork.nextEnd(peer);
      const { bannedSeconds, strikesLeft } = await standingOf(this.#engine(), address);
      if (abandoned.isDone) return { verdict: "abandoned" };
      // What the engine has said may be older than that attempt.
      if (nextEnd?.isOver === true) continue;
      const isBanned = bannedSeconds !== null;
      if (isBanned && !isExempted && !this.#known.mayTry(peer, username)) {
        return { verdict: "banned" };
      }
      if (digest !== null) {
        if (this.#wrong.hasSince(refusalsBefore, digest)) return { verdict: "wrong" };
        if (this.#ofSecret.count(digest) > 0) {
          await Promise.race([this.#ofSecret.nextEnd(digest)?.promise, abandoned.promise]);
          continue;
        }
      }
      const full = this.#fullNetwork(peer, isHere, strikesLeft);
      if (full !== null) {
        await Promise.race([this.#ofNetwork.nextEnd(full)?.promise, abandoned.promise]);
        continue;
      }
      if (isBanned) this.#known.noteTry(peer, username);
      const networks = new Set([
        peer,
        ...isHere ? [THIS_MACHINE] : strikesLeft.map(({ network }) => network),
      ]);
      const turn = new DisposableStack();
      turn.use(this.#ofNetwork.begin([...networks]));
      if (digest !== null) turn.use(this.#ofSecret.begin([digest]));
      return { verdict: "ask", turn, isExempted: isBanned };
    }
  }

  /** A network that has no place for another attempt in progress. */
  #fullNetwork(
    peer: string,
    isHere: boolean,
    strikesLeft: BanStanding["strikesLeft"],
  ): string | null {
    if (this.#ofNetwork.count(peer) >= MOST_IN_PROGRESS) return peer;
    if (isHere) return this.#ofNetwork.count(THIS_MACHINE) >= MOST_HERE ? THIS_MACHINE : null;
    // Who may try while banned has no strike left, and does so alone.
    return strikesLeft.find(({ network, strikes }) =>
      this.#ofNetwork.count(network) >= Math.max(1, strikes)
    )?.network ?? null;
  }

  /** The provider has let somebody in. */
  noteLogin(address: string, username: string): void {
    if (!isLoopback(address)) this.#known.add(peerKey(address), username);
  }

  /**
   * Somebody was refused for what they have shown.
   *
   * @param isNew whether the provider has said so, rather than to one that this one has waited for
   */
  async noteWrong(address: string, digest: string | null, isNew: boolean): Promise<void> {
    if (isNew && digest !== null) this.#wrong.add(digest);
    await this.#engine().registerFailedAttempt(address, digest);
  }

  /** How long an address is banned; null where it is not, or the engine does not say. */
  async bannedSeconds(address: string): Promise<number | null> {
    return (await this.#engine().standingOf?.(address))?.bannedSeconds ?? null;
  }
}

async function standingOf(engine: BanEngine, address: string): Promise<BanStanding> {
  if (engine.standingOf !== undefined) return await engine.standingOf(address);
  const isBanned = await engine.isBanned(address);
  return {
    bannedSeconds: isBanned ? 0 : null,
    strikesLeft: [{ network: peerKey(address), strikes: 1 }],
  };
}
