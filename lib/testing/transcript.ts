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
 * | `REMOTE` | the client is on another machine, on a line that is not encrypted |
 * | `INSECURE-LOGIN` | passwords may be sent on a plain line |
 * | `TOKEN text` | the bearer token of `me`; without it, none will do |
 * | `CERTIFICATE` | the server has a certificate |
 * | `CONNECT` | a new connection; the greeting is read |
 * | `LOGIN` | the same, and the login of `me` |
 * | `GONE id` | somebody else removes the message |
 * | `NEW id` | a message comes; the `\|` lines below it are its lines |
 * | `EXPIRE days`, `LOGIN-DELAY seconds` | what the server promises, and asks for |
 * | `MULTI-LINE-IND` | the server marks replies of several lines |
 * | `NO-UNKNOWN-IDS` | only messages of the list can be named |
 * | `IN-USE`, `FREE` | another session has the maildrop, or has given it back |
 * | `REVOKED` | the login of `me` is no longer good for WAKE |
 * | `C:` | what the client sends, with CRLF |
 * | `S:` | what the server must answer; a final `…` stands for any rest of the line |
 * | `BODY` | any lines up to the one with only a dot |
 * | `TLS` | the client takes the line over into TLS |
 * | `CLOSED` | the server must have closed the connection |
 *
 * Escapes everywhere: `\r \n \t \\`, `\s` for the password of `me`, `\xHH` for an octet, `\(text*n)` for a repetition; a backslash at the end
 * of a line takes away its CRLF. Text is UTF-8.
 *
 * @module
 */

/** One thing that happens, in order. */
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
  /** Is DELE refused? */
  readonly readOnly: boolean;
  /** What EXPIRE promises, in days; null for ever. */
  readonly expire: number | null;
  /** Seconds between two logins at least. */
  readonly loginDelay: number;
  /** Does a marker say that a reply has more lines? */
  readonly marksMultiLine: boolean;
  /** May a message be named that has come since? */
  readonly allowsUnknownIds: boolean;
  /** Is the client on another machine? */
  readonly isRemote: boolean;
  /** May passwords be sent on a plain line? */
  readonly allowsInsecureLogin: boolean;
  /** The bearer token of `me`, or null. */
  readonly token: string | null;
  /** Does the server have a certificate? */
  readonly hasCertificate: boolean;
  /** What happens. */
  readonly steps: readonly TranscriptStep[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What a transcript does not say itself. */
export interface TranscriptOptions {
  /** The password that `\\s` stands for, where the transcript has no PASSWORD; `passw0rd` by default. */
  readonly password?: string;
}

/**
 * Reads a transcript.
 *
 * @throws {SyntaxError} with the number of the line that is none of the above
 */
export function parseTranscript(text: string, options: TranscriptOptions = {}): Transcript {
  const messages = new Map<string, number[]>();
  const flags = new Set<string>();
  const steps: TranscriptStep[] = [];
  let password = options.password ?? "passw0rd";
  let token: string | null = null;
  let expire: number | null = null;
  let loginDelay = 0;
  let message: number[] | undefined;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, keyword = "", rest = ""] = /^(\||[CS]:|[A-Z-]+)(?: (.*))?$/.exec(line) ?? [];
    switch (keyword) {
      case "MESSAGE":
        messages.set(latin1(octetsOf(rest)), message = []);
        break;
      case "|":
        if (message === undefined) {
          throw new SyntaxError(`Line ${index + 1} is in no MESSAGE`);
        }
        message.push(...lineOctets(rest));
        break;
      case "PASSWORD":
        password = decoder.decode(octetsOf(rest));
        break;
      case "EXPIRE":
        expire = Number(rest);
        break;
      case "LOGIN-DELAY":
        loginDelay = Number(rest);
        break;
      case "TOKEN":
        token = decoder.decode(octetsOf(rest));
        break;
      case "NEW":
        message = [];
        steps.push({ type: "new", uniqueId: latin1(octetsOf(rest)), lines: message });
        break;
      case "DELETE-FAILS":
      case "DELETE-WORKS":
        steps.push({ type: "delete-fails", isSo: keyword === "DELETE-FAILS" });
        break;
      case "IN-USE":
      case "FREE":
        steps.push({ type: "in-use", isSo: keyword === "IN-USE" });
        break;
      case "REVOKED":
        steps.push({ type: "revoked" });
        break;
      case "READ-ONLY":
      case "MULTI-LINE-IND":
      case "NO-UNKNOWN-IDS":
      case "REMOTE":
      case "INSECURE-LOGIN":
      case "CERTIFICATE":
        flags.add(keyword);
        break;
      case "CONNECT":
        steps.push({ type: "connect" }, {
          type: "expect",
          line: "+OK ",
          isPrefix: true,
        });
        break;
      case "LOGIN":
        steps.push(
          { type: "connect" },
          { type: "expect", line: "+OK ", isPrefix: true },
          { type: "send", octets: lineOctets("USER me") },
          { type: "expect", line: "+OK ", isPrefix: true },
          { type: "send", octets: lineOctets(`PASS ${password}`) },
          { type: "expect", line: "+OK Welcome.", isPrefix: false },
        );
        break;
      case "GONE":
        steps.push({ type: "gone", uniqueId: latin1(octetsOf(rest)) });
        break;
      case "C:":
        steps.push({ type: "send", octets: lineOctets(withPassword(rest, password)) });
        break;
      case "S:":
        steps.push(
          rest.endsWith("…")
            ? {
              type: "expect",
              line: latin1(octetsOf(rest.slice(0, -1))),
              isPrefix: true,
            }
            : { type: "expect", line: latin1(octetsOf(rest)), isPrefix: false },
        );
        break;
      case "BODY":
        steps.push({ type: "body" });
        break;
      case "TLS":
        steps.push({ type: "start-tls" });
        break;
      case "CLOSED":
        steps.push({ type: "closed" });
        break;
      default:
        throw new SyntaxError(
          `Line ${index + 1} has no known keyword: ${line}`,
        );
    }
  }
  return {
    messages: Object.fromEntries(
      [...messages].map(([id, octets]) => [id, new Uint8Array(octets)]),
    ),
    password,
    readOnly: flags.has("READ-ONLY"),
    marksMultiLine: flags.has("MULTI-LINE-IND"),
    allowsUnknownIds: !flags.has("NO-UNKNOWN-IDS"),
    isRemote: flags.has("REMOTE"),
    allowsInsecureLogin: flags.has("INSECURE-LOGIN"),
    token,
    expire,
    loginDelay,
    hasCertificate: flags.has("CERTIFICATE"),
    steps,
  };
}

