/**
 * The replies of a server (RFC 1939 section 3, response codes of RFC 2449 section 8).
 *
 * A reply is a value; only `statusLine` makes text of it, and that text is one printable line, whatever it was made
 * from: what a client or a provider said may be in it.
 */

/** A value, or a promise of it. */
export type Awaitable<T> = T | Promise<T>;

/** The bytes of a message, chunk by chunk, before byte-stuffing. */
export interface MessageBody {
  /** The next chunk, or null behind the last one. Its bytes stay as they are until the next call. */
  nextChunk(): Awaitable<Uint8Array | null>;
  /** Releases what the message holds open. Called exactly once. */
  close(): Awaitable<void>;
  /**
   * Is it known that each line ends with CRLF, the last one too, and none begins with a dot? Then the bytes are sent as
   * they are, without a look at them.
   */
  readonly isClean?: boolean;
  /** Is it known, by now, that no chunk follows? Then nothing is held back for the end of the message. */
  readonly isAtEnd?: boolean;
}

/** `-ERR`, perhaps with a response code such as `IN-USE`. */
export interface ErrorReply {
  readonly type: "error";
  /** The response code without its brackets, or null for none. */
  readonly code: string | null;
  readonly text: string;
  /** Does the server close the connection behind this reply? */
  readonly closes: boolean;
}

/** `+OK` in one line. */
export interface OkReply {
  readonly type: "ok";
  /** The response code without its brackets, or null for none. */
  readonly code: string | null;
  readonly text: string;
  /** Does the server close the connection behind this reply? */
  readonly closes: boolean;
}

/** `+OK` and lines of ours, none of which begins with a dot. */
export interface ListingReply {
  readonly type: "listing";
  readonly text: string;
  readonly lines: Iterable<string>;
}

/** `+OK` and a message, or its head. */
export interface MessageReply {
  readonly type: "message";
  readonly text: string;
  readonly body: MessageBody;
  /** Told when all of it was sent: its octets with CRLF line ends, without byte-stuffing. */
  readonly sent?: (octets: number) => void;
}

/** `+OK`, and then the line is taken over into TLS (RFC 2595 section 4). */
export interface StartTlsReply {
  readonly type: "start-tls";
  readonly text: string;
}

/** A challenge of AUTH (RFC 5034 section 4): a plus, a space, base64. */
export interface ChallengeReply {
  readonly type: "challenge";
  readonly challenge: Uint8Array;
}

/** A reply that begins with `+OK` or `-ERR`. */
export type StatusReply = ErrorReply | OkReply | ListingReply | MessageReply | StartTlsReply;

/** What a server answers to one line. */
export type Reply = StatusReply | ChallengeReply;

/** `+OK text` or `+OK [code] text`. */
export function ok(text: string, code: string | null = null): OkReply {
  return { type: "ok", text, code, closes: false };
}

/** `-ERR text` or `-ERR [code] text`. */
export function errReply(text: string, code: string | null = null): ErrorReply {
  return { type: "error", text, code, closes: false };
}

/** The same reply, and then the connection is closed. */
export function closing<R extends OkReply | ErrorReply>(reply: R): R {
  return { ...reply, closes: true };
}

/** RFC 2449 section 4: a status line has at most 512 octets, its CRLF among them. */
const MAXIMUM_STATUS_LINE = 512;

const encoder = new TextEncoder();
const statusOctets = new Uint8Array(MAXIMUM_STATUS_LINE - 2);

/** The first line of a reply, with its CRLF. Whether its text may hold more than ASCII is for the session to say. */
export function statusLine(reply: StatusReply): string {
  const status = reply.type === "error" ? "-ERR" : "+OK";
  const code = "code" in reply && reply.code !== null
    ? `[${reply.code.replaceAll(/[^\x20-\x7e]/g, " ")}] `
    : "";
  const line = `${status} ${code}${printable(reply.text)}`;
  // Cut between characters: what does not fit is not written.
  const { read } = encoder.encodeInto(line, statusOctets);
  return `${line.slice(0, read)}\r\n`;
}

/**
 * The text with a space for each character that nobody sees: controls, tabs and line ends, marks that turn the
 * direction of what follows, halves of a character.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, " ");
}

/** A challenge, with its CRLF. */
export function challengeLine({ challenge }: ChallengeReply): string {
  return `+ ${challenge.toBase64()}\r\n`;
}
