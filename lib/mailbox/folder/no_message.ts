/**
 * Recognizes by their names files in a plain folder that are not messages: what other mail programs and desktops keep
 * there. A client could delete them if we served them, even a whole mbox as one message.
 */
import type { LeftOutReason } from "../left_out.ts";

const thunderbirdIndex = { text: "index of Thunderbird", isFault: false };
const appleIndex = { text: "index of Apple Mail", isFault: false };
const desktop = { text: "of a desktop", isFault: false };
const removed = { text: "removed by MH", isFault: false };
const imapServer = { text: "of an IMAP server", isFault: false };
const mbox = {
  text: "mbox with many messages (serve it with --format mbox and its own path)",
  isFault: true,
};
const emlx = {
  text: "in Apple Mail's own format (export it from Apple Mail as an mbox)",
  isFault: true,
};
const compressed = { text: "compressed (unpack)", isFault: true };
const dbox = { text: "dbox of Dovecot (export it with doveadm)", isFault: true };

/** Most names match none of the rules; this one expression excludes them quickly. */
const MAY_MATCH = /^[,#dmtsucei]|\.(msf|mbox|emlx|desktop|lnk|gz|bz2|xz|zst|zip|z|7z|tar|tgz)$/i;

const RULES: readonly (readonly [RegExp, LeftOutReason])[] = [
  [/\.msf$/i, thunderbirdIndex],
  [/\.(desktop|lnk)$|^(desktop\.ini|(eh)?thumbs\.db)$/i, desktop],
  [/^[,#]/, removed],
  [/^(dovecot[.-]|maildirsize$|maildirfolder$|subscriptions$|courierimap)/, imapServer],
  [/\.emlx$/i, emlx],
  [/\.(gz|bz2|xz|zst|zip|z|7z|tar|tgz)$/i, compressed],
  [/^mbox$|\.mbox$/i, mbox],
];

/** Whether a file of this name may show what other files in its folder are. */
export function tellsOfOthers(name: string): boolean {
  return name.endsWith(".msf") || name === "mbox" || name.startsWith("dovecot.");
}

/**
 * Why a file of this name is not a message; null for a message. `names` are the names of the folder, or at least those
 * that tell of others.
 */
export function whyNoMessage(name: string, names: ReadonlySet<string>): LeftOutReason | null {
  if (names.size > 0 && names.has(`${name}.msf`)) return mbox;
  if (!MAY_MATCH.test(name)) return null;
  if (/^[um]\.\d+$/.test(name) && (names.has("dovecot.index") || names.has("dovecot.index.log"))) {
    return dbox;
  }
  if (/^m\.\d+$/.test(name) && names.has("dovecot.map.index")) return dbox;
  if (name === "table_of_contents" && names.has("mbox")) return appleIndex;
  return RULES.find(([rule]) => rule.test(name))?.[1] ?? null;
}

/** Whether a Maildir may hold a file of this name beside its folders. */
export function mayLieInMaildir(name: string): boolean {
  const reason = whyNoMessage(name, new Set());
  return reason === imapServer || reason === desktop;
}
