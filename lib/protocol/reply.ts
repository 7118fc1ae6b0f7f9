/**
 * The replies of a server (RFC 1939 section 3, response codes of RFC 2449 section 8).
 *
 * A reply is a value. Inside a session its text is a key with values; once translated, it is a string (the default
 * here). Only `statusLine` turns it into a line, which is printable whatever a client or a provider put into it.
 */

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** What comes of a value: at once where it is no promise. */
export function then<T, U>(value: Awaitable<T>, next: (value: T) => Awaitable<U>): Awaitable<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** What the work gives; or what `failed` makes of its error, thrown or rejected. */
export function recover<T, U>(
  work: () => Awaitable<T>,
  failed: (error: unknown) => Awaitable<U>,
): Awaitable<T | U> {
  try {
    const result = work();
    return result instanceof Promise ? result.catch(failed) : result;
  } catch (error) {
    return failed(error);
  }
}

/** Marks a body of this package's own mailboxes whose lines need no look. A program's own cannot have it: it is not exported. */
export const CLEAN: unique symbol = Symbol("clean");

/**
 * Whether every line of the body, also the last one, certainly ends with CRLF, and none begins with a dot. The server then
 * sends the octets without looking at them.
 */
export function isClean(body: MessageBody): boolean {
  return CLEAN in body && body[CLEAN] === true;
}

/** Marks a body of this package whose octets are in memory. */
export const WHOLE: unique symbol = Symbol("whole");

/** A body that the server neither asks nor closes where it sends all of it at once. It has nothing to release. */
export interface WholeBody extends MessageBody {
  /** All octets of the message. */
  readonly [WHOLE]: Uint8Array;
}

/** Whether the octets are in memory. */
export function isWhole(body: MessageBody): body is WholeBody {
  return WHOLE in body;
}

/** Marks a body of this package's own mailboxes that learns the size of its message while it is sent. */
export const COUNTED: unique symbol = Symbol("counted");

/** A body that the server tells what it has counted, once all of it was read. */
export interface CountedBody extends MessageBody {
  /** Takes the octets as POP3 counts them, and whether they were sent as they are stored. */
  [COUNTED](octets: number, isClean: boolean): void;
}

/** Whether the body learns its size. */
export function isCounted(body: MessageBody): body is CountedBody {
  return COUNTED in body;
}

/** The bytes of a message, chunk by chunk, before byte-stuffing. */
export interface MessageBody {
  /** The next chunk, or null after the last one. Its bytes do not change until the next call. */
  nextChunk(): Awaitable<Uint8Array | null>;
  /** Releases what the message holds open. The server calls it exactly once. */
  close(): Awaitable<void>;
  /** Whether it is certain now that no chunk follows. False lets the server send a large chunk at once. */
  readonly isAtEnd?: boolean;
}

/** `-ERR`, perhaps with a response code such as `IN-USE`. */
export interface ErrorReply<T = string> {
  readonly type: "error";
  /** The response code without its brackets, or null for none. */
  readonly code: string | null;
  readonly text: T;
  /** Whether the server closes the connection after this reply. */
  readonly closes: boolean;
}

/** `+OK` in one line. */
export interface OkReply<T = string> {
  readonly type: "ok";
  /** The response code without its brackets, or null for none. */
  readonly code: string | null;
  readonly text: T;
  /** Whether the server closes the connection after this reply. */
  readonly closes: boolean;
}

/** `+OK` and lines that the server makes. No line begins with a dot. */
export interface ListingReply<T = string> {
  readonly type: "listing";
  readonly text: T;
  readonly lines: Iterable<string>;
}

/** `+OK` and a message, or its head. */
export interface MessageReply<T = string> {
  readonly type: "message";
  readonly text: T;
  readonly body: MessageBody;
  /**
   * Called once: when all of it was handed to the system, or when the connection is over before that. Octets: CRLF line
   * ends counted, byte-stuffing not.
   */
  readonly sent?: (octets: number, isComplete: boolean) => void;
}

/** `+OK`, and then the TLS handshake (RFC 2595 section 4). */
export interface StartTlsReply<T = string> {
  readonly type: "start-tls";
  readonly text: T;
}

/** A challenge of AUTH (RFC 5034 section 4): a plus, a space, base64. */
export interface ChallengeReply {
  readonly type: "challenge";
  readonly challenge: Uint8Array;
}

/** A reply that begins with `+OK` or `-ERR`. */
export type StatusReply<T = string> =
  | ErrorReply<T>
  | OkReply<T>
  | ListingReply<T>
  | MessageReply<T>
  | StartTlsReply<T>;

/** The answer of the server to one line. */
export type Reply<T = string> = StatusReply<T> | ChallengeReply;

/** `+OK text` or `+OK [code] text`. */
export function ok<const T>(text: T, code: string | null = null): OkReply<T> {
  return { type: "ok", text, code, closes: false };
}

/** `-ERR text` or `-ERR [code] text`. */
export function errReply<const T>(text: T, code: string | null = null): ErrorReply<T> {
  return { type: "error", text, code, closes: false };
}

/** The same reply, after which the server closes the connection. */
export function closing<R extends OkReply<unknown> | ErrorReply<unknown>>(reply: R): R {
  return { ...reply, closes: true };
}

/** RFC 2449 section 4: a status line has at most 512 octets, including its CRLF. */
const MAXIMUM_STATUS_LINE = 512;

const encoder = new TextEncoder();
const statusOctets = new Uint8Array(MAXIMUM_STATUS_LINE - 2);

/** The first line of a reply, with its CRLF. The session has already decided whether it may hold more than ASCII. */
export function statusLine(reply: StatusReply): string {
  const status = reply.type === "error" ? "-ERR" : "+OK";
  const code = "code" in reply && reply.code !== null
    ? `[${reply.code.replaceAll(/[^\x20-\x7e]/g, " ")}] `
    : "";
  const line = `${status} ${code}${printable(reply.text)}`;
  // A code unit has at most three octets of UTF-8.
  if (3 * line.length <= statusOctets.length) return `${line}\r\n`;
  // `encodeInto` cuts a text that is too long between two characters.
  const { read } = encoder.encodeInto(line, statusOctets);
  return `${line.slice(0, read)}\r\n`;
}

/**
 * The text with a space in place of each invisible character: controls, tabs, line ends, marks that change the
 * direction of the text, and unpaired surrogates.
 */
export function printable(text: string): string {
  // Nearly every text passes this test, which takes a third of the time of the replacement.
  return /^[\x20-\x7e]*$/.test(text) ? text : text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");
}

/** A challenge, with its CRLF. */
export function challengeLine({ challenge }: ChallengeReply): string {
  return `+ ${challenge.toBase64()}\r\n`;
}

/** Whether the connection is closed after the reply. */
export function closes(reply: Reply): reply is Extract<Reply, { closes: boolean }> {
  return (reply.type === "ok" || reply.type === "error") && reply.closes;
}
