/** The tables of options: the parser and `--help` both work from them. */
import {
  defaultDomainSetting,
  type DeletePolicy,
  fixedSettings,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
  type MailboxFormat,
  mailPathSetting,
  Networks,
  type Pop3ListenerOptions,
  type Setting,
  settingOf,
  settings,
  type UsernameCase,
} from "../program.ts";

import { CliError } from "./cli_error.ts";
import { adminAddress, portNumber, text } from "./option_values.ts";

/** One option. */
export interface Option<T> {
  /** The name of the value in `--help`; null for a flag, which has no value. */
  readonly placeholder: string | null;
  readonly help: string;
  /** The default as `--help` shows it. */
  readonly shownDefault: string;
  /** Whether the option may be given more than once. */
  readonly isRepeatable: boolean;
  /** Whether the option is a setting of the listener. */
  readonly isSetting?: boolean;
  /** Parses the given texts, in order; without any, gives the default. Throws a RangeError that says what is allowed. */
  readonly parse: (given: readonly string[]) => T;
}

/** Parses one value, or throws a RangeError that says what is allowed. */
type ParseValue<T> = (text: string) => T;

/** The option for a setting of the listener. The name of the setting is that of the option in camel case. */
function ofSetting<T>(setting: Setting<T>, placeholder: string | null, help: string): Option<T> {
  return {
    placeholder,
    help,
    shownDefault: typeof setting.default === "boolean" ? "off" : String(setting.default ?? "none"),
    isRepeatable: false,
    isSetting: true,
    parse(given) {
      const last = given.at(-1);
      return last === undefined ? setting.default : valueOf(setting)(last);
    },
  };
}

export function flag(help: string): Option<boolean> {
  return {
    placeholder: null,
    help,
    shownDefault: "off",
    isRepeatable: false,
    parse: (given) => given.at(-1) === "true",
  };
}

