/** What `--help` and `--version` print. */
import deno from "../../deno.json" with { type: "json" };
import {
  addUserOptions,
  deliverOptions,
  hashOptions,
  importOptions,
  migrateOptions,
  statusOptions,
} from "./command_options.ts";
import { type OptionTable, serveOptions } from "./options.ts";

/** The versions of the program and of Deno, and the target. */
export function versionText(): string {
  return `pop3svc ${deno.version} (deno ${Deno.version.deno}, ${Deno.build.target})`;
}

/** The text of `--help`. */
export function helpText(): string {
  return `pop3svc serves a folder of mail, or a database, over POP3.

  pop3svc [serve] [MAILBOX] [options]   serve a mailbox
  pop3svc check [MAILBOX] [options]     show what would be served and what is wrong; --json for programs
  pop3svc status [options]              show the status of a running server; exit 1 when none answers
  pop3svc hash [--scheme NAME]          ask for a password and print its hash for a users file
  pop3svc postgres migrate [options]    make or update the tables of a database, as its owner
  pop3svc postgres add-user NAME        ask for a password and add an account
  pop3svc postgres import USER MAILBOX  copy mail into the database; again only before the user logs in
  pop3svc deliver USER < message        put a message into the database; exits with 0, 64, 65, 67 or 75 (sysexits)
  pop3svc --help | --version

MAILBOX is a folder whose files are messages, a Maildir or an mbox [mailbox-sample].

Each option can also be set in the environment: POP3SVC_MAX_CONNECTIONS for --max-connections. Commas
separate the values of a list. The command line wins over the environment, the environment over --config.

Options of serve and check:
${linesOf(serveOptions)}

Options of status:
${linesOf(statusOptions)}

Options of hash:
${linesOf(hashOptions)}

Options of postgres and deliver, besides --postgres and --config:
${linesOf(ofDatabase)}`;
}

/** Those that `serve` does not have. */
const ofDatabase: OptionTable = Object.fromEntries(
  Object.entries({ ...deliverOptions, ...importOptions, ...addUserOptions, ...migrateOptions })
    .filter(([name]) => !Object.hasOwn(serveOptions, name)),
);

function linesOf(table: OptionTable): string {
  return Object.entries(table).map(([name, option]) => {
    const left = option.placeholder === null ? `--${name}` : `--${name} ${option.placeholder}`;
    return `  ${left.padEnd(33)} ${option.help} [${option.shownDefault}]`;
  }).join("\n");
}
