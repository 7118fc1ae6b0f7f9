/**
 * The border to the code of a provider: every operation that a session asks of it goes through here. The answer is
 * checked before it is used; an answer that does not come becomes a warning; what blocks the event loop does, too.
 */
import type { Happening } from "../events/events.ts";
import type { ProviderRule } from "../events/server_events.ts";
import type { Awaitable } from "../protocol/reply.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Clock } from "../time/clock.ts";
import { Deadline, type Deadlines } from "../time/deadlines.ts";
import type { Check } from "./answers.ts";

/** How long an answer may take before a warning tells the author of the provider. */
const PATIENCE_MS = 30_000;
/** How long an operation may keep the event loop from everybody else before a warning says so. */
const BLOCKED_MS = 1_000;

/** An operation without an answer. */
interface Pending {
  readonly operation: string;
  /** The unique-id of the message that it concerns; null for none. */
  readonly message: string | null;
  readonly askedAt: number;
}

/** What the operations of a session need. */
export interface OperationsOptions {
  readonly info: ConnectionInfo;
  readonly emit: (event: Happening) => void;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
}

export class Operations implements Disposable {
  readonly #options: OperationsOptions;
  readonly #pending = new Set<Pending>();
  /** Made for the first answer that is a promise: most sessions of a quick provider have none. */
  #patience: Deadline | null = null;
  #isWatched = true;

  constructor(options: OperationsOptions) {
    this.#options = options;
  }

  /**
   * Asks, and checks the answer.
   *
   * @param operation the method that is asked, for messages: `messageSize`
   * @param message the unique-id that it concerns; null for none
   * @throws what the provider throws, and {@linkcode AnswerError} for an answer that is none
   */
  ask<T>(
    operation: string,
    message: string | null,
    question: () => unknown,
    check: Check<T>,
  ): Awaitable<T> {
    const { clock } = this.#options;
    const askedAt = clock.now();
    const answer = question();
    if (clock.now() - askedAt >= BLOCKED_MS) {
      this.#warn("blocked-event-loop", { operation, message, askedAt });
    }
    const checked = (value: unknown): T => check(value, operation, message);
    return isPromise(answer)
      ? this.#settled(answer, { operation, message, askedAt }, checked)
      : checked(answer);
  }

  /** Warns of each operation that is still without an answer. */
  reportPending(): void {
    for (const pending of this.#pending) this.#warnLate(pending);
  }

  /** Ends the watch: nobody waits for the answers any more. */
  [Symbol.dispose](): void {
    this.#isWatched = false;
    if (this.#patience !== null) this.#options.deadlines.delete(this.#patience);
    this.#patience = null;
  }

  async #settled<T>(
    answer: PromiseLike<unknown>,
    pending: Pending,
    checked: (value: unknown) => T,
  ): Promise<T> {
    this.#pending.add(pending);
    this.#watch(pending);
    try {
      return checked(await answer);
    } finally {
      this.#pending.delete(pending);
      if (this.#patience !== null && this.#pending.size === 0) this.#patience.at = Infinity;
    }
  }

  #watch(pending: Pending): void {
    if (!this.#isWatched) return;
    if (this.#patience === null) {
      this.#patience = new Deadline(() => this.#losePatience());
      this.#options.deadlines.add(this.#patience);
    }
    this.#patience.at = pending.askedAt + PATIENCE_MS;
  }

  /** Once for each operation that takes too long, however long it goes on. */
  #losePatience(): void {
    const now = this.#options.clock.now();
    for (const pending of this.#pending) {
      if (pending.askedAt + PATIENCE_MS <= now) this.#warnLate(pending);
    }
    if (this.#patience === null) return;
    this.#patience.at = Infinity;
    this.#options.deadlines.add(this.#patience);
  }

  #warnLate(pending: Pending): void {
    this.#warn(pending.operation === "close" ? "unclosed-contents" : "unsettled-promise", pending);
  }

  #warn(rule: ProviderRule, { operation, message, askedAt }: Pending): void {
    const { info, emit, clock } = this.#options;
    const milliseconds = clock.now() - askedAt;
    emit({ type: "warning", connection: info, rule, value: operation, message, milliseconds });
  }
}

function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  return typeof answer === "object" && answer !== null && "then" in answer &&
    typeof answer.then === "function";
}
