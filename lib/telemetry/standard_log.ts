/**
 * What becomes of events where nobody listens: warnings and errors go to standard error, so that a store which throws is
 * noticed. All listeners of a process share this log. Its code is loaded with the first line.
 */
import type { Pop3Event, Pop3Events } from "../events/events.ts";
import { ignoreBelow, isAtLeast, levelOf } from "../events/event_level.ts";
import type { EventLogger } from "./log_events.ts";

let logger: EventLogger | null = null;
let loading: Promise<EventLogger> | null = null;

/** The default of `onEvent`. */
export const standardLog: Pop3Events = ignoreBelow("warn", (event: Pop3Event) => {
  if (logger !== null) return logger(event);
  if (isAtLeast(levelOf(event), "warn")) load().then((log) => log(event));
});

/** Waits until the lines are written, for a short time at most. */
export async function flushStandardLog(): Promise<void> {
  await (await loading)?.[Symbol.asyncDispose]();
}

function load(): Promise<EventLogger> {
  return loading ??= import("./log_events.ts").then(({ logEvents }) =>
    logger = logEvents({ level: "warn" })
  );
}
