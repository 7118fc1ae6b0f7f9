/** Ends the sessions of a listener whose ports are closed: they have `drain` seconds, then running commands the grace. */
import type { Happening } from "../events/events.ts";
import type { Clock } from "../time/clock.ts";
import type { OpenConnections } from "./open_connections.ts";

/** How to end them. */
export interface EndOfSessions {
  /** Seconds for which sessions may go on; with 0 no event says that they end. */
  readonly drain: number;
  /** Seconds for running commands after that. */
  readonly grace: number;
  readonly clock: Clock;
  /** Resolves when nothing is accepted any more. */
  readonly closed: Promise<unknown>;
  /** Called when the sessions have had their time. */
  readonly drained: () => void;
  readonly emit: (event: Happening) => void;
}

export async function endSessions(
  open: OpenConnections,
  { drain, grace, clock, closed, drained, emit }: EndOfSessions,
): Promise<void> {
  const isEmpty = closed.then(() => open.empty());
  if (drain > 0) {
    emit({ type: "drain", phase: "begin", sessions: open.size, cut: 0 });
    await within(drain, isEmpty, clock);
  }
  drained();
  const { size: sessions, cut } = open;
  open.stop();
  await within(grace, isEmpty, clock);
  open.abandon();
  if (drain > 0) emit({ type: "drain", phase: "end", sessions, cut: open.cut - cut });
}

/** Waits for it, and no longer than so many seconds. */
async function within(seconds: number, done: Promise<unknown>, clock: Clock): Promise<void> {
  if (seconds === 0) return;
  const { promise: isTooLate, resolve } = Promise.withResolvers<void>();
  using _limit = clock.after(1_000 * seconds, resolve);
  await Promise.race([done, isTooLate]);
}
