/** Which options about mail can be used together. */
import { lookAtGiven, reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";
import type { ServeOptions } from "./options.ts";

/** @throws {CliError} when options about mail cannot be used together; the folder of mailboxes is looked at later with --users */
export function ensureMailOptions(mailbox: string | null, options: ServeOptions): void {
  const mailRoot = options["mail-root"];
  if (options.postgres !== null) return ensureDatabaseOptions(mailbox, options);
  if (options["accounts-query"] !== null) {
    throw CliError.usage("--accounts-query needs --postgres, the database that it asks");
  }
  if (options.users === null) {
    for (const name of ["mail-root", "mail-path", "default-domain"] as const) {
      if (options[name] === null) continue;
      throw CliError.usage(`--${name} needs --users, the file that lists the users`);
    }
    return;
  }
  if (mailbox !== null) throw CliError.usage("with --users, give --mail-root in place of MAILBOX");
  for (const name of ["user", "password-file", "format"] as const) {
    if (options[name] !== null) throw CliError.usage(`--${name} cannot be used with --users`);
  }
  if (options["mail-path"] !== null && mailRoot === null) {
    throw CliError.usage("--mail-path needs --mail-root, the folder of the mailboxes");
  }
}

function ensureDatabaseOptions(mailbox: string | null, options: ServeOptions): void {
  const { "accounts-query": query, "mail-root": mailRoot } = options;
  if (mailbox !== null) throw CliError.usage("MAILBOX cannot be used with --postgres");
  for (const name of ["users", "user", "password-file", "format", "mail-path"] as const) {
    if (options[name] !== null) throw CliError.usage(`--${name} cannot be used with --postgres`);
  }
  if (query === null) {
    if (mailRoot !== null) {
      throw CliError.usage(
        "--mail-root is for mail on disk: with --postgres, it needs --accounts-query",
      );
    }
    if (options.delete !== "remove") {
      throw CliError.usage(`--delete ${options.delete} is for mail on disk, not in --postgres`);
    }
  }
  if (query !== null && !/\$1\b/.test(query)) {
    throw CliError.usage("--accounts-query: it must look for the name $1");
  }
  if (mailRoot !== null) ensureFolder(mailRoot);
}

/** @throws {CliError} when the folder of mailboxes is not there */
export function ensureFolder(path: string): void {
  try {
    const given = lookAtGiven(path);
    if (given === null) throw new Deno.errors.NotFound();
    if (given.info.isDirectory) return;
  } catch (error) {
    throw CliError.environment(`--mail-root ${path}: ${reasonOf(error)}`, error);
  }
  throw CliError.environment(`--mail-root ${path}: it is not a folder`);
}
