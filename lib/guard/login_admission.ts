/** Decides for each login attempt whether and when the provider is asked, and remembers the outcomes. */
import { KeyedDigest } from "../auth/keyed_digest.ts";
import { aBoolean, type Check, only } from "../border/answers.ts";
import type { Clock } from "../time/clock.ts";
import { isLoopback, peerKey } from "../transport/address.ts";
import { AttemptsInProgress, Place } from "./attempts_in_progress.ts";
import type { BanEngine, BanStanding } from "./ban_engine.ts";
import { KnownLogins } from "./known_logins.ts";
import { WrongCredentials } from "./wrong_credentials.ts";

/** The most attempts of one peer that may be in progress. */
const MOST_IN_PROGRESS = 2;
/** The most attempts of all addresses of this machine (127.0.0.0/8 has millions): sixteen peers', as for a /48. */
const MOST_HERE = 16 * MOST_IN_PROGRESS;
const THIS_MACHINE = "this machine";

/** What was decided; `abandoned`: the session has ended meanwhile. */
export type Verdict = "ask" | "wrong" | "banned" | "abandoned";

/** An attempt that waits for a decision. */
export interface Undecided {
  readonly address: string;
  readonly username: string;
  /** Null for a proof, which another attempt cannot repeat. */
  readonly secret: TriedSecret | null;
  /** Whether it began as an attempt of a known user from a banned address. */
  readonly isExempted: boolean;
  readonly abandoned: { readonly promise: Promise<void>; readonly isDone: boolean };
}

/**
 * What an attempt tries. The attempts in progress are told apart by its text. What outlives the attempt is a digest, which
 * costs as much as five looks at files, and which most attempts do not need.
 */
export class TriedSecret {
  readonly text: string;
  readonly #digests: KeyedDigest;
  #digest: Promise<string> | null = null;

  constructor(digests: KeyedDigest, parts: readonly string[]) {
    this.text = JSON.stringify(parts);
    this.#digests = digests;
  }

  /** A digest that identifies it without revealing it. */
  digest(): Promise<string> {
    return this.#digest ??= this.#digests.of(this.text);
  }
}

/** A verdict; with `ask`, the turn counts as an attempt in progress until it is disposed of. */
export type Decision =
  | { readonly verdict: "ask"; readonly turn: Disposable; readonly isExempted: boolean }
  | { readonly verdict: Exclude<Verdict, "ask"> };

/** What all attempts of a listener share. */
export class LoginAdmission {
  readonly #engine: () => BanEngine;
  readonly #known: KnownLogins;
  readonly #wrong: WrongCredentials;
  readonly #digests = new KeyedDigest();
  readonly #ofNetwork: AttemptsInProgress;
  readonly #ofSecret: AttemptsInProgress;

  constructor(engine: () => BanEngine, clock: Clock) {
    this.#engine = engine;
    this.#known = new KnownLogins(clock);
    this.#wrong = new WrongCredentials();
    this.#ofNetwork = new AttemptsInProgress(clock);
    this.#ofSecret = new AttemptsInProgress(clock);
  }

