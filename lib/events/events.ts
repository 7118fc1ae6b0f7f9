/** What happens on a listener, as one union of events. */
import type { CloseEvent, ConnectEvent, RefuseEvent, SecureEvent } from "./connection_events.ts";
import type {
  CommandEvent,
  DeleteEvent,
  LoginEvent,
  LoginFailedEvent,
  LogoutEvent,
  ReplyEvent,
  SleepEvent,
  WakeEvent,
} from "./session_events.ts";
import type { CertificateEvent, ErrorEvent, FaultsEvent, WarningEvent } from "./server_events.ts";

/** An event of a listener. */
export type Pop3Event =
  | ConnectEvent
  | RefuseEvent
  | CertificateEvent
  | SecureEvent
  | CommandEvent
  | ReplyEvent
  | LoginEvent
  | LoginFailedEvent
  | LogoutEvent
  | SleepEvent
  | WakeEvent
  | DeleteEvent
  | ErrorEvent
  | WarningEvent
  | FaultsEvent
  | CloseEvent;

/**
 * Called with every event, at once. What it throws or rejects with disturbs no session, and is written to standard error.
 * An event that it causes itself follows when it has returned.
 */
export type Pop3Events = (event: Pop3Event) => void;
