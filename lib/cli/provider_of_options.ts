/** Makes the provider that the options describe: one user with one mailbox, a users file, or a database. */
import {
  counted,
  type FileMailboxOptions,
  linesOf,
  type MailboxCount,
  type MailboxProvider,
  type MailboxStore,
  openStore,
  type Pop3Events,
  readGivenText,
  reasonOf,
  type ReloadedFile,
  seenFormat,
  SingleUserProvider,
} from "../program.ts";
import { CliError } from "./cli_error.ts";
import { exposureOf } from "./exposure.ts";
import { ensureFolder } from "./mail_options.ts";
import type { ServeOptions } from "./options.ts";
import type { ServedDatabase } from "./served_database.ts";
import type { UserCounts } from "./server_status.ts";
import { keyIn, statePathOf, usableState } from "./state_directory_of_options.ts";

/** The mailbox that is served when none is named. */
export const SAMPLE_MAILBOX = "mailbox-sample";
const SAMPLE_PASSWORD = "passw0rd";
const SAMPLE_USER = "me";

/** The provider, with what the program prints about it. */
export interface ChosenProvider {
  readonly provider: MailboxProvider;
  /** Its description in the ready line. */
  readonly text: string;
  /** The same as facts, for JSON. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Reads its files again now. */
  readonly refresh: () => Promise<readonly ReloadedFile[]>;
  /** How many users there are; null without a users file. */
  readonly counts: () => UserCounts | null;
}

/** @throws {CliError} when nobody could log in */
export async function providerOf(
  mailbox: string | null,
  options: ServeOptions,
  events: Pop3Events,
  database: ServedDatabase | null = null,
): Promise<ChosenProvider> {
  if (database !== null) return await ofDatabase(database, options, events);
  if (options.users !== null) return await usersOf(options.users, options, events);
  const password = passwordOf(options);
  const path = mailbox ?? SAMPLE_MAILBOX;
  const format = options.format ?? await seenFormat(path);
  const store = await openStore(path, format, {
    ...mailboxOptions(options, events),
    // Nobody writes to the sample: in a new clone it is served at once, although its files are young.
    ...(mailbox === null && options["settle-time"] === null ? { settleTime: 0 } : {}),
  });
  const { messages, leftOut } = await countMessages(store, path, mailbox !== null);
  const username = options.user ?? SAMPLE_USER;
  return {
    provider: new SingleUserProvider({
      username,
      password,
      usernameCase: options["username-case"],
      openMailbox: (info) => store.open(info),
    }),
    text: `${path} (${counted(messages, "message")}) as user ${username}${leftOutText(leftOut)}`,
    facts: {
      mailbox: path,
      messages,
      user: username,
      ...(leftOut.length === 0 ? {} : { notServed: leftOut }),
    },
    refresh: () => Promise.resolve([]),
    counts: () => null,
  };
}

/** A database that is away may come back: the server starts, and each login hears `[SYS/TEMP]` until then. */
async function ofDatabase(
  database: ServedDatabase,
  options: ServeOptions,
  events: Pop3Events,
): Promise<ChosenProvider> {
  const query = options["accounts-query"];
  const mailbox = query === null ? null : {
    ...mailboxOptions(options, events),
    stateDirectory: await usableState(options, events, null),
  };
  const { provider, away } = await database.open(options, mailbox);
  const { place } = database;
  const what = query === null ? "accounts and mail" : "accounts";
  return {
    provider,
    text: `${what} in ${place}${away === null ? "" : `, WHICH IS AWAY: ${away}`}`,
    facts: { database: place, ...(away === null ? {} : { away }) },
    refresh: () => Promise.resolve([]),
    counts: () => null,
  };
}

