/** How important an event is. Events that no observer wants to see cost next to nothing. */
import { Pop3ResponseError } from "../provider/response_error.ts";
import type { Happening, Pop3Events } from "./events.ts";

/** The level of an event or a log line: `error` is the most important, `debug` the least. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** The levels, the most important first. */
export const LOG_LEVELS = ["error", "warn", "info", "debug"] as const satisfies readonly LogLevel[];

/** The level of an event. */
export function levelOf(event: Happening): LogLevel {
  switch (event.type) {
    case "connect":
    case "secure":
    case "command":
    case "reply":
    case "sleep":
    case "wake":
    case "message-sent":
    case "store-query":
      return "debug";
    case "certificate":
    case "drain":
    case "login":
    case "logout":
    case "delete":
      return "info";
    case "close":
      if (event.reason === "gone") return "debug";
      return event.reason === "max-connections" ? "warn" : "info";
    case "certificate-expiry":
      return event.isExpired ? "error" : "warn";
    case "refuse":
      return event.reason === "gone" ? "debug" : "warn";
    case "login-failed":
      return event.reason === "needs-tls" ? "info" : "warn";
    case "warning":
    case "faults":
    case "lease-lost":
      return "warn";
    case "store":
      return event.isReachable ? "info" : "error";
    case "error":
      return isOfAStranger(event.during) || isChosenReply(event.error) ? "info" : "error";
  }
}

/** Whether an unauthenticated peer caused it; scanners do, all day. */
export function isOfAStranger(during: string): boolean {
  return during === "tls";
}

/** Whether a provider threw it only to choose the words of a reply; nothing is broken then. */
function isChosenReply(error: unknown): boolean {
  return error instanceof Pop3ResponseError && error.cause === undefined;
}

/** Whether the first level is at least as important as the second. */
export function isAtLeast(level: LogLevel, least: LogLevel): boolean {
  return RANKS[level] <= RANKS[least];
}

const RANKS: Readonly<Record<LogLevel, number>> = { error: 0, warn: 1, info: 2, debug: 3 };

const leastLevels = new WeakMap<Pop3Events, LogLevel>();

/** Notes that the function ignores events below a level, so that nobody needs to call it with them. */
export function ignoreBelow<Events extends Pop3Events>(least: LogLevel, onEvent: Events): Events {
  leastLevels.set(onEvent, least);
  return onEvent;
}

/** The least important level that the function does not ignore. */
export function leastLevelOf(onEvent: Pop3Events): LogLevel {
  return leastLevels.get(onEvent) ?? "debug";
}
