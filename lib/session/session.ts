/**
 * One session, from the greeting to its end (RFC 1939 section 3). Lines go in, replies come out. It knows neither sockets
 * nor files, and awaits nothing but the provider and its mailbox.
 *
 * The caller gives it one line at a time, sends the whole reply before the next line, and calls `end` in any case.
 */
import { parseCommand } from "../protocol/command.ts";
import {
  type Awaitable,
  closing,
  type ErrorReply,
  errReply,
  ok,
  type OkReply,
  recover,
  type Reply,
  then,
} from "../protocol/reply.ts";
import type { Concern } from "../protocol/failure_costs.ts";
import { ErrorBounds } from "./error_bounds.ts";
import { type ForeignProtocol, ForeignProtocolWatch } from "./foreign_protocol.ts";
import type { HandlerContext, SessionContext } from "./handler.ts";
import { english } from "./languages/english.ts";
import { filled, type Text } from "./languages/text.ts";
import { releaseMailbox } from "./log_in.ts";
import { replyToFailure } from "./provider_failure.ts";
import { type CommandState, loggedOut, type State, type Transition } from "./state.ts";
import { type Verb, verbs } from "./verbs.ts";
import { offersApop } from "./verbs/apop.ts";
import { canStartTls } from "./verbs/stls.ts";
import { cancelExchange, respondToChallenge } from "./verbs/auth.ts";
import { wordedReply } from "./worded_reply.ts";

const decoder = new TextDecoder("latin1");

/** A line of a client without its line end, or the fact that it was too long. */
export type CommandLine = Uint8Array | "too-long";

export class Session {
  readonly #context: HandlerContext;
  #state: State = loggedOut;
  #verb = "";
  readonly #watch = new ForeignProtocolWatch();
  #foreignProtocol: ForeignProtocol | null = null;
  readonly #bounds = new ErrorBounds();

