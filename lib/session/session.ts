/**
 * One session, from the greeting to its end (RFC 1939 section 3). It is driven by lines and gives replies; it
 * knows neither sockets nor files, and awaits nothing but the provider and its mailbox.
 *
 * Whoever drives it gives it one line at a time, sends the whole reply, and calls `end` in any case.
 */
import { parseCommand } from "../protocol/command.ts";
import {
  type Awaitable,
  closing,
  type ErrorReply,
  errReply,
  ok,
  type OkReply,
  type Reply,
} from "../protocol/reply.ts";
import type { Concern } from "../protocol/failure_costs.ts";
import { ErrorBounds } from "./error_bounds.ts";
import { type ForeignProtocol, ForeignProtocolWatch } from "./foreign_protocol.ts";
import type { HandlerContext, SessionContext, Waiting } from "./handler.ts";
import { inEnglish } from "./languages/language.ts";
import { releaseMailbox } from "./log_in.ts";
import { badSyntax } from "./message_number.ts";
import { replyToFailure } from "./provider_failure.ts";
import { loggedOut, type State, type Transition } from "./state.ts";
import { type Verb, verbs } from "./verbs.ts";
import { offersApop } from "./verbs/apop.ts";
import { cancelExchange, respondToChallenge } from "./verbs/auth.ts";

const decoder = new TextDecoder("latin1");
// deno-lint-ignore no-control-regex -- all of ASCII
const NOT_ASCII = /[^\x00-\x7f]/gu;

/** A line of a client without its line end; or that it was longer than a line may be. */
export type CommandLine = Uint8Array | "too-long";

const notAsleep = errReply(
  "This command is not allowed in a sleeping state. (Only NOOP, QUIT or WAKE.)",
);

export class Session {
  readonly #context: HandlerContext;
  #state: State = loggedOut;
  #verb = "";
  readonly #watch = new ForeignProtocolWatch();
  #foreignProtocol: ForeignProtocol | null = null;
  readonly #bounds = new ErrorBounds();
  #waiting: Waiting | null = null;

