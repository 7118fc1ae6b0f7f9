/**
 * From AUTHORIZATION to TRANSACTION: asks the provider, opens the maildrop, checks its unique ids. After a failure the
 * client is logged out and the session has forgotten the user name.
 */
import { aUsername } from "../border/answers.ts";
import { askedProvider } from "../border/asked_provider.ts";
import type { Login } from "../auth/sasl/mechanism.ts";
import { guardedProvider } from "./guarded_provider.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { MailboxProvider, RefusalCause } from "../provider/mailbox_provider.ts";
import { listOf, type MessageList } from "../provider/message_list.ts";
import { isUnchecked } from "../provider/unchecked.ts";
import type { Concern } from "../protocol/failure_costs.ts";
import { type Awaitable, closing, type ErrorReply, errReply, ok } from "../protocol/reply.ts";
import type { HandlerContext } from "./handler.ts";
import { filled, type Text } from "./languages/text.ts";
import { Maildrop } from "./maildrop.ts";
import type { SessionInfo } from "./session_info.ts";
import { loggedOut, type OpenAttempt, type Transition, transition } from "./state.ts";

/** The reply to a login on a connection where others could read the password; the log gets a line. */
export function stlsFirst(
  { info, emit }: HandlerContext,
  mechanism: string,
  username = "",
): ErrorReply<Text> {
  const refused = { username, mechanism, reason: "needs-tls" } as const;
  emit({ type: "login-failed", connection: info, ...refused });
  return errReply("stlsFirst");
}

/** Begins an attempt to log in. The guard decides whether and when the provider is asked. */
export function beginLogin(context: HandlerContext, mechanism: string): OpenAttempt {
  const { guard, info, provider, operations } = context;
  const attempt = guard.begin(info.countedAddress);
  context.attempt = attempt;
  if (context.isAbandoned) attempt.abandon();
  return {
    mechanism,
    attempt,
    provider: guardedProvider(askedProvider(provider, operations), attempt),
  };
}

/** Ends an attempt as the provider or the guard has decided. A refusal waits until it is due. */
export async function endLogin(
  context: HandlerContext,
  open: OpenAttempt,
  login: Login,
): Promise<Transition> {
  const transition = await outcomeOf(context, open, login);
  if (transition.reply.type === "error") await open.attempt.refusalDue();
  context.attempt = null;
  return transition;
}

/**
 * Ends an attempt that failed for a reason other than wrong credentials.
 *
 * @param username who tried, for the log, where that is known
 */
export async function failLogin(
  context: HandlerContext,
  { attempt }: OpenAttempt,
  failure: unknown,
  username?: string,
): Promise<Transition> {
  attempt.releaseTurn();
  const reply = context.fail(failure, "mailbox", username);
  await attempt.refusalDue();
  context.attempt = null;
  return transition(loggedOut, reply);
}

async function outcomeOf(
  context: HandlerContext,
  { mechanism, attempt }: OpenAttempt,
  { username, mailbox }: Login,
): Promise<Transition> {
  const { info, emit } = context;
  let canonical: string;
  try {
    canonical = await askForCanonical(context, username);
  } catch (failure) {
    if (mailbox !== null) await releaseMailbox(context, mailbox);
    throw failure;
  }
  const refusal = await attempt.end(canonical, mailbox !== null);
  if (mailbox === null) {
    if (refusal === null) return transition(loggedOut, errReply("sessionOver"));
    const cause = refusal.reason === "wrong" ? causeOf(context, username) : null;
    emit({
      ...{ type: "login-failed", connection: info, username, mechanism, ...refusal },
      ...(cause === null ? {} : { cause }),
    });
    return transition(loggedOut, errReply("wrongPassword", "AUTH"));
  }
  if (context.isAbandoned) {
    await releaseMailbox(context, mailbox);
    return transition(loggedOut, errReply("sessionOver"));
  }
  const left = context.loginPace.admit(canonical);
  if (left > 0) {
    await releaseMailbox(context, mailbox);
    return transition(loggedOut, errReply(filled("loginDelay", left), "LOGIN-DELAY"));
  }
  info.username = username;
  const opened = await openMaildrop(context, mailbox, "mailbox", username);
  if (opened.type === "error") {
    context.loginPace.takeBack(canonical);
    await releaseMailbox(context, mailbox);
    info.username = null;
    info.mailboxName = null;
    return transition(loggedOut, opened);
  }
  const { maildrop } = opened;
  emit({ type: "login", connection: info, mechanism, messages: maildrop.list.count });
  return transition({ phase: "TRANSACTION", maildrop }, ok("welcome"));
}