/** Octets as text, a character each: lines of a reply are compared that way, whatever they hold. */
export function latin1(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) text += String.fromCharCode(octet);
  return text;
}

/** The line with the password in the place of `\\s`. */
function withPassword(text: string, password: string): string {
  return text.replaceAll(
    /\\(s|\\)/g,
    (escape) => escape === "\\s" ? password.replaceAll("\\", "\\\\") : escape,
  );
}

function lineOctets(text: string): Uint8Array {
  const isOpen = /(?<!\\)(\\\\)*\\$/.test(text);
  return octetsOf(isOpen ? text.slice(0, -1) : `${text}\\r\\n`);
}

const ESCAPE = /\\(?:x([0-9A-Fa-f]{2})|\(([^*]+)\*(\d+)\)|([rnt\\]))/g;
const NAMED_ESCAPES: Readonly<Record<string, number>> = {
  r: 13,
  n: 10,
  t: 9,
  "\\": 92,
};

function octetsOf(text: string): Uint8Array {
  const octets: number[] = [];
  let at = 0;
  for (const match of text.matchAll(ESCAPE)) {
    octets.push(...encoder.encode(text.slice(at, match.index)));
    const [whole, hex, repeated, count, name] = match;
    if (hex !== undefined) octets.push(Number.parseInt(hex, 16));
    else if (name !== undefined) octets.push(NAMED_ESCAPES[name] ?? 0);
    else {
      const one = octetsOf(repeated ?? "");
      for (let n = Number(count); n > 0; n--) octets.push(...one);
    }
    at = match.index + whole.length;
  }
  octets.push(...encoder.encode(text.slice(at)));
  return new Uint8Array(octets);
}
