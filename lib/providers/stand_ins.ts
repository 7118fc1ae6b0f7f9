/**
 * The hash against which the password of an unknown or locked user is checked, so that neither the time nor a SCRAM
 * challenge shows which names exist. It is of the kind that most users of the file have. It is chosen each time that
 * the file is read, so an unknown name needs no search.
 */
import type { ScramChallenge } from "../provider/mailbox_provider.ts";
import { effortOf } from "../auth/passwords/hash_costs.ts";
import type { PasswordHash } from "../auth/passwords/password_hash.ts";
import { SCRAM_ITERATIONS } from "../auth/scram.ts";
import { saltFor } from "../auth/scram_salt.ts";
import type { UserEntry } from "./users_file.ts";

const SALT_OCTETS = 16;

export class StandIns {
  /**
   * A hash of the type and cost that most users have; where two are equally frequent, of the cheaper one. Null where
   * all users are locked.
   */
  readonly hash: PasswordHash | null;
  readonly #key: Uint8Array<ArrayBuffer>;
  readonly #iterations: number;
  readonly #saltOctets: number;

  /** @param key the key from which the salts are made: with the same key, a name keeps its salt */
  constructor(users: Iterable<Pick<UserEntry, "hash">>, key: Uint8Array<ArrayBuffer>) {
    const hashes = [...users].map(({ hash }) => hash).filter(({ type }) => type !== "locked");
    const verifiers = hashes.flatMap((hash) => hash.type === "scram-sha-256" ? [hash] : []);
    const usual = mostUsual(
      verifiers,
      ({ verifier }) => `${verifier.iterations} ${verifier.salt.length}`,
    )?.verifier;
    this.hash = mostUsual(hashes, (hash) => `${hash.type} ${effortOf(hash)}`);
    this.#key = key;
    this.#iterations = usual?.iterations ?? SCRAM_ITERATIONS;
    this.#saltOctets = usual?.salt.length ?? SALT_OCTETS;
  }

  /** @param name in the form in which names are compared, so that all spellings of it have the same salt */
  async challengeFor(name: string): Promise<ScramChallenge> {
    return {
      salt: await saltFor(this.#key, name, this.#saltOctets),
      iterations: this.#iterations,
    };
  }
}

/**
 * The first hash of the most frequent kind; where two kinds are equally frequent, of the cheaper one. Null where there
 * is no hash.
 */
function mostUsual<T extends PasswordHash>(
  hashes: readonly T[],
  kindOf: (hash: T) => string,
): T | null {
  const kinds = new Map<string, { readonly first: T; count: number }>();
  for (const hash of hashes) {
    const kind = kindOf(hash);
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { first: hash, count: 1 });
    else known.count++;
  }
  const [best] = [...kinds.values()].sort((a, b) =>
    b.count - a.count || effortOf(a.first) - effortOf(b.first)
  );
  return best?.first ?? null;
}