  constructor(context: SessionContext) {
    this.#context = {
      ...context,
      apopTimestamp: null,
      wording: inEnglish,
      speaksUtf8: false,
      attempt: null,
      isAbandoned: false,
      waitFor: (operation, message) => {
        this.#waiting = operation === null ? null : { operation, message: message ?? null };
      },
      fail: (failure, concern) => this.#fail(failure, concern),
    };
  }

  get isLoggedIn(): boolean {
    return this.#state.phase === "TRANSACTION" || this.isAsleep;
  }

  /** Is it asleep, between SLEE and WAKE? */
  get isAsleep(): boolean {
    return this.#state.phase === "ASLEEP";
  }

  /** The verb that was answered last; null for what is no command of ours. */
  get verb(): string | null {
    return this.#verb === "" ? null : this.#verb;
  }

  /** The operation of the provider that it waits for, while it waits for something; null where that is none. */
  get waiting(): Waiting | null {
    return this.#waiting;
  }

  /** What the peer speaks instead of POP3, once that is clear. */
  get foreignProtocol(): ForeignProtocol | null {
    return this.#foreignProtocol;
  }

  /** Nobody waits for it any more: what the provider says from here on is thrown away. */
  abandon(): void {
    this.#context.isAbandoned = true;
    this.#context.attempt?.abandon();
  }

  /** What the server says first. It holds a `<...@...>` only where APOP works (RFC 1939 section 7). */
  greeting(): OkReply {
    const text = `${this.#context.settings.serviceName.replaceAll(/[<>]/g, "")} ready.`;
    if (!offersApop(this.#context)) return ok(text);
    this.#context.apopTimestamp = `<${crypto.randomUUID()}@pop3svc>`;
    return ok(`${text} ${this.#context.apopTimestamp}`);
  }

  /** The reply to one line. It never throws. */
  async respond(line: CommandLine): Promise<Reply> {
    const reply = this.#worded(await this.#answer(line));
    return this.#bounds.count(reply, this.isLoggedIn);
  }

  #answer(line: CommandLine): Awaitable<Reply> {
    const state = this.#state;
    this.#waiting = null;
    if (!this.isLoggedIn && state.phase !== "AUTHENTICATING") {
      this.#foreignProtocol = this.#watch.hear(line === "too-long" ? null : line, isVerb);
      if (this.#foreignProtocol !== null) return this.#leave();
    }
    if (line === "too-long") return this.#answerTooLong();
    if (state.phase === "AUTHENTICATING") {
      return this.#run(() => respondToChallenge(this.#context, state, decoder.decode(line)));
    }
    this.#verb = "";
    const parsed = parseCommand(line);
    switch (parsed.type) {
      case "empty":
        return this.#bounds.rubbish(errReply("Empty command line."));
      case "not-text":
        return this.#bounds.rubbish(
          errReply("Bad command syntax. A command is printable ASCII, what follows it UTF-8."),
        );
      case "command":
        return this.#carryOut(parsed.verb, parsed.argument);
    }
  }

  #leave(): ErrorReply {
    this.#verb = "";
    return closing(errReply("This server speaks POP3."));
  }

  async #answerTooLong(): Promise<Reply> {
    await this.#leaveExchange();
    this.#verb = "";
    return this.#bounds.rubbish(errReply("Command line too long."));
  }

  /** Releases the mailbox. Nothing is deleted: only QUIT does that. */
  async end(): Promise<void> {
    await this.#leaveExchange();
    const state = this.#state;
    this.#state = { phase: "ENDED" };
    if (state.phase === "TRANSACTION") {
      await releaseMailbox(this.#context, state.maildrop.mailbox);
    }
  }

  #carryOut(name: string, argument: string): Awaitable<Reply> {
    const { emit, info } = this.#context;
    const verb = verbs.get(name);
    if (verb === undefined) {
      // Nothing of the line is told: it may be a password gone astray.
      emit({ type: "command", connection: info, verb: null, argument: null });
      return this.#bounds.rubbish(errReply(`Unknown command: ${name}`));
    }
    this.#bounds.command();
    this.#verb = name;
    // What stands where nothing belongs may be a password gone astray, too.
    const isShown = verb.argument === "words" || verb.argument === "text";
    emit({
      type: "command",
      connection: info,
      verb: name,
      argument: isShown ? argument : null,
    });
    return this.#run(() => this.#handle(name, verb, argument));
  }

  async #run(handle: () => Awaitable<Reply | Transition>): Promise<Reply> {
    try {
      const outcome = await handle();
      if (outcome.type !== "transition") return outcome;
      this.#state = outcome.state;
      return outcome.reply;
    } catch (failure) {
      return this.#fail(failure);
    }
  }

  /** The reply as this client hears it: its language, its characters, its marker. */
  #worded(reply: Reply): Reply {
    const { wording, speaksUtf8, settings } = this.#context;
    if (reply.type === "challenge") return reply;
    const worded = wording(reply.text);
    // MULTI-LINE-IND: a first line that ends with the marker is followed by more.
    const isMarked = settings.multiLineInd &&
      (reply.type === "listing" || reply.type === "message");
    const marked = isMarked ? `${worded} _` : worded;
    const text = speaksUtf8 ? marked : marked.replaceAll(NOT_ASCII, "?");
    return text === reply.text ? reply : { ...reply, text };
  }

  /** Ends an exchange of AUTH in the middle. */
  async #leaveExchange(): Promise<void> {
    const state = this.#state;
    if (state.phase === "AUTHENTICATING") {
      await this.#run(() => cancelExchange(this.#context, state));
    }
  }

  #handle(
    name: string,
    verb: Verb,
    argument: string,
  ): Awaitable<Reply | Transition> {
    if (verb.argument === "none" && argument.trim() !== "") {
      return badSyntax(`${name} takes no argument.`);
    }
    const given = verb.argument === "words" ? argument.trim() : argument;
    const state = this.#state;
    switch (state.phase) {
      case "AUTHORIZATION":
        return verb.AUTHORIZATION?.(this.#context, state, given) ??
          errReply("Authenticate first.");
      case "TRANSACTION":
        return verb.TRANSACTION?.(this.#context, state, given) ??
          errReply("You are logged in already.");
      case "ASLEEP":
        return verb.ASLEEP?.(this.#context, state, given) ?? notAsleep;
      case "AUTHENTICATING":
        // Its lines are no commands; they do not come here.
        return errReply("Authentication is going on.");
      case "ENDED":
        return closing(errReply("The session is over."));
    }
  }

  #fail(failure: unknown, concern: Concern = "mailbox"): ErrorReply {
    const { emit, info } = this.#context;
    emit({
      type: "error",
      connection: info,
      during: this.#verb,
      error: failure,
    });
    return replyToFailure(failure, concern);
  }
}

function isVerb(word: string): boolean {
  return verbs.has(word);
}
