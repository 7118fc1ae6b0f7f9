/** Parses a mail_location of Dovecot: `maildir:~/Maildir`, `mbox:~/mail:INBOX=/var/mail/%u`. */
import { isAbsolute } from "@std/path";
import type { MailboxFormat } from "../mailbox/open_mailbox.ts";
import { expandedPath, type PathValues } from "./path_template.ts";

/** A mailbox that a line names. */
export interface NamedMailbox {
  readonly path: string;
  /** Null where the server finds out the format from what is there. */
  readonly format: MailboxFormat | null;
}

const WHAT = "its userdb_mail";

/** Parameters that concern Dovecot's own files, or folders other than INBOX. */
const HARMLESS = new Set([
  "INDEX",
  "INDEXPVT",
  "INDEXCACHE",
  "ITERINDEX",
  "LISTINDEX",
  "CONTROL",
  "VOLATILEDIR",
  "SUBSCRIPTIONS",
  "UTF-8",
  "BROKENCHAR",
  "NO-NOSELECT",
  "KEEP-NOSELECT",
]);

/** @throws {SyntaxError} that names what is not understood */
export function parseMailLocation(location: string, values: PathValues): NamedMailbox {
  const [, kind, rest = ""] = /^(?:([A-Za-z][\w-]*):)?(.*)$/s.exec(location) ?? [];
  const [path = "", ...parameters] = rest.split(":");
  const format = formatOf(kind);
  const inbox = parameters.map(inboxOf).findLast((given) => given !== null);
  const full = expandedPath(inbox ?? path, WHAT, values);
  if (isAbsolute(full)) return { path: full, format };
  throw new SyntaxError(`${WHAT} is not an absolute path`);
}

function formatOf(kind: string | undefined): MailboxFormat | null {
  switch (kind) {
    case undefined:
      return null;
    case "folder":
    case "maildir":
    case "mbox":
      return kind;
    default:
      throw new SyntaxError(
        `${WHAT} is of the kind ${kind.slice(0, 32)}; the server reads maildir, mbox and folder`,
      );
  }
}

/** The path that a parameter gives INBOX, as it is written; null for a parameter that concerns something else. */
function inboxOf(parameter: string): string | null {
  const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(parameter) ?? [];
  if (name === "INBOX") return value;
  // With other layouts, INBOX is not where the location says.
  if (name === "LAYOUT" && /^(?:fs|maildir\+\+)$/i.test(value)) return null;
  if (HARMLESS.has(name)) return null;
  throw new SyntaxError(
    `${WHAT} has the parameter ${
      name === "LAYOUT" ? parameter.slice(0, 32) : JSON.stringify(name.slice(0, 32))
    }, which the server does not know and cannot obey`,
  );
}
