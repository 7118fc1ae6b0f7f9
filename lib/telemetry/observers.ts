/**
 * Passes events to the observers of a listener: its wire log, and its `onEvent`. An observer cannot disturb a session:
 *
 * - An error that an observer throws or rejects with is written to standard error: the first one at once, then one line
 *   a minute with a count.
 * - When a call of an observer causes another event, that event waits until the call has returned. The number of such
 *   events is limited, so that events that cause events cannot keep a listener busy for ever.
 * - A long name that a peer has chosen is cut.
 */
import { type Clock, systemClock } from "../time/clock.ts";
import {
  ignoreBelow,
  isAtLeast,
  leastLevelOf,
  levelOf,
  LOG_LEVELS,
  type LogLevel,
} from "../events/event_level.ts";
import { eventOf, type Happening, type Pop3Event, type Pop3Events } from "../events/events.ts";
import { LineWriter } from "./line_writer.ts";
import { cut, describe, MOST_ERROR_CHARACTERS, printable } from "./printable.ts";
import type { WireLog } from "./wire_log.ts";

/** The most events that wait at once, and the most that follow from one event. */
const MOST_FOLLOWING = 1_000;
const COMPLAINT_MS = 60_000;

/** Reports the failure of an observer. */
export type Complain = (what: string, error: unknown) => void;

/** Wraps a function that watches something, so that it can neither throw nor reject any more. */
export function harmless<Seen>(
  watch: (seen: Seen) => unknown,
  fails: (error: unknown) => void,
): (seen: Seen) => void {
  return (seen) => {
    try {
      const result = watch(seen);
      if (typeof result !== "object" || result === null || !("then" in result)) return;
      Promise.resolve(result).catch(fails);
    } catch (error) {
      fails(error);
    }
  };
}

/** One function for several observers. It wants the events that any of them wants. */
export function together(...observers: readonly Pop3Events[]): Pop3Events {
  const least = Math.max(...observers.map((one) => LOG_LEVELS.indexOf(leastLevelOf(one))));
  return ignoreBelow(LOG_LEVELS[least] ?? "debug", (event: Pop3Event) => {
    for (const observe of observers) observe(event);
  });
}

/** Writes failures as lines, one a minute at most. */
export function complaints(
  write: (line: string) => void = writeToStandardError,
  clock: Clock = systemClock,
): Complain {
  let failures = 0;
  let nextAt = -Infinity;
  return (what, error) => {
    failures++;
    if (clock.now() < nextAt) return;
    nextAt = clock.now() + COMPLAINT_MS;
    const times = failures === 1 ? "" : ` (${failures} failures so far)`;
    write(printable(`${what}: ${cut(describe(error), MOST_ERROR_CHARACTERS)}${times}`));
  };
}

let standardError: LineWriter | null = null;

function writeToStandardError(line: string): void {
  standardError ??= new LineWriter(Deno.stderr, { lost: (lines) => `${lines} lines were lost` });
  standardError.write(line);
}

/** The observers of a listener, read for each event, since a listener's properties may change. */
export interface Observed {
  readonly wire: () => WireLog | null;
  readonly onEvent: () => Pop3Events;
}

/** Passes each event to the wire log, and then to the listener's `onEvent`. */
export class Observers {
  readonly #observed: Observed;
  readonly #complain: Complain;
  readonly #tell: (event: Pop3Event) => void;
  readonly #show: (event: Happening) => void;
  readonly #following: Pop3Event[] = [];
  #isTelling = false;
  /** The one whose level is known. */
  #onEvent: Pop3Events | null = null;
  #least: LogLevel = "debug";

  constructor(
    observed: Observed,
    complain: Complain = complaints(),
  ) {
    this.#observed = observed;
    this.#complain = complain;
    this.#tell = harmless(
      (event) => observed.onEvent()(event),
      (error) => complain("the listener's events failed", error),
    );
    this.#show = this.guardWireLog((event: Happening) => observed.wire()?.observe(event));
  }

  /** Wraps a part of the wire log, so that it can neither throw nor reject any more. */
  guardWireLog<Seen>(watch: (seen: Seen) => unknown): (seen: Seen) => void {
    return harmless(watch, (error) => this.#complain("the wire log failed", error));
  }

  /** Passes on an event. Never throws. One that `onEvent` ignores costs as little as can be. */
  emit(happening: Happening): void {
    if (this.#observed.wire() !== null) this.#show(happening);
    if (!isAtLeast(levelOf(happening), this.#leastLevel())) return;
    const event = withCutNames(eventOf(happening));
    if (this.#isTelling) {
      if (this.#following.length < MOST_FOLLOWING) this.#following.push(event);
      else this.#lose(1);
      return;
    }
    this.#isTelling = true;
    this.#tell(event);
    for (let told = 0; told < MOST_FOLLOWING; told++) {
      const next = this.#following.shift();
      if (next === undefined) break;
      this.#tell(next);
    }
    this.#lose(this.#following.length);
    this.#following.length = 0;
    this.#isTelling = false;
  }

  #leastLevel(): LogLevel {
    const onEvent = this.#observed.onEvent();
    if (onEvent !== this.#onEvent) {
      this.#onEvent = onEvent;
      this.#least = leastLevelOf(onEvent);
    }
    return this.#least;
  }

  #lose(count: number): void {
    if (count === 0) return;
    const error = new Error(`${count} events were lost, since each caused others`);
    this.#complain("the listener's events failed", error);
  }
}

function withCutNames(event: Pop3Event): Pop3Event {
  switch (event.type) {
    case "login-failed":
      return isLong(event.username) ? { ...event, username: cut(event.username) } : event;
    case "error":
      return isLong(event.username ?? null)
        ? { ...event, username: cut(event.username ?? "") }
        : event;
    case "command":
      return isLong(event.argument) ? { ...event, argument: cut(event.argument) } : event;
    default:
      return event;
  }
}

function isLong(text: string | null): text is string {
  return text !== null && cut(text) !== text;
}
