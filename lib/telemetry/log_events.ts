/** The log that a listener or a program of one's own can have: the same lines as those of `pop3svc`. */
import type { Pop3Event } from "../events/events.ts";
import { ignoreBelow, LOG_LEVELS, type LogLevel } from "../events/event_level.ts";
import { checkedOptions, given, oneOf, type SettingsTable } from "../settings/setting.ts";
import { EventLog } from "./event_log.ts";
import { LineWriter } from "./line_writer.ts";
import { lineOf, type LogFormat, type Logged, type LogStamp } from "./log_lines.ts";
import { complaints, harmless } from "./observers.ts";

/** What is written, how, and where. */
export interface LogOptions {
  /** `text`, the default: `TIME LEVEL EVENT name=value …`; or `json`: an object on each line. */
  readonly format?: LogFormat;
  /** The least important level that is written; `info` by default. */
  readonly level?: LogLevel;
  /**
   * Takes a line without its line end. By default, lines go to standard error; no session waits for who reads it. What
   * it throws or rejects with disturbs nothing, and is written to standard error.
   */
  readonly write?: (line: string) => void;
}

/** A function for `onEvent`. Disposing of it writes what is left; it may be used after that. */
export interface EventLogger extends AsyncDisposable {
  /** Writes the line of an event. Never waits, never throws. */
  (event: Pop3Event): void;
}

/** The same, for the program, which has something to log besides events. */
export interface ProgramLogger extends EventLogger {
  (event: Logged): void;
}

/**
 * Makes a function for `onEvent` that writes a line for each event: what happened, who did it, and when.
 *
 * Nothing that a client sends can forge a line, and no line holds a password. Clients that have not logged in cause at most
 * 60 lines of a kind in a minute for each address, and 600 together; the others are counted.
 *
 * @throws {RangeError} for an option that is not allowed
 * @throws {TypeError} for one of the wrong kind
 *
 * @example
 * ```ts
 * import { logEvents, Pop3Listener } from "@pop3svc/pop3svc";
 *
 * await using pop3 = new Pop3Listener({ onEvent: logEvents({ format: "json" }) });
 * await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
 * ```
 */
export function logEvents(options: LogOptions = {}): EventLogger {
  return programLog(options);
}

/** {@linkcode logEvents} for the program, which knows whether the journal reads its lines. */
export function programLog(options: LogOptions, stamp: LogStamp = "time"): ProgramLogger {
  const { format, level, write } = checkedOptions(logSettings, options);
  const target = write === null ? standardError(format, stamp) : {
    write: harmless(write, complainOfWrite),
    flush: () => Promise.resolve(),
  };
  const log = new EventLog({ format, stamp, level, write: target.write });
  const logger = Object.assign((event: Logged) => log.observe(event), {
    async [Symbol.asyncDispose]() {
      log[Symbol.dispose]();
      await target.flush();
    },
  });
  return ignoreBelow(level, logger);
}

const logSettings: SettingsTable<Required<Omit<LogOptions, "write">> & { write: Write | null }> = {
  format: oneOf<LogFormat>(["text", "json"]),
  level: { ...oneOf<LogLevel>(LOG_LEVELS), default: "info" },
  write: given(
    "a function",
    (value): value is Write | null => typeof value === "function",
    null,
  ),
};

type Write = (line: string) => void;

/** The line that stands in the place of lost lines. */
export function lostLine(lines: number, format: LogFormat, stamp: LogStamp): string {
  return lineOf("warn", "lost", { lines }, { time: new Date(), format, stamp });
}

function standardError(format: LogFormat, stamp: LogStamp) {
  const lines = new LineWriter(Deno.stderr, { lost: (lines) => lostLine(lines, format, stamp) });
  return { write: (line: string) => lines.write(line), flush: () => lines.flush() };
}

const complain = complaints();

function complainOfWrite(error: unknown): void {
  complain("writing a log line failed", error);
}