export function value<T, const D>(
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

/** Throws a RangeError for what is no network. */
function network(given: string): string {
  try {
    new Networks([given]);
  } catch {
    throw new RangeError("give a network such as 192.0.2.0/24 or 2001:db8::/32");
  }
  return given;
}

/** One value of a setting. */
function valueOf<T>(setting: Setting<T>): ParseValue<T> {
  return (given) => {
    const value = setting.ofText(given);
    if (setting.accepts(value)) return value;
    throw new RangeError(`give ${setting.allowed}`);
  };
}

const wholeNumber = (minimum: number, maximum: number): ParseValue<number> =>
  valueOf(settingOf.wholeNumber(minimum, maximum, minimum));

export const oneOf = <T extends string>(...choices: readonly [T, ...T[]]): ParseValue<T> =>
  valueOf(settingOf.oneOf<T>(choices));

/** Ports that need no privilege. */
const PLAIN_PORT = 1_100;
export const TLS_PORT = 9_955;
const DRAIN_SECONDS = 5;

// deno-fmt-ignore
export const serveOptions = {
  "format": value("FORMAT", "kind of MAILBOX: folder, maildir or mbox", oneOf<MailboxFormat>("folder", "maildir", "mbox"), null, "detected"),
  "host": values("ADDR", "address to listen on", text("an address"), ["127.0.0.1"]),
  "port": value("N", "port without implicit TLS, but with STLS if --cert is given; 0 picks a free one, off opens none", portNumber, PLAIN_PORT),
  "tls-port": value("N", "port with implicit TLS; 0 picks a free one, off opens none", portNumber, null, `${TLS_PORT} with --cert, else off`),
  "cert": value("FILE", "PEM certificate chain, read again when it changes", text("the path of a file"), null),
  "key": value("FILE", "PEM private key of the certificate", text("the path of a file"), null),
  "tls-engine": ofSetting(fixedSettings.tlsEngine, "ENGINE", "what does implicit TLS: node; or deno, for less memory and CPU, within limits (docs/operations/certificates.md)"),
  "user": value("NAME", "name of the only user, without --users", text("a name"), null, "me"),
  "password-file": value("FILE", "file whose first line is that user's password", text("the path of a file"), null, "POP3SVC_PASSWORD; else passw0rd, on loopback without proxies only"),
  "users": value("FILE", "file of users in the format of Dovecot's passwd-file or Apache's htpasswd, read again when it changes", text("the path of a file"), null),
  "mail-root": value("DIR", "with --users or --accounts-query: folder of the mailboxes whose place nothing else says; NAME's is DIR/NAME", text("the path of a folder"), null),
  "mail-path": value("PATH", "with --mail-root: path of a mailbox below DIR; %u is the user's name, %n what is before its @, %d its domain, %h the home", valueOf(mailPathSetting), null, "%u"),
  "default-domain": value("DOMAIN", "with --users or --postgres: a login name without @ gets @DOMAIN", valueOf(defaultDomainSetting), null),
  "username-case": value("CASE", "lower: ignore the case of letters in user names; keep: respect it", oneOf<UsernameCase>("lower", "keep"), "lower"),
  "postgres": value("URL", "serve accounts and mail of a PostgreSQL database: postgres://user:password@host/database; other users can see the command line, so give a password by POP3SVC_POSTGRES or --config", text("the URL of a database"), null),
  "accounts-query": value("SQL", "with --postgres: the accounts only, and mail on disk; a SELECT of password and mailbox, the path, for the name $1", text("a SELECT of password and mailbox for the name $1"), null),
  "read-only": flag("refuse DELE with [READ-ONLY]"),
  "delete": value("POLICY", "what becomes of deleted messages: remove; trash moves them to .pop3svc/trash in the mailbox; keep deletes nothing, for tests", oneOf<DeletePolicy>("remove", "trash", "keep"), "remove"),
  "lock": flag("allow one session of a mailbox at a time, even across processes; others get [IN-USE]"),
  "settle-time": value("S", "serve no file of a folder that is younger than S seconds", wholeNumber(0, 3_600), null, "a login waits at most 2 seconds until young files stop changing"),
  "state-dir": value("DIR", "folder for indexes and the server's key, which must not lie in mailboxes of other users", text("the path of a folder"), null, "STATE_DIRECTORY, else pop3svc in the user's state folder"),
  "allow-insecure-login": ofSetting(settings.allowInsecureLogin, null, "accept logins without TLS from other machines"),
  "service-name": ofSetting(settings.serviceName, "TEXT", "name of the server in CAPA and in the default greeting"),
  "greeting": ofSetting(settings.greeting, "TEXT", "text of the greeting, instead of the service name and 'ready.'"),
  "max-connections": ofSetting(settings.maxConnections, "N", "most connections at a time; one more closes the oldest that has not logged in"),
  "max-connections-per-ip": ofSetting(settings.maxConnectionsPerIp, "N", "most connections at a time from one address (IPv6: from a /64; four times as many from a /56, sixteen from a /48)"),
  "max-connection-rate-per-ip": ofSetting(settings.maxConnectionRatePerIp, "N", "most new connections in a second from one address; this machine has no such limit"),
  "ban-after": value("N", "wrong passwords after which an address is banned; 0 for no bans", wholeNumber(0, 1_000_000), 3),
  "ban-seconds": value("S", "seconds from the last wrong password to the end of the ban", wholeNumber(1, 31_536_000), 10_000),
  "ban-exempt": values("CIDR", "network that is never banned, besides this machine", network, []),
  "proxy-protocol": values("CIDR", "network of proxies that begin each connection with a PROXY header, version 1 or 2", network, []),
  "login-timeout": ofSetting(settings.loginTimeout, "S", "most seconds from accepting a connection to its login, including PROXY header and TLS handshake"),
  "idle-timeout": ofSetting(settings.idleTimeout, "S", "most seconds without a command after the login (RFC 1939: at least 600)"),
  "sleep-timeout": ofSetting(settings.sleepTimeout, "S", "most seconds without a command while a session is asleep (SLEE)"),
  "login-delay": ofSetting(settings.loginDelay, "S", "least seconds between two logins of one user; an earlier one gets [LOGIN-DELAY]"),
  "expire": ofSetting(settings.expire, "DAYS", "days that CAPA promises with EXPIRE; 0 deletes read messages at the end of the session"),
  "multi-line-ind": ofSetting(settings.multiLineInd, null, "mark multi-line replies (MULTI-LINE-IND)"),
  "faults": value("FILE", "misbehave by the rules of this file, to test clients; on this machine only", text("the path of a file"), null),
  "wire-log": value("FILE", "append a transcript of each connection to this file, without secrets and messages", text("the path of a file"), null),
  "wire-log-messages": ofSetting(settings.wireLogMessages, null, "with --wire-log: write messages, too"),
  "log-file": value("FILE", "append the log to this file, which SIGHUP opens again", text("the path of a file"), null, "standard error"),
  "log-format": value("FORMAT", "format of log lines: text or json", oneOf<LogFormat>("text", "json"), "text"),
  "log-level": value("LEVEL", "least severe events that are logged: error, warn, info or debug", oneOf<LogLevel>(...LOG_LEVELS), "info"),
  "reuse-port": flag("let another process listen on the same ports, for an upgrade that cuts off no session; Linux only"),
  "drain-time": value("S", "seconds for which sessions may go on after SIGTERM, while no new ones begin", valueOf(settingOf.seconds(0, 86_400, DRAIN_SECONDS)), DRAIN_SECONDS),
  "admin": value("[ADDR:]PORT", "port for pop3svc status, on 127.0.0.1 unless ADDR is given; other machines get /metrics and /healthz only", adminAddress, "off"),
  "config": value("FILE", "file of options: JSON, also with comments; its keys are the names of options", text("the path of a file"), null),
} as const;

/** The options of `check`: those of the server that it checks, and how it prints. */
export const checkOptions = { ...serveOptions, json: flag("print JSON") } as const;

/** The options that are settings of the listener, under the names of the settings. */
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

/** The parsed values of the options of a table. */
export type ValuesOf<T extends OptionTable> = {
  readonly [Name in keyof T]: ReturnType<T[Name]["parse"]>;
};

/** The parsed options of `serve`. */
export type ServeOptions = ValuesOf<typeof serveOptions>;
/** The parsed options of `check`. */
export type CheckOptions = ValuesOf<typeof checkOptions>;

/** The texts that were given for an option, in order. */
export interface GivenOption {
  readonly texts: readonly string[];
  /** The option as the user wrote it, for error messages: `--port abc`, `POP3SVC_PORT=abc`. */
  readonly shown: string;
}

/** All given options, by name. */
export type GivenOptions = Readonly<Record<string, GivenOption>>;

/** @throws {CliError} naming each option with a wrong value */
export function readOptions<T extends OptionTable>(table: T, given: GivenOptions): ValuesOf<T> {
  const wrong: string[] = [];
  const read = Object.entries(table).map(([name, option]) => {
    const { texts, shown } = given[name] ?? { texts: [], shown: `--${name}` };
    try {
      return [name, option.parse(texts)];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      wrong.push(`${shown}: ${error.message}`);
      return [name, undefined];
    }
  });
  if (wrong.length > 0) throw CliError.usage(wrong.join("; "));
  // The cast is safe: each name has the value that its own entry parsed.
  return Object.fromEntries(read) as ValuesOf<T>;
}
