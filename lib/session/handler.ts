/** What a handler of a verb receives and returns. */
import type { Operations } from "../border/operations.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Concern } from "../protocol/failure_costs.ts";
import type { Awaitable, ErrorReply, Reply } from "../protocol/reply.ts";
import type { Happening } from "../events/events.ts";
import type { Clock } from "../time/clock.ts";
import type { Asleep, Authorization, Transaction, Transition } from "./state.ts";
import type { Text, Texts } from "./languages/text.ts";
import type { LoginAttempt, LoginGuard, LoginPace } from "./login_guard.ts";
import type { SessionSettings } from "./session_settings.ts";
import { isLoopback } from "../transport/address.ts";
import type { SessionInfo } from "./session_info.ts";

/** What a session gets when it begins. Its settings may change while it lasts. */
export interface SessionContext {
  readonly info: SessionInfo;
  readonly settings: SessionSettings;
  /** The provider that the session began with. */
  readonly provider: MailboxProvider;
  /** Whether the connection can go on in TLS. */
  readonly offersTls: boolean;
  readonly loginPace: LoginPace;
  /** Decides at each login whether and when the provider is asked. */
  readonly guard: LoginGuard;
  /** Asks the provider and its mailbox. */
  readonly operations: Operations;
  readonly clock: Clock;
  /** Reports an event to all listeners. */
  readonly emit: (event: Happening) => void;
}

/** The context of a session, with what its handlers share and change. */
export interface HandlerContext extends SessionContext {
  /** The timestamp in the greeting that APOP digests (RFC 1939 section 7); null where APOP does not work. */
  apopTimestamp: string | null;
  /** The language that LANG chose. */
  texts: Texts;
  /** Whether replies may hold more than ASCII (RFC 6856). */
  speaksUtf8: boolean;
  /** The current attempt to log in; null for none. */
  attempt: LoginAttempt | null;
  /** Whether the connection is gone, so that no reply is needed any more. */
  isAbandoned: boolean;
  /** Reports an error as an event, and returns the reply for the client. It concerns the mailbox by default. */
  readonly fail: (failure: unknown, concern?: Concern, username?: string) => ErrorReply<Text>;
}

/**
 * Whether the client may log in over the connection as it is now. A client on loopback always may. One at another address
 * of this machine may not: some port forwarders of containers give all clients the container's own address.
 */
export function mayLogIn({ info, settings }: SessionContext): boolean {
  return info.isSecure || settings.allowInsecureLogin || isLoopback(info.clientAddress);
}

/** Carries out one verb in one state. `Session` turns what it throws into a reply. */
export type Handler<S extends Authorization | Transaction | Asleep> = (
  context: HandlerContext,
  state: S,
  argument: string,
) => Awaitable<Reply<Text> | Transition>;
