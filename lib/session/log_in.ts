/**
 * From AUTHORIZATION to TRANSACTION: the provider is asked, the maildrop opened, its unique ids checked.
 * Whatever of it fails leaves the client logged out and its user name forgotten.
 */
import type { Mailbox } from "../mailbox/mailbox.ts";
import { closing, error, type ErrorReply, ok } from "../protocol/reply.ts";
import { faultOfUniqueIds } from "../protocol/unique_id.ts";
import type { HandlerContext } from "./handler.ts";
import { Maildrop } from "./maildrop.ts";
import { enter, loggedOut, type Transition } from "./state.ts";

/** Said before a password has crossed a line that others may read. */
export const secureLineFirst: ErrorReply = error("Call STLS and negotiate TLS first.");

export async function logIn(
  context: HandlerContext,
  userName: string,
  password: string,
): Promise<Transition> {
  const { info, provider, emit } = context;
  let mailbox: Mailbox | null;
  try {
    mailbox = await provider.authenticate(info, userName, password);
  } catch (failure) {
    return enter(loggedOut, context.fail(failure));
  }
  if (mailbox === null) {
    emit({ type: "login-failed", connection: info, userName });
    return enter(loggedOut, error("Wrong username or password.", "AUTH"));
  }
  info.userNameAtLogin = userName;
  info.mailboxName = mailbox.name ?? null;
  const opened = await openMaildrop(context, mailbox);
  if (opened.state.phase !== "TRANSACTION") {
    await releaseMailbox(context, mailbox);
    info.userNameAtLogin = null;
    info.mailboxName = null;
  }
  return opened;
}

async function openMaildrop(
  context: HandlerContext,
  mailbox: Mailbox,
): Promise<Transition> {
  const { info, emit, fail } = context;
  try {
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    const fault = faultOfUniqueIds(uniqueIds);
    if (fault !== null) {
      fail(new TypeError(fault));
      const reply = error("Unique ID strings must be printable ASCII only.");
      return enter(loggedOut, closing(reply));
    }
    emit({ type: "login", connection: info, messages: uniqueIds.length });
    const maildrop = new Maildrop(mailbox, info, uniqueIds);
    return enter({ phase: "TRANSACTION", maildrop }, ok("Welcome."));
  } catch (failure) {
    return enter(loggedOut, fail(failure));
  }
}

/** Tells the mailbox that its session is over. A failure is an event; nobody waits for a reply any more. */
export async function releaseMailbox(
  { info, emit }: Pick<HandlerContext, "info" | "emit">,
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
