/** What a handler of a verb gets and gives. */
import type { ConnectionInfo, TlsFacts } from "../provider/connection_info.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Concern } from "../protocol/failure_costs.ts";
import type { Awaitable, ErrorReply, Reply } from "../protocol/reply.ts";
import type { Pop3Event } from "../events/events.ts";
import type { Asleep, Authorization, Transaction, Transition } from "./state.ts";
import type { Text, Texts } from "./languages/text.ts";
import type { LoginAttempt, LoginGuard } from "./login_guard.ts";
import type { SessionSettings } from "./session_settings.ts";
import { isLoopback } from "../transport/address.ts";

/** The connection's facts, as the provider and the events see them; filled in while it lasts. */
export interface SessionInfo extends ConnectionInfo {
  isSecure: boolean;
  tls: TlsFacts | null;
  username: string | null;
  mailboxName: string | null;
}

/** What surrounds a session and stays the same while it lasts. */
export interface SessionContext {
  readonly info: SessionInfo;
  readonly settings: SessionSettings;
  /** The provider that the session began with. */
  readonly provider: MailboxProvider;
  /** Whether the connection can be taken over into TLS. */
  readonly offersTls: boolean;
  /** Seconds that the user must still wait; 0 admits the user, and the delay begins. */
  readonly admitLogin: (username: string) => number;
  /** Stands before the provider at each login. */
  readonly guard: LoginGuard;
  /** Tells whoever listens. */
  readonly emit: (event: Pop3Event) => void;
}

/** What a session waits for. */
export interface Waiting {
  /** The operation of the provider or its mailbox; `close` is that of a message's contents. */
  readonly operation: string;
  /** The unique id of the message, where it is about one. */
  readonly message: string | null;
}

/** The context, and where a handler reports an error that it turns into a reply itself. */
export interface HandlerContext extends SessionContext {
  /** What the greeting gave APOP to digest (RFC 1939 section 7); null where APOP does not work. */
  apopTimestamp: string | null;
  /** The language that LANG chose. */
  texts: Texts;
  /** May replies hold what is not ASCII (RFC 6856)? */
  speaksUtf8: boolean;
  /** The attempt to log in that is going on; null for none. */
  attempt: LoginAttempt | null;
  /** Whether nobody waits for the session any more. */
  isAbandoned: boolean;
  /** Notes the operation of the provider that the session waits for from here on; null for none. */
  readonly waitFor: (operation: string | null, message?: string) => void;
  /** Tells the events of the error, and gives the reply that the client may hear; it concerns the mailbox by default. */
  readonly fail: (failure: unknown, concern?: Concern) => ErrorReply<Text>;
}

/** Whether the client may log in over the connection as it is now. A client of this machine always may. */
export function mayLogIn({ info, settings }: SessionContext): boolean {
  return info.isSecure || settings.allowInsecureLogin || isLoopback(info.clientAddress);
}

/** Carries out one verb in one state. What it throws becomes a reply in one place. */
export type Handler<S extends Authorization | Transaction | Asleep> = (
  context: HandlerContext,
  state: S,
  argument: string,
) => Awaitable<Reply<Text> | Transition>;
