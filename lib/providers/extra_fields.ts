/**
 * Parses the last field of a passwd-file's line: fields of Dovecot, with spaces between them.
 *
 * - A field that would change who may log in, or which mail is served, is obeyed; where the server cannot obey it, the
 *   line is bad. The fields of a locked user are not: nobody logs in with them.
 * - A field that changes nothing for POP3 is noted, so that `check` can say so.
 * - An error names the field, and repeats nothing of its value. A word without `=` may be a piece of a password with
 *   colons, so it is not repeated either.
 */
import { Networks } from "../transport/networks.ts";

/** What the extra fields of a line say. */
export interface ExtraFields {
  /** The values of the fields that are obeyed; null for those that the line has not. */
  readonly uid: string | null;
  readonly home: string | null;
  readonly mail: string | null;
  /** From where the user may log in; null for everywhere. */
  readonly networks: Networks | null;
  /** The fields that change nothing for POP3. */
  readonly unused: readonly string[];
}

const OBEYED = /^(?:allow_nets|nologin|fail|userdb_(?:uid|home|mail))$/;

/** Fields that cannot be obeyed, each with the reason. */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/^nopassword$/, "nobody gets in without a password"],
  [
    /^(?:proxy(?:_.*)?|host|hostip|port|source_ip|destuser|pass|master|ssl|starttls)$/,
    "the server hands no login to another server",
  ],
  [/^(?:user|login_user|auth_user|original_user|userdb_user)$/, "nobody gets the mail of another"],
  [/^reason$/, "the server has its own texts for clients"],
  [/^allow_real_nets$/, "only the client's own address counts: write allow_nets"],
  [
    /^userdb_(?:mail_(?:location|path|driver|inbox_path|home)|(?:mail_)?chroot|namespace.*)$/,
    "write userdb_mail to say where the mail is",
  ],
  [/^userdb_pop3_/, "it would change how POP3 serves the mail"],
];

/** Fields of a login that change nothing here. Those that begin with `userdb_` are for programs that deliver mail. */
const UNUSED = /^(?:userdb_.+|event_.+|forward_.+|nodelay|k5principals)$/;

/** Whether the fields say that the user may not log in. Then it does not matter what the password is. */
export function lockUser(extra: string): boolean {
  return /(?:^|\s)(?:nologin|fail)(?:[=\s]|$)/.test(extra);
}

/**
 * @param isLocked whether nobody can log in with the line
 * @throws {SyntaxError} that names the field that cannot be obeyed
 */
export function parseExtraFields(extra: string, isLocked: boolean): ExtraFields {
  const fields = new Map(extra.split(/\s+/).filter((field) => field !== "").map(nameAndValue));
  const others = [...fields].filter(([name]) => !OBEYED.test(name));
  if (!isLocked) others.forEach(ensureUnused);
  return {
    uid: fields.get("userdb_uid") ?? null,
    home: fields.get("userdb_home") ?? null,
    mail: fields.get("userdb_mail") ?? null,
    networks: networksOf(fields.get("allow_nets")),
    unused: others.map(([name]) => name).filter((name) => UNUSED.test(name)),
  };
}

function nameAndValue(field: string): [string, string | null] {
  const at = field.indexOf("=");
  return at < 0 ? [field, null] : [field.slice(0, at), field.slice(at + 1)];
}

function ensureUnused([name, value]: readonly [string, string | null]): void {
  const [, reason] = REFUSED.find(([pattern]) => pattern.test(name)) ?? [];
  if (reason !== undefined) throw new SyntaxError(`its field ${name} cannot be obeyed: ${reason}`);
  if (UNUSED.test(name)) return;
  throw new SyntaxError(
    value === null
      ? "it has a field without = that the server does not know and cannot obey"
      : `the server does not know its field ${name.slice(0, 40)} and cannot obey it`,
  );
}

function networksOf(list: string | null | undefined): Networks | null {
  if (list === undefined) return null;
  try {
    // `local` stands for sockets of the machine's file system, which the server does not have.
    return new Networks((list ?? "").split(",").filter((network) => network !== "local"));
  } catch {
    throw new SyntaxError("its allow_nets is no list of networks such as 192.0.2.0/24,2001:db8::7");
  }
}
