/**
 * Turns each event into a log line: `TIME LEVEL EVENT name=value ...`, or the same as JSON.
 *
 * A value with any other than plain characters is written as a JSON string with all invisible characters escaped, so
 * that a peer cannot forge a line or a field. A long value is cut.
 */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import { isAtLeast, levelOf, type LogLevel } from "../events/event_level.ts";
import type { Pop3Event } from "../events/events.ts";
import { cut, describe, MOST_ERROR_CHARACTERS, printable } from "./printable.ts";
import { fieldsOfNotice, isNotice, levelOfNotice, type ProgramNotice } from "./program_notices.ts";

/** How a line is written. */
export type LogFormat = "text" | "json";

/** Everything that has a log line. */
export type Logged = Pop3Event | ProgramNotice;

/** The fields of a line by name. No peer can choose a name. */
export type Fields = Readonly<Record<string, string | number | null>>;

/** Fields that hold sentences, which may be longer than names. */
const LONG_FIELDS: ReadonlySet<string> = new Set([
  "error",
  "reason",
  "finding",
  "remedy",
  "serving",
  "failed",
]);

/**
 * What a line begins with: the time; or `<4>`, the priority that the journal and syslog know, where the journal adds the
 * time itself (sd-daemon(3)).
 */
export type LogStamp = "time" | "priority";

const PRIORITIES: Readonly<Record<LogLevel, number>> = { error: 3, warn: 4, info: 6, debug: 7 };

/** The line of an event, without a line end; null where its level is less important than `leastLevel`. */
export function logLine(
  event: Logged,
  format: LogFormat,
  leastLevel: LogLevel,
  stamp: LogStamp = "time",
): string | null {
  const level = levelOfLogged(event);
  if (!isAtLeast(level, leastLevel)) return null;
  return lineOf(level, nameOf(event), fieldsOf(event), { time: event.time, format, stamp });
}

/** How a line is written, and the time that is in it. */
export interface LineStyle {
  readonly time: Date;
  readonly format: LogFormat;
  readonly stamp: LogStamp;
}

/** A line that is not about an event. */
export function lineOf(
  level: LogLevel,
  name: string,
  fields: Fields,
  { time, format, stamp }: LineStyle,
): string {
  const shownTime = stamp === "time" ? time.toISOString() : null;
  const priority = stamp === "priority" ? `<${PRIORITIES[level]}>` : "";
  const shown = Object.entries(fields).map(([name, value]) => {
    const most = LONG_FIELDS.has(name) ? MOST_ERROR_CHARACTERS : undefined;
    return [name, typeof value === "string" ? cut(value, most) : value] as const;
  });
  if (format === "json") {
    const all = { level, event: name, ...Object.fromEntries(shown) };
    const timed = shownTime === null ? all : { time: shownTime, ...all };
    return priority + printable(JSON.stringify(timed));
  }
  return priority + [
    ...(shownTime === null ? [] : [shownTime]),
    level,
    name,
    ...shown
      .filter(([, value]) => value !== null)
      .map(([name, value]) => `${name}=${plain(`${value}`)}`),
  ].join(" ");
}

/** The level of an event or a notice. */
export function levelOfLogged(event: Logged): LogLevel {
  return isNotice(event) ? levelOfNotice(event) : levelOf(event);
}

/** The name of an event in the log. The line of an error has a word of its own, since `error` is a level. */
export function nameOf({ type }: Logged): string {
  return type === "error" ? "failed" : type;
}

function fieldsOf(event: Logged): Fields {
  if (isNotice(event)) return fieldsOfNotice(event);
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
    case "certificate-expiry":
      return {
        subject: event.subject,
        expires: event.validTo.toISOString(),
        expired: event.isExpired ? "yes" : "no",
      };
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
        milliseconds: Math.round(event.milliseconds),
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
        user: event.username === "" && event.reason === "needs-tls" ? null : event.username,
        mechanism: event.mechanism,
        reason: event.reason,
        ...(event.cause === undefined ? {} : { cause: event.cause }),
        ...(event.bannedSeconds === undefined ? {} : { bannedSeconds: event.bannedSeconds }),
      };
    case "delete":
      return { ...whoOf(event.connection), messages: event.uniqueIds.length };
    case "error":
      return {
        ...(event.connection === null ? {} : whoOf(event.connection)),
        ...(event.username === undefined ? {} : { user: event.username }),
        during: event.during,
        reason: describe(event.error),
      };
    case "warning":
      return {
        ...(event.connection === null ? {} : whoOf(event.connection)),
        rule: event.rule,
        value: event.value,
        message: event.message,
        ...(event.milliseconds === undefined
          ? {}
          : { milliseconds: Math.round(event.milliseconds) }),
      };
    case "drain":
      return {
        phase: event.phase,
        sessions: event.sessions,
        cut: event.phase === "end" ? event.cut : null,
      };
    case "faults":
      return { rules: event.rules, seed: event.seed, note: "this server misbehaves on purpose" };
    case "message-sent":
      return {
        ...whoOf(event.connection),
        verb: event.verb,
        number: event.number,
        uniqueId: event.uniqueId,
        octets: event.octets,
        milliseconds: Math.round(event.milliseconds),
        complete: event.isComplete ? "yes" : "no",
      };
    case "store":
      return {
        reachable: event.isReachable ? "yes" : "no",
        error: event.error === undefined ? null : describe(event.error),
      };
    case "store-query":
      return {
        operation: event.operation,
        outcome: event.isOk ? "ok" : "error",
        waited: Math.round(event.waitedMilliseconds),
        milliseconds: Math.round(event.milliseconds),
      };
    case "lease-lost":
      return { mailbox: event.mailbox };
    case "close":
      return {
        ...whoOf(event.connection),
        reason: event.reason,
        messages: event.messagesSent,
        octets: event.octetsSent,
        milliseconds: Math.round(event.milliseconds),
      };
  }
}

function whoOf(connection: ConnectionInfo): Fields {
  return {
    connection: connection.connectionId,
    address: connection.clientAddress,
    user: connection.username,
    mailbox: connection.mailboxName,
  };
}

function plain(value: string): string {
  return /^[\w.:@/+~-]+$/.test(value) ? value : printable(JSON.stringify(value));
}
