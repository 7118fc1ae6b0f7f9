/**
 * Checks passwords against hashes: what is quick at once, what is slow on other threads.
 *
 * Plain passwords are compared prepared, on both sides. Of what a hash was made nobody can know: what was sent is tried
 * prepared and, where that differs, as it is. Both are one attempt.
 *
 * What came of a slow one is remembered by a keyed digest of name, hash and password that is worth nothing outside of
 * this process. One that was right, for some minutes: a client that polls every few seconds does not cost a full hash
 * each time. One that was wrong, for as long as there is room: it stays wrong for that hash. The name is in the digest,
 * so that a password that was tried with other names costs the same for a name that is known and one that is not.
 */
import { type Clock, systemClock } from "../../time/clock.ts";
import { BoundedMap } from "../../protocol/bounded_map.ts";
import { preparerOf } from "../prepared_text.ts";
import { timingSafeEqual } from "../timing_safe_equal.ts";
import { HashWorkers, type HashWorkersOptions } from "./hash_workers.ts";
import type { PasswordHash, SlowHash } from "./password_hash.ts";

const REMEMBERED_MS = 300_000;
/** Of each kind. */
const MOST_REMEMBERED = 10_000;

const encoder = new TextEncoder();

export class PasswordChecker implements Disposable {
  readonly #workers: HashWorkers;
  readonly #clock: Clock;
  /** Made when it is first needed: to load what makes keys would be a quarter of the start. */
  #key: Promise<CryptoKey> | null = null;
  /** What was right, until when; the oldest first. */
  #right = new BoundedMap<number>(MOST_REMEMBERED);
  /** What was wrong; the one that was tried longest ago first. */
  readonly #wrong = new BoundedMap<true>(MOST_REMEMBERED);

  constructor(options: HashWorkersOptions = {}, clock: Clock = systemClock) {
    this.#workers = new HashWorkers(options, clock);
    this.#clock = clock;
  }

  /** Is it the password of this name? An empty one is nobody's. */
  async check(hash: PasswordHash, password: string, name: string): Promise<boolean> {
    if (hash.type === "locked" || password === "") return false;
    if (hash.type === "plain") {
      const prepare = await preparerOf(password, hash.password);
      return timingSafeEqual(prepare(password), prepare(hash.password));
    }
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
      case "salted-digest": {
        const salted = new Uint8Array([...encoder.encode(password), ...hash.salt]);
        const digest = new Uint8Array(await crypto.subtle.digest(hash.algorithm, salted));
        return timingSafeEqual(digest.toHex(), hash.digest.toHex());
      }
      default:
        return await this.#checkSlowly(hash, password, name);
    }
  }

  async #checkSlowly(hash: SlowHash, password: string, name: string): Promise<boolean> {
    const digest = await this.#digestOf(hash, password, name);
    const until = this.#right.get(digest);
    if (until !== undefined && until > this.#clock.now()) return true;
    const isRight = this.#wrong.get(digest) !== true && await this.#workers.verify(hash, password);
    if (isRight) this.#right.set(digest, this.#clock.now() + REMEMBERED_MS);
    else this.#wrong.set(digest, true);
    return isRight;
  }

  async #digestOf(hash: SlowHash, password: string, name: string): Promise<string> {
    this.#key ??= crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    const octets = encoder.encode(JSON.stringify([name, hash, password]));
    const signature = await crypto.subtle.sign("HMAC", await this.#key, octets);
    return new Uint8Array(signature).toBase64();
  }
}
