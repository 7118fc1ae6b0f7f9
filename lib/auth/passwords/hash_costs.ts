/**
 * How much work a password hash may cost, and how much it does cost.
 *
 * The author of a users file chooses the costs, and every guess of a stranger causes them: without a limit, one line
 * with `$2y$31$` would keep a thread busy for days. The limits are checked when the file is read, so that `check`
 * reports a hash that exceeds them.
 */
import type { PasswordHash } from "./password_hash.ts";

const MOST_BCRYPT = 14;
const MOST_SHA_CRYPT_ROUNDS = 5_000_000;
const MOST_PBKDF2_ROUNDS = 2_000_000;
/** The most memory: 1 GiB. */
const MOST_KIB = 1_048_576;
/** The most memory times passes: 4 GiB. */
const MOST_ARGON2_KIB = 4_194_304;
/** The most memory: 1 GiB, in blocks of 128 octets. */
const MOST_SCRYPT_BLOCKS = 8_388_608;
const MOST_SCRYPT_LANES = 16;
/** The default of glibc, for a hash that does not say how many rounds it has. */
const USUAL_SHA_CRYPT_ROUNDS = 5_000;

const DIGEST_OCTETS = { sha1: 20, sha256: 32, sha512: 64 };

/**
 * Returns the hash if it is within the limits.
 *
 * @throws {SyntaxError} that says which limit it exceeds
 */
export function affordable<T extends PasswordHash>(hash: T): T {
  const excess = excessOf(hash);
  if (excess === null) return hash;
  throw new SyntaxError(`its password costs too much: ${excess}`);
}

/**
 * Roughly how many milliseconds a check takes, to compare hashes. Two hashes of the same type and cost have equal
 * numbers.
 */
export function effortOf(hash: PasswordHash): number {
  switch (hash.type) {
    case "locked":
    case "plain":
    case "digest":
      return 0;
    case "des-crypt":
      return 1;
    case "md5-crypt":
      return 3;
    case "scram-sha-1":
      return hash.iterations / 2_000;
    case "scram-sha-256":
      return hash.verifier.iterations / 2_000;
    case "pbkdf2":
      return pbkdf2Rounds(hash) / 2_000;
    case "bcrypt":
      return 2 ** bcryptCost(hash.text) / 20;
    case "sha-crypt":
      return shaCryptRounds(hash.text) / 100;
    case "argon2": {
      const { memory, passes } = argon2Cost(hash.text);
      return memory * passes / 1_000;
    }
    case "scrypt":
      return hash.cost.N * hash.cost.r * hash.cost.p / 2_500;
  }
}

function excessOf(hash: PasswordHash): string | null {
  switch (hash.type) {
    case "bcrypt":
      return bcryptCost(hash.text) > MOST_BCRYPT ? `bcrypt up to ${MOST_BCRYPT}` : null;
    case "sha-crypt":
      return shaCryptRounds(hash.text) > MOST_SHA_CRYPT_ROUNDS
        ? `up to ${MOST_SHA_CRYPT_ROUNDS} rounds`
        : null;
    case "pbkdf2":
      return pbkdf2Rounds(hash) > MOST_PBKDF2_ROUNDS
        ? `up to ${MOST_PBKDF2_ROUNDS} rounds, for each ${
          DIGEST_OCTETS[hash.digest]
        } octets of its key`
        : null;
    case "scram-sha-1":
      return excessIterations(hash.iterations);
    case "scram-sha-256":
      return excessIterations(hash.verifier.iterations);
    case "argon2": {
      const { memory, passes, lanes } = argon2Cost(hash.text);
      if (memory > MOST_KIB) return "up to 1 GiB";
      if (memory * passes > MOST_ARGON2_KIB) return "up to 4 GiB, its memory times its passes";
      return memory < 8 * lanes ? "at least 8 KiB of memory for each lane" : null;
    }
    case "scrypt":
      if (hash.cost.N * hash.cost.r > MOST_SCRYPT_BLOCKS) return "up to 1 GiB";
      return hash.cost.p > MOST_SCRYPT_LANES ? `up to p=${MOST_SCRYPT_LANES}` : null;
    default:
      return null;
  }
}

function excessIterations(iterations: number): string | null {
  return iterations > MOST_PBKDF2_ROUNDS ? `up to ${MOST_PBKDF2_ROUNDS} iterations` : null;
}

function bcryptCost(text: string): number {
  return Number(text.slice(4, 6));
}

function shaCryptRounds(text: string): number {
  const [, rounds] = /^\$[56]\$rounds=(\d+)\$/.exec(text) ?? [];
  return rounds === undefined ? USUAL_SHA_CRYPT_ROUNDS : Number(rounds);
}

/** PBKDF2 runs its rounds once for each digest-sized piece of the key. */
function pbkdf2Rounds(
  { iterations, digest, key }: Extract<PasswordHash, { readonly type: "pbkdf2" }>,
): number {
  return iterations * Math.ceil(key.length / DIGEST_OCTETS[digest]);
}

function argon2Cost(text: string) {
  const [, memory, passes, lanes] = /\$m=(\d+),t=(\d+),p=(\d+)\$/.exec(text) ?? [];
  return { memory: Number(memory), passes: Number(passes), lanes: Number(lanes) };
}
