/** The options: the tables from which they are read and from which `--help` is made. */
import type { DeletePolicy } from "../mailbox/files/file_mailbox_options.ts";
import { LOG_LEVELS, type LogFormat, type LogLevel } from "../telemetry/log_lines.ts";
import type { MailboxFormat } from "../mailbox/open_mailbox.ts";
import type { UsernameCase } from "../auth/prepared_text.ts";
import { MADE_SCHEMES, type MadeScheme } from "../auth/passwords/made_schemes.ts";
import { fixedSettings, type Pop3ListenerOptions, settings } from "../listener/settings.ts";
import type { Setting } from "../settings/setting.ts";
import { CliError } from "./cli_error.ts";

/** One option. */
export interface Option<T> {
  /** What stands for the value in `--help`; null for a flag. */
  readonly placeholder: string | null;
  readonly help: string;
  /** The default as `--help` shows it. */
  readonly shownDefault: string;
  /** Whether it may be given more than once. */
  readonly isRepeatable: boolean;
  /** Whether it is a setting of the listener. */
  readonly isSetting?: boolean;
  /** The value from what was given, in order; from nothing, the default. Throws what would be right. */
  readonly parse: (given: readonly string[]) => T;
}

/** Reads one value, or throws a sentence that says what would be right. */
type ParseValue<T> = (text: string) => T;

/** What a setting of the listener is on the command line: its name is that of the option, in camel case. */
function ofSetting<T>(setting: Setting<T>, placeholder: string | null, help: string): Option<T> {
  return {
    placeholder,
    help,
    shownDefault: typeof setting.default === "boolean" ? "off" : String(setting.default ?? "none"),
    isRepeatable: false,
    isSetting: true,
    parse(given) {
      const last = given.at(-1);
      if (last === undefined) return setting.default;
      const value = setting.ofText(last);
      if (setting.accepts(value)) return value;
      throw new RangeError(`give ${setting.allowed}`);
    },
  };
}

function flag(help: string): Option<boolean> {
  return {
    placeholder: null,
    help,
    shownDefault: "off",
    isRepeatable: false,
    parse: (given) => given.at(-1) === "true",
  };
}

function value<T, const D>(
  placeholder: string,
  help: string,
  parseValue: ParseValue<T>,
  absent: D,
  shownDefault: string = String(absent ?? "none"),
): Option<T | D> {
  const parse = (given: readonly string[]) => {
    const last = given.at(-1);
    return last === undefined ? absent : parseValue(last);
  };
  return { placeholder, help, shownDefault, isRepeatable: false, parse };
}

function values<T>(
  placeholder: string,
  help: string,
  parseValue: ParseValue<T>,
  absent: readonly T[],
): Option<readonly T[]> {
  return {
    placeholder,
    help: `${help} (repeatable)`,
    shownDefault: absent.join(", ") || "none",
    isRepeatable: true,
    parse: (given) => given.length === 0 ? absent : given.map(parseValue),
  };
}

function text(what: string): ParseValue<string> {
  return (given) => {
    if (given === "") throw new RangeError(`give ${what}`);
    return given;
  };
}

function portNumber(given: string): number | "off" {
  if (given === "off") return given;
  const number = Number(given);
  if (/^\d+$/.test(given) && number <= 65_535) return number;
  throw new RangeError("give a whole number from 0 to 65535, or off");
}

function wholeNumber(minimum: number, maximum: number): ParseValue<number> {
  return (given) => {
    const number = Number(given);
    if (/^\d+$/.test(given) && number >= minimum && number <= maximum) return number;
    throw new RangeError(`give a whole number from ${minimum} to ${maximum}`);
  };
}

function oneOf<T extends string>(...choices: readonly T[]): ParseValue<T> {
  return (given) => {
    const choice = choices.find((candidate) => candidate === given);
    if (choice === undefined) throw new RangeError(`give ${choices.join(" or ")}`);
    return choice;
  };
}

