/**
 * Checks passwords against hashes: what is quick at once, what is slow on other threads.
 *
 * Plain passwords are compared prepared, on both sides. Of what a hash was made nobody can know: what was sent is tried
 * prepared and, where that differs, as it is. Both are one attempt.
 *
 * A slow one that was right is remembered for some minutes, by a keyed digest of hash and password that is worth
 * nothing outside of this process: a client that polls every few seconds does not cost a full hash each time. One
 * that was wrong is not remembered.
 */
import { type Clock, systemClock } from "../../connection/clock.ts";
import { preparerOf } from "../prepared_text.ts";
import { timingSafeEqual } from "../timing_safe_equal.ts";
import { HashWorkers, type HashWorkersOptions } from "./hash_workers.ts";
import type { PasswordHash, SlowHash } from "./password_hash.ts";

const REMEMBERED_MS = 300_000;
const MOST_REMEMBERED = 10_000;

const encoder = new TextEncoder();

export class PasswordChecker implements Disposable {
  readonly #workers: HashWorkers;
  readonly #clock: Clock;
  /** Made when it is first needed: to load what makes keys would be a quarter of the start. */
  #key: Promise<CryptoKey> | null = null;
  /** What was right, until when; the oldest first. */
  readonly #right = new Map<string, number>();

  constructor(options: HashWorkersOptions = {}, clock: Clock = systemClock) {
    this.#workers = new HashWorkers(options, clock);
    this.#clock = clock;
  }

  /** Is it the password? An empty one is nobody's. */
  async check(hash: PasswordHash, password: string): Promise<boolean> {
    if (hash.type === "locked" || password === "") return false;
    if (hash.type === "plain") {
      const prepare = await preparerOf(password, hash.password);
      return timingSafeEqual(prepare(password), prepare(hash.password));
    }
    const prepared = (await preparerOf(password))(password);
    return await this.#checkAsItIs(hash, prepared) ||
      prepared !== password && await this.#checkAsItIs(hash, password);
  }

  /** Forgets which passwords were right. */
  forget(): void {
    this.#right.clear();
  }

  /** Ends the threads. */
  [Symbol.dispose](): void {
    this.#workers[Symbol.dispose]();
  }

  async #checkAsItIs(
    hash: Exclude<PasswordHash, { readonly type: "locked" | "plain" }>,
    password: string,
  ): Promise<boolean> {
    switch (hash.type) {
      case "salted-digest": {
        const salted = new Uint8Array([...encoder.encode(password), ...hash.salt]);
        const digest = new Uint8Array(await crypto.subtle.digest(hash.algorithm, salted));
        return timingSafeEqual(digest.toHex(), hash.digest.toHex());
      }
      default:
        return await this.#checkSlowly(hash, password);
    }
  }

  async #checkSlowly(hash: SlowHash, password: string): Promise<boolean> {
    const name = await this.#nameOf(hash, password);
    const until = this.#right.get(name);
    if (until !== undefined && until > this.#clock.now()) return true;
    const isRight = await this.#workers.verify(hash, password);
    if (isRight) this.#remember(name);
    return isRight;
  }

  #remember(name: string): void {
    this.#right.delete(name);
    this.#right.set(name, this.#clock.now() + REMEMBERED_MS);
    for (const oldest of this.#right.keys()) {
      if (this.#right.size <= MOST_REMEMBERED) return;
      this.#right.delete(oldest);
    }
  }

  async #nameOf(hash: SlowHash, password: string): Promise<string> {
    this.#key ??= crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const octets = encoder.encode(JSON.stringify([hash, password]));
    const signature = await crypto.subtle.sign("HMAC", await this.#key, octets);
    return new Uint8Array(signature).toBase64();
  }
}
