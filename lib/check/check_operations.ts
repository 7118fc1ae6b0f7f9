/** Whether the operations of a mailbox keep the rules of the contract. Every one is called but the deletion. */
import { AnswerError, octetsOrNull } from "../border/answers.ts";
import { AskedMailbox } from "../border/asked_mailbox.ts";
import { Operations } from "../border/operations.ts";
import type { Happening } from "../events/events.ts";
import { counted } from "../protocol/counted.ts";
import type { Awaitable } from "../protocol/reply.ts";
import { isValidUniqueId } from "../protocol/unique_id.ts";
import { OctetCounter } from "../protocol/well_formed_lines.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import { openBody } from "../provider/message_content.ts";
import { reasonOf } from "../telemetry/reason.ts";
import type { Clock } from "../time/clock.ts";
import { Deadlines } from "../time/deadlines.ts";
import type { Concern, Finding } from "./finding.ts";

/** How a check goes on. */
export interface CheckMeans {
  readonly onProgress: (done: number, all: number) => void;
  readonly clock: Clock;
}

/** A session warns of an operation that takes longer. */
const LIMIT_SECONDS = 30;

/** One message of the list. */
interface Listed {
  readonly number: number;
  readonly uniqueId: string;
}

export class OperationsCheck implements Disposable {
  readonly #mailbox: AskedMailbox;
  readonly #operations: Operations;
  readonly #info: ConnectionInfo;
  readonly #means: CheckMeans;
  readonly #findings: Finding[] = [];

  constructor(mailbox: Mailbox, info: ConnectionInfo, means: CheckMeans) {
    const { clock } = means;
    const emit = (event: Happening) => this.#note(event);
    this.#operations = new Operations({ info, emit, clock, deadlines: new Deadlines(clock) });
    this.#mailbox = new AskedMailbox(mailbox, this.#operations);
    this.#info = info;
    this.#means = means;
  }

  /** Reads every message, as a session would. */
  async run(): Promise<readonly Finding[]> {
    const [mailbox, info] = [this.#mailbox, this.#info];
    const uniqueIds = await this.#try(
      "listMessageUniqueIds",
      () => mailbox.listMessageUniqueIds(info),
    );
    const listed = this.#usable(uniqueIds ?? []);
    const sizes = listed.length === 0 ? undefined : await this.#try(
      "messageSizes",
      () => mailbox.messageSizes?.(info, listed.map(({ uniqueId }) => uniqueId)),
    );
    for (const [index, message] of listed.entries()) {
      await this.#checkMessage(message, sizes?.[index]);
      this.#means.onProgress(index + 1, listed.length);
    }
    await this.#try("mailboxIsReadOnly", () => mailbox.mailboxIsReadOnly(info));
    await this.#try("release", () => mailbox.release(info));
    return this.#findings;
  }

  /** Ends the watch over operations. */
  [Symbol.dispose](): void {
    this.#operations[Symbol.dispose]();
  }

  /** The messages whose unique ids can be used (RFC 1939 section 7). */
  #usable(uniqueIds: readonly string[]): readonly Listed[] {
    const numbers = new Map<string, number>();
    for (const [index, uniqueId] of uniqueIds.entries()) {
      const message = { number: index + 1, uniqueId };
      const first = numbers.get(uniqueId);
      if (!isValidUniqueId(uniqueId)) {
        const remedy = "give 1 to 70 characters from 0x21 to 0x7E, and not a single _";
        this.#fault("its unique id cannot be used (RFC 1939 section 7)", remedy, message);
      } else if (first !== undefined) {
        const text = `message ${first} has the same unique id (RFC 1939 section 7)`;
        this.#fault(text, "give each message a unique id of its own", message);
      } else numbers.set(uniqueId, index + 1);
    }
    return [...numbers].map(([uniqueId, number]) => ({ number, uniqueId }));
  }

  async #checkMessage(message: Listed, inList: number | null | undefined): Promise<void> {
    const [mailbox, info, { uniqueId }] = [this.#mailbox, this.#info, message];
    const exists = () => mailbox.messageExists(info, uniqueId);
    if (await this.#try("messageExists", exists, message) === false) {
      const text = "it is in the list, but messageExists says that it is gone";
      this.#fault(text, "answer true for a message that is there", message);
    }
    const size = () => mailbox.messageSize(info, uniqueId);
    const octets = await this.#try("messageSize", size, message);
    const read = await this.#try("messageContents", () => this.#read(uniqueId), message);
    if (read === undefined) return;
    for (const [operation, told] of [["messageSize", octets], ["messageSizes", inList]] as const) {
      if (told === undefined || told === read) continue;
      const text = `${operation} says ${told}, but its contents have ${counted(read, "octet")}`;
      const remedy = "count them with CRLF line ends (RFC 1939 section 11)";
      this.#fault(text, remedy, message);
    }
  }

  /** The octets of a message, read to its end. */
  async #read(uniqueId: string): Promise<number> {
    const content = await this.#limited(this.#mailbox.messageContents(this.#info, uniqueId));
    if (content === null) throw new Error("it is in the list, but its contents are null");
    const body = openBody(content);
    const counter = new OctetCounter();
    const next = () =>
      this.#operations.ask("nextChunk", uniqueId, () => body.nextChunk(), octetsOrNull);
    try {
      for (;;) {
        const chunk = await this.#limited(next());
        if (chunk === null) return counter.octets;
        counter.add(chunk);
      }
    } finally {
      await this.#limited(body.close());
    }
  }

  /** What an operation answers; undefined where it fails, which is a fault. */
  async #try<T>(
    operation: string,
    question: () => Awaitable<T>,
    message: Listed | null = null,
  ): Promise<T | undefined> {
    try {
      // Reading a long message may take longer; each of its chunks has the limit.
      return await (operation === "messageContents" ? question() : this.#limited(question()));
    } catch (error) {
      const reason = reasonOf(error);
      this.#fault(error instanceof AnswerError ? reason : `${operation}: ${reason}`, null, message);
      return undefined;
    }
  }

  #limited<T>(answer: Awaitable<T>): Promise<T> {
    return limited(answer, this.#means.clock);
  }

  #note(event: Happening): void {
    if (event.type !== "warning" || event.rule !== "blocked-event-loop") return;
    const { value, milliseconds = 0 } = event;
    const text = `${value} kept all other sessions waiting for ${Math.round(milliseconds)} ms`;
    this.#found("warning", text, null, null);
  }

  #fault(text: string, remedy: string | null, message: Listed | null): void {
    this.#found("fault", text, remedy, message);
  }

  #found(
    severity: Finding["severity"],
    text: string,
    remedy: string | null,
    message: Listed | null,
  ): void {
    const { username } = this.#info;
    const concerns: Concern = message === null
      ? { type: "mailbox", username, path: null }
      : { type: "message", username, ...message };
    this.#findings.push({ severity, concerns, text, remedy });
  }
}

/** The answer, or an error where it does not come in time. */
export async function limited<T>(answer: Awaitable<T>, clock: Clock): Promise<T> {
  if (!(answer instanceof Promise)) return await answer;
  const { promise, reject } = Promise.withResolvers<never>();
  const text = `it has not answered for ${LIMIT_SECONDS} seconds`;
  using _limit = clock.after(1_000 * LIMIT_SECONDS, () => reject(new Error(text)));
  return await Promise.race([answer, promise]);
}