/** Ports that need no privilege. */
const PLAIN_PORT = 1_100;
export const TLS_PORT = 9_955;

// deno-fmt-ignore
export const serveOptions = {
  "format": value("FORMAT", "kind of MAILBOX: folder, maildir or mbox", oneOf<MailboxFormat>("folder", "maildir", "mbox"), null, "seen from what is there"),
  "host": values("ADDR", "address to listen on", text("an address"), ["127.0.0.1"]),
  "port": value("N", "plain port, with STLS if there is a certificate; 0 picks a free one; off for none", portNumber, PLAIN_PORT),
  "tls-port": value("N", "port for implicit TLS; 0 picks a free one; off for none", portNumber, null, `${TLS_PORT} with a certificate, else off`),
  "cert": value("FILE", "PEM certificate chain; read again when it changes", text("the path of a file"), null),
  "key": value("FILE", "its private key", text("the path of a file"), null),
  "tls-engine": ofSetting(fixedSettings.tlsEngine, "ENGINE", "what does implicit TLS: node; or deno, for less memory and CPU, within limits (docs/operations.md)"),
  "user": value("NAME", "the one user, without a users file", text("a name"), null, "me"),
  "password-file": value("FILE", "that user's password is the first line of this file; else POP3SVC_PASSWORD from the environment", text("the path of a file"), null, "passw0rd, on loopback and without proxies only"),
  "users": value("FILE", "many users: lines of Dovecot's passwd-file or Apache's htpasswd; read again when it changes", text("the path of a file"), null),
  "mail-root": value("DIR", "with --users: a user's mailbox is DIR/NAME, unless the line names one", text("the path of a folder"), null),
  "username-case": value("CASE", "lower: a name is the same whatever the case of its letters; or keep", oneOf<UsernameCase>("lower", "keep"), "lower"),
  "read-only": flag("refuse DELE with [READ-ONLY]"),
  "delete": value("POLICY", "remove; trash, into .pop3svc/trash in the mailbox; keep, for tests", oneOf<DeletePolicy>("remove", "trash", "keep"), "remove"),
  "lock": flag("one session at a time, also across processes; others hear [IN-USE]"),
  "settle-time": value("S", "seconds: no file of a folder that is younger is served", wholeNumber(0, 3_600), null, "a login waits until young files are quiet, 2 at most"),
  "state-dir": value("DIR", "what must not lie in mailboxes of other users: indexes and a key of the server", text("the path of a folder"), null, "STATE_DIRECTORY, or pop3svc in the user's folder for state"),
  "allow-insecure-login": ofSetting(settings.allowInsecureLogin, null, "accept passwords on a plain line from other machines"),
  "service-name": ofSetting(settings.serviceName, "TEXT", "who the server says it is"),
  "greeting": ofSetting(settings.greeting, "TEXT", "the words of the greeting"),
  "max-connections": ofSetting(settings.maxConnections, "N", "connections at the same time; beyond them the oldest that has not logged in gives way"),
  "max-connections-per-ip": ofSetting(settings.maxConnectionsPerIp, "N", "the same from one address (IPv6: one /64; a /56 four times, a /48 sixteen times that)"),
  "max-connection-rate-per-ip": ofSetting(settings.maxConnectionRatePerIp, "N", "new connections in a second from one address; not from this machine"),
  "ban-after": value("N", "wrong passwords after which an address is refused", wholeNumber(1, 1_000_000), 3),
  "ban-seconds": value("S", "seconds since its last wrong attempt until it is not any more", wholeNumber(1, 31_536_000), 10_000),
  "proxy-protocol": values("CIDR", "networks of proxies whose connections begin with a PROXY header, version 1 or 2", text("a network such as 192.0.2.0/24"), []),
  "login-timeout": ofSetting(settings.loginTimeout, "S", "seconds from accept to login, in total, PROXY header and TLS handshake included"),
  "idle-timeout": ofSetting(settings.idleTimeout, "S", "seconds without a command after it (RFC 1939: at least 600)"),
  "sleep-timeout": ofSetting(settings.sleepTimeout, "S", "the same for a session that is asleep (SLEE)"),
  "login-delay": ofSetting(settings.loginDelay, "S", "seconds between two logins of one user at least; others hear [LOGIN-DELAY]"),
  "expire": ofSetting(settings.expire, "DAYS", "what EXPIRE promises in CAPA; 0: what was read is deleted at the end"),
  "multi-line-ind": ofSetting(settings.multiLineInd, null, "mark replies of several lines (MULTI-LINE-IND)"),
  "faults": value("FILE", "misbehave on purpose by the rules of this file, for tests of clients; on this machine only", text("the path of a file"), null),
  "wire-log": value("FILE", "append what clients and server say, as transcripts, without secrets and messages", text("the path of a file"), null),
  "wire-log-messages": ofSetting(settings.wireLogMessages, null, "with --wire-log: the messages, too"),
  "log-format": value("FORMAT", "text or json", oneOf<LogFormat>("text", "json"), "text"),
  "log-level": value("LEVEL", "error, warn, info or debug", oneOf<LogLevel>(...LOG_LEVELS), "info"),
  "reuse-port": flag("let another process listen on the same ports, for a restart that loses no connection; Linux only"),
  "admin": value("PORT", "port on 127.0.0.1 on which pop3svc status asks how it is; off for none", portNumber, "off"),
  "config": value("FILE", "the same options in a JSON file, keys named as the options; flags win", text("the path of a file"), null),
} as const;

