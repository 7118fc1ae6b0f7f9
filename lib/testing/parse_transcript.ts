/** Reads the text of a transcript. */
import { latin1 } from "./latin1.ts";
import type { Transcript, TranscriptStep } from "./transcript.ts";
import { lineOctets, octetsOf, withPassword } from "./transcript_escapes.ts";

const decoder = new TextDecoder();

/** What a transcript leaves open. */
export interface TranscriptOptions {
  /** The password that `\\s` stands for, where the transcript has no PASSWORD; `passw0rd` by default. */
  readonly password?: string;
}

/**
 * Reads a transcript.
 *
 * @throws {SyntaxError} with the number of the first line that is not part of a transcript
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
