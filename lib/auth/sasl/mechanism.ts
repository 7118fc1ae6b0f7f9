/**
 * A SASL mechanism (RFC 4422), as POP3 uses it (RFC 5034).
 *
 * An exchange is an async generator: it yields the server's challenges, receives the client's responses, and returns
 * the user's name and what the provider answered. An initial response answers the first challenge. When the client
 * cancels or leaves, the session throws a SaslError into the generator.
 */
import type { ConnectionInfo } from "../../provider/connection_info.ts";
import type { Mailbox } from "../../provider/mailbox.ts";
import type { MailboxProvider } from "../../provider/mailbox_provider.ts";

export type Octets = Uint8Array<ArrayBuffer>;

/** How an attempt to log in has ended. */
export interface Login {
  readonly username: string;
  /** Null for a refusal. */
  readonly mailbox: Mailbox | null;
  /** The password or token that was tried, to recognize it when it is sent again; null where no such text is sent. */
  readonly secret: string | null;
}

export type Exchange = AsyncGenerator<Octets, Login, Octets>;

export interface Mechanism {
  /** Whether users of this provider can log in with the mechanism. */
  isOfferedBy(provider: MailboxProvider): boolean;
  begin(info: ConnectionInfo, provider: MailboxProvider): Exchange;
}

/** The client broke a rule of its mechanism. The message says which one, and repeats nothing that the client sent. */
export class SaslError extends Error {
  override readonly name = "SaslError";
}

export const NOTHING: Octets = new Uint8Array(0);

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function octetsOf(text: string): Octets {
  return encoder.encode(text);
}

/** @throws {SaslError} when the octets are not UTF-8 */
export function textOf(octets: Octets): string {
  try {
    return decoder.decode(octets);
  } catch {
    throw new SaslError("A response is UTF-8.");
  }
}
