/**
 * Checks passwords against hashes: quick hashes at once, slow ones on other threads.
 *
 * Before a comparison with a plain password, both passwords are prepared (prepared_text.ts). A hash does not show
 * whether its password was prepared, so the sent password is tried prepared and, where that differs, as it is. Both
 * together count as one attempt.
 *
 * The result of a slow check is remembered under a keyed digest of name, hash and password, which is useless outside
 * this process. A right password is remembered for five minutes, so that a client that polls every few seconds does not
 * cost a full hash each time. A wrong one is remembered as long as there is room: it stays wrong for that hash. The
 * name is in the digest, so that a password that was already tried with other names costs the same for a known and an
 * unknown name.
 */
import { createHash } from "node:crypto";
import { type Clock, systemClock } from "../../time/clock.ts";
import { KeyedDigest } from "../keyed_digest.ts";
import { BoundedMap } from "../../protocol/bounded_map.ts";
import { preparerOf } from "../prepared_text.ts";
import { timingSafeEqual } from "../timing_safe_equal.ts";
import { type Awaitable, then } from "../../protocol/reply.ts";
import { HashWorkers, type HashWorkersOptions } from "./hash_workers.ts";
import type { PasswordHash, SlowHash } from "./password_hash.ts";

const REMEMBERED_MS = 300_000;
/** The most right passwords that are remembered, and the most wrong ones. */
const MOST_REMEMBERED = 10_000;

export class PasswordChecker implements Disposable {
  readonly #workers: HashWorkers;
  readonly #clock: Clock;
  readonly #digest = new KeyedDigest();
  /** Until when each right password is remembered; the oldest first. */
  #right = new BoundedMap<number>(MOST_REMEMBERED);
  /** Wrong passwords; the one that was tried longest ago first. */
  readonly #wrong = new BoundedMap<true>(MOST_REMEMBERED);

  constructor(options: HashWorkersOptions = {}, clock: Clock = systemClock) {
    this.#workers = new HashWorkers(options, clock);
    this.#clock = clock;
  }

  /** Whether it is the password of this name. An empty password is always wrong. */
  check(hash: PasswordHash, password: string, name: string): Awaitable<boolean> {
    if (hash.type === "locked" || password === "") return false;
    if (hash.type !== "plain") return this.#checkHash(hash, password, name);
    return then(
      preparerOf(password, hash.password),
      (prepare) => timingSafeEqual(prepare(password), prepare(hash.password)),
    );
  }

  async #checkHash(
    hash: Exclude<PasswordHash, { readonly type: "locked" | "plain" }>,
    password: string,
    name: string,
  ): Promise<boolean> {
    const prepared = (await preparerOf(password))(password);
    return await this.#checkAsItIs(hash, prepared, name) ||
      prepared !== password && await this.#checkAsItIs(hash, password, name);
  }

  /** Forgets which passwords were right. */
  forget(): void {
    this.#right = new BoundedMap(MOST_REMEMBERED);
  }

  /** Ends the threads. */
  [Symbol.dispose](): void {
    this.#workers[Symbol.dispose]();
  }

  async #checkAsItIs(
    hash: Exclude<PasswordHash, { readonly type: "locked" | "plain" }>,
    password: string,
    name: string,
  ): Promise<boolean> {
    switch (hash.type) {
      case "digest": {
        const { algorithm, before, digest, after } = hash;
        const made = createHash(algorithm).update(before).update(password).update(after).digest();
        return timingSafeEqual(made.toString("hex"), digest.toHex());
      }
      default:
        return await this.#checkSlowly(hash, password, name);
    }
  }

  async #checkSlowly(hash: SlowHash, password: string, name: string): Promise<boolean> {
    const digest = await this.#digest.of(JSON.stringify([name, hash, password]));
    const until = this.#right.get(digest);
    if (until !== undefined && until > this.#clock.now()) return true;
    const isRight = this.#wrong.get(digest) !== true && await this.#workers.verify(hash, password);
    if (isRight) this.#right.set(digest, this.#clock.now() + REMEMBERED_MS);
    else this.#wrong.set(digest, true);
    return isRight;
  }
}
