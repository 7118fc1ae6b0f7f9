/** The log: turns events into lines, and limits how many lines peers can cause that are not logged in. */
import { type Clock, systemClock } from "../time/clock.ts";
import { peerKey } from "../transport/address.ts";
import { isAtLeast, type LogLevel } from "../events/event_level.ts";
import {
  levelOfLogged,
  lineOf,
  type LogFormat,
  type Logged,
  logLine,
  type LogStamp,
  nameOf,
} from "./log_lines.ts";
import { type LeftOut, type LineKind, StrangerLines } from "./stranger_lines.ts";

/** What is written, and how. */
export interface EventLogOptions {
  readonly format: LogFormat;
  readonly stamp: LogStamp;
  /** The least important level that is written. */
  readonly level: LogLevel;
  /** Takes a line. */
  readonly write: (line: string) => void;
}

/** The most lines in a minute: of one peer, of all peers. */
const LINES = { mostOfPeer: 60, most: 600 };
/** The log has named a banned or refused peer once; after that, only a count of its further attempts is of interest. */
const REFUSALS = { mostOfPeer: 1, most: 600 };
/** At the level debug the administrator looks for a fault, and wants to see nearly everything. */
const DEBUG_LINES = { mostOfPeer: 6_000, most: 60_000 };

/** Writes lines about events. */
export class EventLog implements Disposable {
  readonly #options: EventLogOptions;
  readonly #strangers: StrangerLines;

  constructor(options: EventLogOptions, clock: Clock = systemClock) {
    this.#options = options;
    this.#strangers = new StrangerLines(clock, (leftOut) => this.#summarize(leftOut));
  }

  /** Writes the line of an event, unless its level or a limit leaves it out. */
  observe(event: Logged): void {
    const { format, stamp, level, write } = this.#options;
    const itsLevel = levelOfLogged(event);
    if (!isAtLeast(itsLevel, level)) return;
    const address = strangerOf(event);
    if (address !== null && !this.#strangers.admit(kindOf(event, itsLevel), peerKey(address))) {
      return;
    }
    const line = logLine(event, format, level, stamp);
    if (line !== null) write(line);
  }

  /** Writes what was left out since the last summary. */
  [Symbol.dispose](): void {
    this.#strangers[Symbol.dispose]();
  }

  #summarize({ kind: { of, reason, level }, address, addresses, lines, seconds }: LeftOut): void {
    const fields = {
      of,
      reason,
      address,
      addresses: address === null && addresses > 0 ? addresses : null,
      lines,
      seconds,
    };
    const { format, stamp, write } = this.#options;
    write(lineOf(level, "left-out", fields, { time: new Date(), format, stamp }));
  }
}

/** The address of the peer that has caused the event and is not logged in; null for all other events. */
function strangerOf(event: Logged): string | null {
  if (event.type === "refuse") return event.clientAddress;
  // A peer may have caused even an error without a connection, by a login while the users file cannot be read.
  if (event.type === "error" && event.connection === null) return "";
  if (!("connection" in event) || event.connection === null) return null;
  return event.connection.username === null ? event.connection.clientAddress : null;
}

function kindOf(event: Logged, level: LogLevel): LineKind {
  const of = nameOf(event);
  if (level === "debug") return { of, reason: null, level, ...DEBUG_LINES };
  if (event.type === "error") return { of, reason: event.during, level, ...LINES };
  const reason = "reason" in event ? event.reason : null;
  return { of, reason, level, ...(of === "refuse" || reason === "banned" ? REFUSALS : LINES) };
}
