/**
 * Decides which messages of an mbox are the same: those with the same envelope (the separator, and `>From ` lines
 * after it) and the same contents. Header fields in which programs note something about a message do not count, nor do
 * line ends at its end: any program may rewrite those at any time, and the message stays the same.
 *
 * Two marks of programs mean that a message is not served, and kept where it is:
 * - Thunderbird has deleted it and not yet compacted the folder (`X-Mozilla-Status` with the bit 0x0008). Only fields
 *   before those of the sender count, so that nobody can hide a mail by sending such a field.
 * - It is not mail, but data of Dovecot, UW IMAP or Pine, at the start of the file.
 *
 * Marks that a person may still take back do not count: `D` in `X-Status` (mutt, Pine, Dovecot), Evolution's flags.
 */
import { createHash } from "node:crypto";
import { CR, LF } from "../../protocol/ascii.ts";

/** Fields that programs write into an mbox, in lower case. */
const FIELDS_OF_PROGRAMS: ReadonlySet<string> = new Set([
  // Read, answered, flagged, deleted: mutt, Pine, Python, Dovecot, KMail.
  ...["status", "x-status"],
  // Numbers of IMAP: UW IMAP, Pine, Dovecot.
  ...["x-uid", "x-imap", "x-imapbase", "x-keywords"],
  // The length: mutt, procmail, System V mail.
  ...["content-length", "lines"],
  // Thunderbird and its predecessors; qpopper wrote X-UIDL, too.
  ...["x-mozilla-status", "x-mozilla-status2", "x-mozilla-keys", "x-account-key", "x-uidl"],
  ...["x-evolution", "x-evolution-source"],
  ...["x-kmail-encryptionstate", "x-kmail-signaturestate", "x-kmail-mdn-sent"],
  // mutt's label.
  "x-label",
  // Gnus.
  ...["x-gnus-article-number", "x-gnus-mail-source"],
  // The labels at the time of an export.
  "x-gmail-labels",
]);

const EXPUNGED = 0x0008;
const DATA_SUBJECT = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";

/** How much of a line decides which field it is. */
const FIELD_OCTETS = 80;
const ID_DIGITS = 40;
const [SPACE, TAB] = [0x20, 0x09];
/** Fields that stay the same when a message is changed in place. */
const FIELDS_OF_ORIGIN: ReadonlySet<string> = new Set(["date", "from", "message-id", "subject"]);
/** The first letters of the names of all fields above. */
const FIRST_LETTERS = new Set(new TextEncoder().encode("cCdDfFlLmMsSxX"));

const NOTHING = new Uint8Array();

/** Computes the identity of one message from its chunks, whose borders may be anywhere. */
export class MessageIdentity {
  readonly #hash = createHash("sha256");
  /** The beginning of a header line, until we know which field it is. */
  #line = NOTHING;
  /** Line ends that may be those at the end of the message. */
  #lineEnds = NOTHING;
  #isInHeader = true;
  /** Whether a chunk has ended within the current line. */
  #isInLine = false;
  /** Whether the current field is left out. */
  #isLeftOut = false;
  /** Whether all fields so far were written by programs. */
  #isAtTop = true;
  #isExpunged = false;
  readonly #isProgramsEnvelope: boolean;
  #origin: number;
  #isDataSubject = false;
  #isImapData = false;

  constructor(envelope: Uint8Array) {
    const text = textOf(envelope).trimEnd();
    this.#isProgramsEnvelope = /^From MAILER[-_]DAEMON/i.test(text);
    this.#hash.update(`${text}\n`, "latin1");
    this.#origin = addTo(FNV_OFFSET, text);
  }

  add(chunk: Uint8Array): void {
    const octets = this.#line.length === 0 ? chunk : joined(this.#line, chunk);
    this.#line = NOTHING;
    let run = 0;
    for (let at = 0; at < octets.length && this.#isInHeader;) {
      const lineFeed = octets.indexOf(LF, at);
      const end = lineFeed === -1 ? octets.length : lineFeed + 1;
      if (lineFeed === -1 && !this.#isInLine && end - at < FIELD_OCTETS) {
        this.#line = octets.slice(at);
        return this.#addText(octets.subarray(run, at));
      }
      if (!this.#isInLine) this.#beginLine(octets.subarray(at, end));
      this.#isInLine = lineFeed === -1;
      if (this.#isLeftOut) {
        this.#addText(octets.subarray(run, at));
        run = end;
      }
      at = end;
    }
    this.#addText(octets.subarray(run));
  }

  end(): {
    readonly digest: string;
    /** A number made of the envelope and of FIELDS_OF_ORIGIN: it stays the same when the contents change in place. */
    readonly origin: number;
    readonly isHidden: boolean;
  } {
    if (this.#line.length > 0) {
      this.#beginLine(this.#line);
      if (!this.#isLeftOut) this.#addText(this.#line);
    }
    const isData = this.#isProgramsEnvelope && this.#isDataSubject && this.#isImapData;
    return {
      digest: this.#hash.digest("hex").slice(0, ID_DIGITS),
      origin: this.#origin,
      isHidden: this.#isExpunged || isData,
    };
  }

  #beginLine(line: Uint8Array): void {
    const [first] = line;
    // It continues the field before.
    if (first === SPACE || first === TAB) return;
    this.#isLeftOut = false;
    if (first === LF || first === CR) {
      this.#isInHeader = false;
    } else if (first !== undefined && FIRST_LETTERS.has(first)) {
      const text = textOf(line.subarray(0, FIELD_OCTETS));
      const [, name = "", value = ""] = /^([!-9;-~]+)[ \t]*:\s*(.*)/.exec(text) ?? [];
      this.#beginField(name.toLowerCase(), value.trimEnd());
    } else this.#isAtTop = false;
  }

  #beginField(name: string, value: string): void {
    this.#isLeftOut = FIELDS_OF_PROGRAMS.has(name);
    this.#isAtTop &&= this.#isLeftOut;
    if (FIELDS_OF_ORIGIN.has(name)) this.#origin = addTo(this.#origin, value);
    if (name === "subject") this.#isDataSubject ||= value === DATA_SUBJECT;
    if (name === "x-imap" || name === "x-imapbase") this.#isImapData = true;
    if (name === "x-mozilla-status" && this.#isAtTop && /^[0-9a-f]{4}$/i.test(value)) {
      this.#isExpunged ||= (parseInt(value, 16) & EXPUNGED) !== 0;
    }
  }

  /** Adds octets to the digest, without line ends at the end of the message. */
  #addText(octets: Uint8Array): void {
    let end = octets.length;
    while (end > 0 && (octets[end - 1] === LF || octets[end - 1] === CR)) end--;
    if (end > 0) {
      if (this.#lineEnds.length > 0) this.#hash.update(this.#lineEnds);
      this.#hash.update(octets.subarray(0, end));
      this.#lineEnds = octets.slice(end);
    } else if (octets.length > 0) {
      this.#lineEnds = joined(this.#lineEnds, octets);
    }
  }
}

/** One character for each octet; TextDecoder's "latin1" is windows-1252. */
function textOf(octets: Uint8Array): string {
  let text = "";
  for (let at = 0; at < octets.length; at += MOST_ARGUMENTS) {
    text += String.fromCharCode(...octets.subarray(at, at + MOST_ARGUMENTS));
  }
  return text;
}

const MOST_ARGUMENTS = 1_024;

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

const FNV_OFFSET = 0x811c9dc5;

/** FNV-1a. */
function addTo(number: number, text: string): number {
  let sum = number;
  for (let at = 0; at < text.length; at++) {
    sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193);
  }
  return sum >>> 0;
}