async function usersOf(
  file: string,
  options: ServeOptions,
  events: Pop3Events,
): Promise<ChosenProvider> {
  const { "mail-root": mailRoot, "mail-path": mailPath, "default-domain": defaultDomain } = options;
  if (mailRoot !== null) ensureFolder(mailRoot);
  const { UsersFileProvider } = await import("../mod.ts");
  const state = await usableState(options, events, "and the server makes a new key at each start");
  const scramKey = state === null ? null : await keyIn(state, events);
  const provider = new UsersFileProvider(file, {
    ...(mailRoot === null ? {} : { mailRoot }),
    ...(mailPath === null ? {} : { mailPath }),
    ...(defaultDomain === null ? {} : { defaultDomain }),
    mailbox: { ...mailboxOptions(options, events), stateDirectory: state },
    usernameCase: options["username-case"],
    ...(scramKey === null ? {} : { scramKey }),
    onEvent: events,
  });
  const users = await countUsers(provider, file);
  const leftOut = await provider.leftOutOfOthers();
  return {
    provider,
    text: `${counted(users, "user")} of ${file}${leftOutText(leftOut)}`,
    facts: { users, file, ...(leftOut.length === 0 ? {} : { notServed: leftOut }) },
    async refresh() {
      const { isChanged, failure } = await provider.refresh();
      const reason = failure === null ? null : `${file}: ${reasonOf(failure)}`;
      return [{ name: "users file", isChanged, failure: reason }];
    },
    counts: () => provider.counts(),
  };
}

async function countUsers(
  provider: { refresh(): Promise<{ readonly users: number }> },
  file: string,
): Promise<number> {
  let users: number;
  try {
    ({ users } = await provider.refresh());
  } catch (error) {
    throw CliError.environment(`--users ${file}: ${reasonOf(error)}`, error);
  }
  if (users > 0) return users;
  throw CliError.environment(
    `--users ${file}: nobody in it can log in; see pop3svc check --users ${file}`,
  );
}

/** The options with which mailboxes are opened. */
export function mailboxOptions(options: ServeOptions, events?: Pop3Events): FileMailboxOptions {
  const settleTime = options["settle-time"];
  return {
    readOnly: options["read-only"],
    deletePolicy: options.delete,
    exclusive: options.lock,
    // Not created here: a mailbox of the server's own user needs it only when nothing can be written beside the mail.
    stateDirectory: statePathOf(options),
    ...(settleTime === null ? {} : { settleTime }),
    ...(events === undefined ? {} : { onEvent: events }),
  };
}

/** @throws {CliError} when there is no password */
export function passwordOf(options: ServeOptions): string {
  const file = options["password-file"];
  if (file !== null) return firstLineOf(file);
  // An empty variable counts as unset.
  const password = Deno.env.get("POP3SVC_PASSWORD") ?? "";
  if (password !== "") return password;
  const exposed = exposureOf(options);
  if (exposed === null) return SAMPLE_PASSWORD;
  throw CliError.usage(
    `${exposed} is open to other machines: set a password with --password-file or POP3SVC_PASSWORD`,
  );
}

function firstLineOf(file: string): string {
  let line: string;
  try {
    line = linesOf(readGivenText(file)).at(0) ?? "";
  } catch (error) {
    throw CliError.environment(`--password-file ${file}: ${reasonOf(error)}`, error);
  }
  if (line !== "") return line;
  throw CliError.environment(`--password-file ${file}: its first line is empty`);
}

async function countMessages(
  store: MailboxStore,
  path: string,
  isChosen: boolean,
): Promise<MailboxCount> {
  try {
    return await store.count();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotADirectory
      ? "it is a file; give a folder, or --format mbox"
      : reasonOf(error);
    const hint = isChosen ? "" : "; give MAILBOX, a folder whose files are messages";
    throw CliError.environment(`mailbox ${path}: ${reason}${hint}`, error);
  }
}

/** The end of the ready line, when some mail is not served. */
function leftOutText(leftOut: readonly string[]): string {
  return leftOut.length === 0 ? "" : `; NOT SERVED: ${leftOut.join("; ")}`;
}