  constructor(context: SessionContext) {
    this.#context = {
      ...context,
      apopTimestamp: null,
      texts: english,
      speaksUtf8: false,
      attempt: null,
      isAbandoned: false,
      fail: (failure, concern, username) => this.#fail(failure, concern, username),
    };
  }

  /** Whether a user is logged in, asleep or not. */
  get isLoggedIn(): boolean {
    return this.#state.phase === "TRANSACTION" || this.isAsleep;
  }

  /** Whether it is between SLEE and WAKE. */
  get isAsleep(): boolean {
    return this.#state.phase === "ASLEEP";
  }

  /** The verb that was answered last; null for an unknown command. */
  get verb(): string | null {
    return this.#verb === "" ? null : this.#verb;
  }

  /** What the peer speaks instead of POP3, once that is clear. */
  get foreignProtocol(): ForeignProtocol | null {
    return this.#foreignProtocol;
  }

  /** Warns of each operation of the provider that it still waits for. */
  reportPending(): void {
    this.#context.operations.reportPending();
  }

  /** Nobody waits any more for what the provider was asked. */
  forget(): void {
    this.#context.operations[Symbol.dispose]();
  }

  /** Gives up: the connection is gone, and what the provider still says is thrown away. */
  abandon(reason: string): void {
    this.#context.isAbandoned = true;
    this.#context.attempt?.abandon();
    this.#abort(reason);
  }

  /** Whether a later command may take the connection over into TLS: also after a logout (QAUT). */
  get mayStartTls(): boolean {
    return canStartTls(this.#context);
  }

  /** The greeting. It holds a `<...@...>` only where APOP works (RFC 1939 section 7). */
  greeting(): OkReply {
    const { greeting, serviceName } = this.#context.settings;
    const text = greeting ?? `${serviceName.replaceAll(/[<>]/g, "")} ready.`;
    if (!offersApop(this.#context)) return ok(text);
    this.#context.apopTimestamp = `<${crypto.randomUUID()}@pop3svc>`;
    return ok(`${text} ${this.#context.apopTimestamp}`);
  }

  /** The reply to one line. It never throws. A promise only where something must be waited for. */
  respond(line: CommandLine): Awaitable<Reply> {
    return then(
      this.#answer(line),
      (reply) => this.#bounds.count(wordedReply(reply, this.#context), this.isLoggedIn),
    );
  }

  #answer(line: CommandLine): Awaitable<Reply<Text>> {
    const state = this.#state;
    if (state.phase !== "AUTHENTICATING") this.#verb = "";
    if (!this.isLoggedIn && state.phase !== "AUTHENTICATING") {
      const heard = line === "too-long" ? null : line;
      this.#foreignProtocol = this.#watch.hear(heard, (word) => verbs.has(word));
      if (this.#foreignProtocol !== null) return closing(errReply("notPop3"));
    }
    if (line === "too-long") return this.#answerTooLong();
    if (state.phase === "AUTHENTICATING") {
      return this.#run(() => respondToChallenge(this.#context, state, decoder.decode(line)));
    }
    const parsed = parseCommand(line);
    switch (parsed.type) {
      case "empty":
        return this.#bounds.rubbish(errReply("emptyLine"));
      case "not-text":
        return this.#bounds.rubbish(errReply("notText"));
      case "command":
        return this.#carryOut(state, parsed.verb, parsed.argument);
    }
  }

  async #answerTooLong(): Promise<Reply<Text>> {
    await this.#leaveExchange();
    this.#verb = "";
    return this.#bounds.rubbish(errReply("lineTooLong"));
  }

  /** Releases the mailbox. Nothing is deleted: only QUIT does that. */
  async end(): Promise<void> {
    await this.#leaveExchange();
    const state = this.#state;
    this.#state = { phase: "ENDED" };
    if (state.phase === "TRANSACTION") {
      await releaseMailbox(this.#context, state.maildrop.mailbox);
    }
    this.#context.operations[Symbol.dispose]();
    this.#abort("the session has ended");
  }

  #abort(reason: string): void {
    const { emit, info } = this.#context;
    for (const error of info.abort(reason)) {
      emit({ type: "error", connection: info, during: "abort", error });
    }
  }

  #carryOut(state: CommandState, name: string, argument: string): Awaitable<Reply<Text>> {
    const { emit, info } = this.#context;
    const verb = verbs.get(name);
    if (verb === undefined) {
      // The event shows nothing of the line: it may be a password sent at the wrong time.
      emit({ type: "command", connection: info, verb: null, argument: null });
      return this.#bounds.rubbish(errReply(filled("unknownCommand", name)));
    }
    this.#bounds.command();
    this.#verb = name;
    // An argument where none belongs may be such a password, too.
    const isShown = verb.argument === "words" || verb.argument === "text";
    emit({
      type: "command",
      connection: info,
      verb: name,
      argument: isShown ? argument : null,
    });
    return this.#run(() => this.#handle(state, name, verb, argument));
  }

  #run(handle: () => Awaitable<Reply<Text> | Transition>): Awaitable<Reply<Text>> {
    return recover(
      () =>
        then(handle(), (outcome) => {
          if (outcome.type !== "transition") return outcome;
          this.#state = outcome.state;
          return outcome.reply;
        }),
      (failure) => this.#fail(failure),
    );
  }

  /** Cancels an exchange of AUTH. */
  async #leaveExchange(): Promise<void> {
    const state = this.#state;
    if (state.phase === "AUTHENTICATING") {
      await this.#run(() => cancelExchange(this.#context, state));
    }
  }

  #handle(
    state: CommandState,
    name: string,
    verb: Verb,
    argument: string,
  ): Awaitable<Reply<Text> | Transition> {
    if (verb.argument === "none" && argument.trim() !== "") {
      return errReply(filled("takesNoArgument", name));
    }
    const given = verb.argument === "words" ? argument.trim() : argument;
    switch (state.phase) {
      case "AUTHORIZATION":
        return verb.AUTHORIZATION?.(this.#context, state, given) ??
          errReply("authenticateFirst");
      case "TRANSACTION":
        return verb.TRANSACTION?.(this.#context, state, given) ??
          errReply("alreadyLoggedIn");
      case "ASLEEP":
        return verb.ASLEEP?.(this.#context, state, given) ?? errReply("onlyAwake");
      case "ENDED":
        return closing(errReply("sessionOver"));
    }
  }

  #fail(
    failure: unknown,
    concern: Concern = "mailbox",
    username: string | null = null,
  ): ErrorReply<Text> {
    const { emit, info, isAbandoned } = this.#context;
    // A provider that obeys the signal has done nothing wrong.
    const hasObeyed = isAbandoned && failure === info.signal.reason;
    if (!hasObeyed) {
      const tried = username === null ? {} : { username };
      emit({ type: "error", connection: info, during: this.#verb, error: failure, ...tried });
    }
    return replyToFailure(failure, concern);
  }
}