const CAUSES: readonly RefusalCause[] = [
  "no-such-user",
  "locked",
  "network",
  "bad-line",
  "password",
];

/** Why the provider refused. Only the log shows it, so an answer that is none of the words counts as none. */
function causeOf({ provider, info }: HandlerContext, username: string): RefusalCause | null {
  try {
    const told: unknown = provider.refusalCause?.(info, username);
    return CAUSES.find((cause) => cause === told) ?? null;
  } catch {
    return null;
  }
}

/** The one name for all spellings of it. */
function askForCanonical(
  { provider, operations }: HandlerContext,
  username: string,
): Awaitable<string> {
  if (provider.canonicalUsername === undefined) return username;
  const ask = () => provider.canonicalUsername?.(username);
  return operations.ask("canonicalUsername", null, ask, aUsername);
}

/** Logs in with the credentials of one command line. */
export async function logIn(
  context: HandlerContext,
  mechanism: string,
  username: string,
  secret: string | null,
  ask: (provider: MailboxProvider) => Awaitable<Mailbox | null>,
): Promise<Transition> {
  const open = beginLogin(context, mechanism);
  try {
    const mailbox = await ask(open.provider);
    return await endLogin(context, open, { username, mailbox, secret });
  } catch (failure) {
    return await failLogin(context, open, failure, username);
  }
}

/** Logs in with a name and a password. */
export function logInWithPassword(
  context: HandlerContext,
  mechanism: string,
  username: string,
  password: string,
): Promise<Transition> {
  return logIn(
    context,
    mechanism,
    username,
    password,
    (provider) => provider.authenticate(context.info, username, password),
  );
}

/**
 * Takes the snapshot of a maildrop, at the login and at each WAKE; or returns the reply to the failure.
 *
 * @param username who logs in, for the log
 */
export async function openMaildrop(
  { info, emit, fail }: HandlerContext,
  mailbox: Mailbox,
  concern: Concern,
  username?: string,
): Promise<{ readonly type: "opened"; readonly maildrop: Maildrop } | ErrorReply<Text>> {
  try {
    const list = await namedList(info, mailbox);
    const fault = isUnchecked(mailbox) ? null : list.fault;
    if (fault === null) return { type: "opened", maildrop: new Maildrop(mailbox, info, list) };
    const { rule, uniqueId, number } = fault;
    emit({ type: "warning", connection: info, rule, value: uniqueId, message: `${number}` });
    const text = rule === "unique-id-form" ? "badUniqueIds" : "sameUniqueId";
    return closing(errReply(text, "SYS/TEMP"));
  } catch (failure) {
    return fail(failure, concern, username);
  }
}

/** A mailbox may have its name only when its list was asked for. */
async function namedList(info: SessionInfo, mailbox: Mailbox): Promise<MessageList> {
  info.mailboxName = mailbox.name ?? null;
  try {
    return await listOf(mailbox, info);
  } finally {
    info.mailboxName = mailbox.name ?? null;
  }
}

/** Releases the mailbox at the end of its session. A failure is an event: there is no reply to send it in. */
export async function releaseMailbox(
  { info, emit }: HandlerContext,
  mailbox: Mailbox,
): Promise<void> {
  try {
    await mailbox.release?.(info);
  } catch (failure) {
    emit({
      type: "error",
      connection: info,
      during: "release",
      error: failure,
    });
  }
}