  /** What an attempt tries, of these parts. */
  secretOf(parts: readonly string[]): TriedSecret {
    return new TriedSecret(this.#digests, parts);
  }

  /** Waits until an attempt can be decided. The caller disposes of the turn when the provider has answered. */
  async decide(
    { address, username, secret, isExempted, abandoned }: Undecided,
  ): Promise<Decision> {
    using place = new Place(abandoned.promise);
    const peer = peerKey(address);
    const isHere = isLoopback(address);
    const refusalsBefore = this.#wrong.count;
    for (;;) {
      const digest = this.#wrong.count > refusalsBefore ? await secret?.digest() : undefined;
      const nextEnd = this.#ofNetwork.nextEnd(peer);
      const { bannedSeconds, strikesLeft } = await standingOf(this.#engine(), address);
      if (abandoned.isDone) return { verdict: "abandoned" };
      // An attempt of this peer has ended meanwhile: the engine may have answered before it knew the outcome.
      if (nextEnd?.isOver === true) continue;
      const isBanned = bannedSeconds !== null;
      if (isBanned && !isExempted && !this.#known.mayTry(peer, username)) {
        return { verdict: "banned" };
      }
      if (secret !== null) {
        if (this.#wrong.count > refusalsBefore) {
          if (digest === undefined) continue;
          if (this.#wrong.hasSince(refusalsBefore, digest)) return { verdict: "wrong" };
        }
        if (this.#ofSecret.count(secret.text) > 0) {
          await place.untilFewer(this.#ofSecret, secret.text);
          continue;
        }
      }
      const full = this.#fullNetwork(peer, isHere, strikesLeft);
      if (full !== null) {
        await place.untilFewer(this.#ofNetwork, full);
        continue;
      }
      if (isBanned) this.#known.noteTry(peer, username);
      const networks = new Set([
        peer,
        ...isHere ? [THIS_MACHINE] : strikesLeft.map(({ network }) => network),
      ]);
      const turn = new DisposableStack();
      turn.use(this.#ofNetwork.begin([...networks]));
      if (secret !== null) turn.use(this.#ofSecret.begin([secret.text]));
      return { verdict: "ask", turn, isExempted: isBanned };
    }
  }

  /** A network that must not have another attempt in progress; null where there is none. */
  #fullNetwork(
    peer: string,
    isHere: boolean,
    strikesLeft: BanStanding["strikesLeft"],
  ): string | null {
    if (this.#ofNetwork.count(peer) >= MOST_IN_PROGRESS) return peer;
    if (isHere) return this.#ofNetwork.count(THIS_MACHINE) >= MOST_HERE ? THIS_MACHINE : null;
    // A banned network has no strikes left; its known users try one at a time.
    return strikesLeft.find(({ network, strikes }) =>
      this.#ofNetwork.count(network) >= Math.max(1, strikes)
    )?.network ?? null;
  }

  /** Notes a login that the provider has accepted. */
  noteLogin(address: string, username: string): void {
    if (!isLoopback(address)) this.#known.add(peerKey(address), username);
  }

  /**
   * Notes wrong credentials.
   *
   * @param isNew whether the provider was asked about this attempt itself, and not about another that it waited for
   */
  async noteWrong(address: string, secret: TriedSecret | null, isNew: boolean): Promise<void> {
    const digest = await secret?.digest() ?? null;
    if (isNew && digest !== null) this.#wrong.add(digest);
    await this.#engine().registerFailedAttempt(address, digest);
  }

  /** How long an address is banned; null where it is not, or the engine does not say. */
  async bannedSeconds(address: string): Promise<number | null> {
    return (await this.#engine().standingOf?.(address))?.bannedSeconds ?? null;
  }
}

async function standingOf(engine: BanEngine, address: string): Promise<BanStanding> {
  if (engine.standingOf !== undefined) {
    return aStanding(await engine.standingOf(address), "standingOf", null);
  }
  const isBanned = aBoolean(await engine.isBanned(address), "isBanned", null);
  return {
    bannedSeconds: isBanned ? 0 : null,
    strikesLeft: [{ network: peerKey(address), strikes: 1 }],
  };
}

/** A ban engine may be the user's own: an answer that is none lets nobody in. */
const aStanding: Check<BanStanding> = only(
  isStanding,
  "{ bannedSeconds: a number or null, strikesLeft: an array of { network, strikes } }",
);

function isStanding(value: unknown): value is BanStanding {
  return typeof value === "object" && value !== null && "bannedSeconds" in value &&
    (value.bannedSeconds === null || Number.isFinite(value.bannedSeconds)) &&
    "strikesLeft" in value && Array.isArray(value.strikesLeft) &&
    value.strikesLeft.every((each) =>
      typeof each === "object" && each !== null && typeof each.network === "string" &&
      Number.isFinite(each.strikes)
    );
}
