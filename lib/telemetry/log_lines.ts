/**
 * Events to log lines, one each: `TIME LEVEL EVENT name=value ...`, or the same as JSON.
 *
 * A value that holds anything but plain characters is written as a JSON string with every control character
 * escaped, so that nothing a peer sends can forge a line or a field.
 */
import type { ConnectionInfo } from "../mailbox/connection_info.ts";
import { Pop3ResponseError } from "../mailbox/response_error.ts";
import type { ErrorEvent, Pop3Event } from "./events.ts";

/** How much a line matters, most first. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;
/** How much a line matters. */
export type LogLevel = (typeof LOG_LEVELS)[number];
/** How a line is written. */
export type LogFormat = "text" | "json";

/** What the program says of itself, and no listener does: something lets others at what is the server's alone. */
export interface SetupNotice {
  readonly type: "exposed";
  readonly finding: string;
  /** What to type against it. */
  readonly remedy: string;
}

/** Whatever has a line. */
export type Logged = Pop3Event | SetupNotice;

type Fields = Readonly<Record<string, string | number | null>>;

/** The line of an event, without a line end; null where it matters less than `leastLevel`. */
export function logLine(
  event: Logged,
  time: Date,
  format: LogFormat,
  leastLevel: LogLevel,
): string | null {
  const level = levelOf(event);
  if (LOG_LEVELS.indexOf(level) > LOG_LEVELS.indexOf(leastLevel)) return null;
  const fields = fieldsOf(event);
  if (format === "json") {
    return escapeControls(
      JSON.stringify({ time: time.toISOString(), level, event: event.type, ...fields }),
    );
  }
  const shown = Object.entries(fields).filter(([, value]) => value !== null);
  return [
    time.toISOString(),
    level,
    event.type,
    ...shown.map(([name, value]) => `${name}=${plain(`${value}`)}`),
  ]
    .join(" ");
}

function levelOf(event: Logged): LogLevel {
  switch (event.type) {
    case "connect":
    case "secure":
    case "command":
    case "reply":
    case "sleep":
    case "wake":
      return "debug";
    case "certificate":
    case "login":
    case "logout":
    case "delete":
    case "new-message":
      return "info";
    case "close":
      if (event.reason === "gone") return "debug";
      return event.reason === "max-connections" ? "warn" : "info";
    case "refuse":
      return event.reason === "gone" ? "debug" : "warn";
    case "login-failed":
    case "warning":
    case "faults":
    case "exposed":
      return "warn";
    case "error":
      return isOfTheClient(event) || isChosenReply(event.error) ? "info" : "error";
  }
}

/** Did a client do it, who is nobody that we know yet? Whoever scans the network does. */
function isOfTheClient({ during }: ErrorEvent): boolean {
  return during === "tls";
}

/** Did a provider throw it only to choose its words? Nothing is broken then. */
function isChosenReply(error: unknown): boolean {
  return error instanceof Pop3ResponseError && error.cause === undefined;
}

function fieldsOf(event: Logged): Fields {
  switch (event.type) {
    case "wake":
      return {
        ...whoOf(event.connection),
        messages: event.messages,
        activity: event.hasNew ? "new" : "none",
      };
    case "connect":
    case "logout":
    case "sleep":
      return whoOf(event.connection);
    case "refuse":
      return {
        address: event.clientAddress || null,
        reason: event.reason,
        error: event.error === undefined ? null : describe(event.error),
      };
    case "certificate":
      return { subject: event.subject, expires: event.validTo.toISOString() };
    case "secure":
      return {
        ...whoOf(event.connection),
        version: event.connection.tls?.version ?? null,
        cipher: event.connection.tls?.cipher ?? null,
      };
    case "command":
      return {
        ...whoOf(event.connection),
        verb: event.verb ?? "unknown",
        argument: event.argument,
      };
    case "reply":
      return {
        ...whoOf(event.connection),
        verb: event.verb ?? "unknown",
        outcome: event.isOk ? "ok" : "error",
        code: event.code,
        milliseconds: Math.round(event.duration),
      };
    case "login":
      return {
        ...whoOf(event.connection),
        mechanism: event.mechanism,
        messages: event.messages,
      };
    case "login-failed":
      return {
        ...whoOf(event.connection),
        user: event.userName,
        mechanism: event.mechanism,
        reason: event.reason,
      };
    case "delete":
      return { ...whoOf(event.connection), messages: event.uniqueIds.length };
    case "error":
      return {
        ...(event.connection === null ? {} : whoOf(event.connection)),
        during: event.during,
        error: describe(event.error),
      };
    case "warning":
      return {
        ...(event.connection === null ? {} : whoOf(event.connection)),
        rule: event.rule,
        value: event.value,
        message: event.message,
      };
    case "faults":
      return { rules: event.rules, seed: event.seed, note: "this server misbehaves on purpose" };
    case "exposed":
      return { finding: event.finding, remedy: event.remedy };
    case "new-message":
      return { user: event.userName, message: event.uniqueId };
    case "close":
      return {
        ...whoOf(event.connection),
        reason: event.reason,
        messages: event.messagesSent,
        octets: event.octetsSent,
        milliseconds: Math.round(event.duration),
      };
  }
}

function whoOf(connection: ConnectionInfo): Fields {
  return {
    connection: connection.connectionId,
    address: connection.clientAddress,
    user: connection.userNameAtLogin,
    mailbox: connection.mailboxName,
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `; cause: ${describe(error.cause)}`;
  return `${error.name}: ${error.message}${cause}`;
}

function plain(value: string): string {
  return /^[\w.:@/+~-]+$/.test(value) ? value : escapeControls(JSON.stringify(value));
}

/** JSON.stringify leaves DEL, the C1 controls and the Unicode line ends as they are. */
function escapeControls(json: string): string {
  return json.replaceAll(
    /[\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
