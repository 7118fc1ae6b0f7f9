/** The options of the provider of a users file. */
import type { HashWorkersOptions } from "../auth/passwords/hash_workers.ts";
import type { UsernameCase } from "../auth/prepared_text.ts";
import type { Pop3Events } from "../events/events.ts";
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox_options.ts";
import { clockSetting } from "../settings/clock_setting.ts";
import { isMailPath } from "./path_template.ts";
import {
  callback,
  given,
  oneOf,
  orNull,
  type Setting,
  type SettingsTable,
  text,
} from "../settings/setting.ts";
import type { Clock } from "../time/clock.ts";

/** Options of a `UsersFileProvider`. */
export interface UsersFileOptions {
  /** The folder below which the mailboxes of the users are: folders, Maildirs or mboxes. None by default. */
  readonly mailRoot?: string;
  /**
   * The path of a user's mailbox below that folder. `%u` (the default) is the user's name, `%n` what is before its `@`,
   * `%d` what is after it; one that begins with `%h/` or `~/` is in the user's home.
   */
  readonly mailPath?: string;
  /** What is added, after an `@`, to a login name that has none. Nothing by default. */
  readonly defaultDomain?: string;
  /** How the mailboxes are opened. */
  readonly mailbox?: FileMailboxOptions;
  /** How many password hashes are checked at once. */
  readonly hashing?: HashWorkersOptions;
  /** How names are compared: `lower` (the default) ignores the case of letters, `keep` does not. */
  readonly usernameCase?: UsernameCase;
  /**
   * 32 secret octets that stay the same after a restart: SCRAM's salts for unknown names are made from them. By
   * default they are random at each start; then a salt that changes tells that nobody has the name.
   */
  readonly scramKey?: Uint8Array<ArrayBuffer>;
  /** Receives bad lines, and that the file can no longer be read; give it the same function as the listener. */
  readonly onEvent?: Pop3Events;
  /** The clock; tests pass one that they move themselves. */
  readonly clock?: Clock;
}

/** With its defaults. */
type UsersFileSettings =
  & Required<Omit<UsersFileOptions, "mailRoot" | "defaultDomain" | "scramKey">>
  & {
    readonly mailRoot: string | null;
    readonly defaultDomain: string | null;
    readonly scramKey: UsersFileOptions["scramKey"] | null;
  };

export const mailPathSetting: Setting<string> = {
  ...text(/^/, "a path below the folder of mailboxes, with %u, %n, %d or %h, such as %d/%n", "%u"),
  accepts: (value): value is string => typeof value === "string" && isMailPath(value),
};

export const defaultDomainSetting: Setting<string> = text(
  /^(?!\.{1,2}$)[^\s@/\\:]{1,253}$/,
  "a domain such as example.org",
  "",
);

export const usersFileSettings: SettingsTable<UsersFileSettings> = {
  mailRoot: orNull(text(/./s, "the path of a folder", "")),
  mailPath: mailPathSetting,
  defaultDomain: orNull(defaultDomainSetting),
  mailbox: given("an object with the options of a mailbox", isObject, {}),
  hashing: given("an object: { threads, waiting }", isObject, {}),
  usernameCase: oneOf<UsernameCase>(["lower", "keep"]),
  scramKey: orNull({
    ...given("32 octets", isKey, new Uint8Array(32)),
    isKind: (value) => value instanceof Uint8Array,
  }),
  onEvent: callback<Pop3Events>(() => {}),
  clock: clockSetting,
};

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isKey(value: unknown): value is Uint8Array<ArrayBuffer> {
  return value instanceof Uint8Array && value.length === 32;
}

export const usersFilePath = text(/./s, "the path of the users file", "");
