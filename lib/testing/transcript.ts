/**
 * Transcripts: a maildrop and a conversation, as a text file that anyone can read and write.
 *
 * ```text
 * # What it shows, with the section of the RFC
 * MESSAGE id-1
 * | Subject: Hello
 * |
 * | World
 * LOGIN
 * C: STAT
 * S: +OK 1 25
 * ```
 *
 * | line | meaning |
 * | --- | --- |
 * | `#` | a remark |
 * | `MESSAGE id` | a message of the maildrop; the `\|` lines below it are its lines, each with CRLF |
 * | `PASSWORD text` | the password of `me`, in place of `passw0rd` |
 * | `READ-ONLY` | the maildrop refuses DELE |
 * | `DELETE-FAILS`, `DELETE-WORKS` | from here on the maildrop cannot delete, or can again |
 * | `REMOTE` | the client is on another machine, on a connection without TLS |
 * | `INSECURE-LOGIN` | passwords may be sent without TLS |
 * | `TOKEN text` | the bearer token of `me`; without this line, every token is refused |
 * | `CERTIFICATE` | the server has a certificate |
 * | `CONNECT` | a new connection; the greeting is read |
 * | `LOGIN` | the same, and the login of `me` |
 * | `GONE id` | another program removes the message |
 * | `NEW id` | a message arrives; the `\|` lines below it are its lines |
 * | `EXPIRE days` | how long the server promises to keep messages |
 * | `LOGIN-DELAY seconds` | the least time between two logins |
 * | `MULTI-LINE-IND` | the server marks replies of several lines |
 * | `NO-UNKNOWN-IDS` | commands can name only messages that the list holds |
 * | `IN-USE`, `FREE` | another session has locked the maildrop, or has released it |
 * | `REVOKED` | from here on the login of `me` is refused at WAKE |
 * | `C:` | what the client sends, with CRLF |
 * | `S:` | what the server must answer; a final `…` stands for any rest of the line |
 * | `BODY` | any lines up to the one with only a dot |
 * | `TLS` | the client starts a TLS handshake |
 * | `CLOSED` | the server must have closed the connection |
 *
 * Escapes: `\r \n \t \\`; `\s` for the password of `me`; `\xHH` for an octet; `\(text*n)` for a repetition. A backslash
 * at the end of a line removes its CRLF. Text is UTF-8.
 *
 * @module
 */

/** One thing that happens in a transcript. */
export type TranscriptStep =
  | { readonly type: "connect" }
  | { readonly type: "send"; readonly octets: Uint8Array }
  | {
    readonly type: "expect";
    readonly line: string;
    readonly isPrefix: boolean;
  }
  | { readonly type: "body" }
  | { readonly type: "start-tls" }
  | { readonly type: "closed" }
  | { readonly type: "gone"; readonly uniqueId: string }
  | { readonly type: "new"; readonly uniqueId: string; readonly lines: readonly number[] }
  | { readonly type: "delete-fails"; readonly isSo: boolean }
  | { readonly type: "in-use"; readonly isSo: boolean }
  | { readonly type: "revoked" };

/** A transcript, parsed. */
export interface Transcript {
  /** The messages of the maildrop by unique id. */
  readonly messages: Readonly<Record<string, Uint8Array>>;
  /** The password of the user `me`. */
  readonly password: string;
  /** Whether DELE is refused. */
  readonly readOnly: boolean;
  /** The days that EXPIRE promises; null for `NEVER`. */
  readonly expire: number | null;
  /** The least seconds between two logins. */
  readonly loginDelay: number;
  /** Whether the server marks replies of several lines. */
  readonly marksMultiLine: boolean;
  /** Whether a command may name a message that has arrived since the login. */
  readonly allowsUnknownIds: boolean;
  /** Whether the client is on another machine. */
  readonly isRemote: boolean;
  /** Whether passwords may be sent without TLS. */
  readonly allowsInsecureLogin: boolean;
  /** The bearer token of `me`; null for none. */
  readonly token: string | null;
  /** Whether the server has a certificate. */
  readonly hasCertificate: boolean;
  /** What happens, in order. */
  readonly steps: readonly TranscriptStep[];
}
