/**
 * Files in a plain folder that are no messages, by their names: what other mail programs and desktops keep there. To serve
 * one would offer it for deletion, a whole mbox for one message.
 */
import type { LeftOutReason } from "../left_out.ts";

const thunderbirdIndex = { text: "are indexes of Thunderbird, and not served", isFault: false };
const desktop = { text: "are files of a desktop, and not served", isFault: false };
const removed = { text: "are messages that MH has removed, and not served", isFault: false };
const imapServer = { text: "are files of an IMAP server, and not served", isFault: false };
const mbox = {
  text: "are mboxes, each with many messages: serve one with --format mbox and its own path",
  isFault: true,
};
const emlx = {
  text: "are in Apple Mail's own format: export them from Apple Mail as an mbox",
  isFault: true,
};
const compressed = { text: "are compressed: unpack them", isFault: true };
const dbox = { text: "are a dbox of Dovecot: export it with doveadm", isFault: true };

/** Most names match none of the rules, which is seen at once. */
const MAY_MATCH = /^[,#dmtsucei]|\.(msf|emlx|desktop|lnk|gz|bz2|xz|zst|zip|z|7z|tar|tgz)$/i;

const RULES: readonly (readonly [RegExp, LeftOutReason])[] = [
  [/\.msf$/i, thunderbirdIndex],
  [/\.(desktop|lnk)$|^(desktop\.ini|(eh)?thumbs\.db)$/i, desktop],
  [/^[,#]/, removed],
  [/^(dovecot[.-]|maildirsize$|maildirfolder$|subscriptions$|courierimap)/, imapServer],
  [/\.emlx$/i, emlx],
  [/\.(gz|bz2|xz|zst|zip|z|7z|tar|tgz)$/i, compressed],
  [/^mbox$/, mbox],
];

/** Null for a message. `names` are all names of the folder. */
export function whyNoMessage(name: string, names: ReadonlySet<string>): LeftOutReason | null {
  if (names.has(`${name}.msf`)) return mbox;
  if (!MAY_MATCH.test(name)) return null;
  if (/^[um]\.\d+$/.test(name) && (names.has("dovecot.index") || names.has("dovecot.index.log"))) {
    return dbox;
  }
  return RULES.find(([rule]) => rule.test(name))?.[1] ?? null;
}
