/** What happens on a listener, as one union of events. */
import type { CloseEvent, ConnectEvent, RefuseEvent, SecureEvent } from "./connection_events.ts";
import type {
  CommandEvent,
  DeleteEvent,
  LoginEvent,
  LoginFailedEvent,
  LogoutEvent,
  MessageSentEvent,
  ReplyEvent,
  SleepEvent,
  WakeEvent,
} from "./session_events.ts";
import type {
  CertificateEvent,
  CertificateExpiryEvent,
  DrainEvent,
  ErrorEvent,
  FaultsEvent,
  WarningEvent,
} from "./server_events.ts";
import type { LeaseLostEvent, StoreEvent, StoreQueryEvent } from "./store_events.ts";

/**
 * An event of a listener.
 *
 * @example
 * ```ts
 * import { type Pop3Event, Pop3Listener } from "@pop3svc/pop3svc";
 *
 * function onEvent(event: Pop3Event): void {
 *   if (event.type === "message-sent" && event.isComplete) {
 *     const { connection, uniqueId, octets } = event;
 *     console.log(`${connection.username} has read ${uniqueId}: ${octets} octets`);
 *   }
 * }
 * await using pop3 = new Pop3Listener({ onEvent });
 * ```
 */
export type Pop3Event =
  | ConnectEvent
  | RefuseEvent
  | CertificateEvent
  | CertificateExpiryEvent
  | SecureEvent
  | CommandEvent
  | ReplyEvent
  | LoginEvent
  | LoginFailedEvent
  | LogoutEvent
  | SleepEvent
  | WakeEvent
  | MessageSentEvent
  | DeleteEvent
  | ErrorEvent
  | WarningEvent
  | FaultsEvent
  | DrainEvent
  | StoreEvent
  | StoreQueryEvent
  | LeaseLostEvent
  | CloseEvent;

/**
 * Called with every event, at once. What it throws or rejects with disturbs no session, and is written to standard error.
 * An event that it causes itself follows when it has returned.
 */
export type Pop3Events = (event: Pop3Event) => void;

type Untimed<Event> = Event extends unknown ? Omit<Event, "time"> : never;

/** An event as the code knows it that causes it; the time is added where it is passed on. */
export type Happening = Untimed<Pop3Event>;

/** The event of what has just happened. */
export function eventOf(happening: Happening): Pop3Event {
  return { ...happening, time: new Date() };
}