// deno-fmt-ignore
export const hashOptions = {
  "scheme": value("NAME", MADE_SCHEMES.join(", "), oneOf<MadeScheme>(...MADE_SCHEMES), "argon2id"),
} as const;

// deno-fmt-ignore
export const statusOptions = {
  "admin": value("PORT", "the --admin port of the server", portNumber, 1180),
  "json": flag("as JSON"),
  "lift": value("ADDRESS", "let this address log in again", text("an address"), null),
} as const;

/** The settings of the listener among the options. */
export function listenerSettings(options: ServeOptions): Pop3ListenerOptions {
  const chosen: Pop3ListenerOptions = {};
  for (const [name, option] of Object.entries<Option<unknown>>(serveOptions)) {
    if (option.isSetting !== true) continue;
    const setting = name.replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase());
    Object.assign(chosen, { [setting]: Reflect.get(options, name) });
  }
  return chosen;
}

/** Options by name. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** What the options of a table came to. */
export type ValuesOf<T extends OptionTable> = {
  readonly [Name in keyof T]: ReturnType<T[Name]["parse"]>;
};

/** What the options of `serve` and `check` came to. */
export type ServeOptions = ValuesOf<typeof serveOptions>;
/** What the options of `status` came to. */
export type StatusOptions = ValuesOf<typeof statusOptions>;
/** What the options of `hash` came to. */
export type HashOptions = ValuesOf<typeof hashOptions>;

/** What was given for an option, in order. */
export interface GivenOption {
  readonly texts: readonly string[];
  /** How it was given, for a message: `--port abc`, `POP3SVC_PORT=abc`. */
  readonly shown: string;
}

/** What was given, by the names of options. */
export type GivenOptions = Readonly<Record<string, GivenOption>>;

/** @throws {CliError} that names the first option with a wrong value */
export function readOptions<T extends OptionTable>(table: T, given: GivenOptions): ValuesOf<T> {
  const read = Object.entries(table).map(([name, option]) => {
    const { texts, shown } = given[name] ?? { texts: [], shown: `--${name}` };
    try {
      return [name, option.parse(texts)];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw CliError.usage(`${shown}: ${error.message}`);
    }
  });
  // The table is the type: each name has the value that its own entry parsed.
  return Object.fromEntries(read) as ValuesOf<T>;
}
