/** What a handler of a verb gets and gives. */
import type { ConnectionInfo, TlsFacts } from "../provider/connection_info.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Concern } from "../protocol/failure_costs.ts";
import type { Awaitable, ErrorReply, Reply } from "../protocol/reply.ts";
import type { Pop3Event } from "../events/events.ts";
import type { Asleep, Authorization, Transaction, Transition } from "./state.ts";
import type { Wording } from "./languages/language.ts";
import type { LoginAttempt } from "./login_guard.ts";
import type { LoginGuard } from "./login_guard.ts";

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
  readonly provider: MailboxProvider;
  /** Who the server says it is, in the greeting and in CAPA. */
  readonly serviceName: string;
  /** May the client log in while the line is not encrypted? */
  readonly insecureLoginAllowed: boolean;
  /** Can the line be taken over into TLS? */
  readonly offersTls: boolean;
  /** May a client name a message by a unique id that has come since its list was made? */
  readonly allowUnknownIds: boolean;
  /** Does a marker at the end of the first line say that more lines follow (billpg's MULTI-LINE-IND)? */
  readonly marksMultiLine: boolean;
  /** Days for which messages are kept at least (EXPIRE of RFC 2449 section 6.7), or null for ever; 0: until they are read. */
  readonly expire: number | null;
  /** Seconds between two logins of one user at least; 0 for none. */
  readonly loginDelay: number;
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
  /** Says a text of ours in the language that LANG chose. */
  wording: Wording;
  /** May replies hold what is not ASCII (RFC 6856)? */
  speaksUtf8: boolean;
  /** The attempt to log in that is going on; null for none. */
  attempt: LoginAttempt | null;
  /** Whether nobody waits for the session any more. */
  isAbandoned: boolean;
  /** Notes the operation of the provider that the session waits for from here on; null for none. */
  readonly waitFor: (operation: string | null, message?: string) => void;
  /** Tells the events of the error, and gives the reply that the client may hear; it concerns the mailbox by default. */
  readonly fail: (failure: unknown, concern?: Concern) => ErrorReply;
}

/** May the client log in on the line as it is now? */
export function mayLogIn({ info, insecureLoginAllowed }: SessionContext): boolean {
  return info.isSecure || insecureLoginAllowed;
}

/** Carries out one verb in one state. What it throws becomes a reply in one place. */
export type Handler<S extends Authorization | Transaction | Asleep> = (
  context: HandlerContext,
  state: S,
  argument: string,
) => Awaitable<Reply | Transition>;
