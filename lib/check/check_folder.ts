/** Checks the path of a mailbox, or of a folder of mailboxes, and whether messages can be deleted there. */
import { dirname, join } from "@std/path";
import { canWriteIn, entriesNow, lookAtGivenOrNull } from "../files/look.ts";
import { blockedFindings } from "./blocked.ts";
import type { MailboxReport } from "./check_mailbox.ts";
import type { Finding } from "./finding.ts";

/**
 * Warns when messages in mailboxes that are there cannot be deleted.
 *
 * @param root the folder of mailboxes; null for none
 */
export function checkDeleting(all: readonly MailboxReport[], root: string | null): Finding[] {
  const blocked = all.filter(({ path, contents }) =>
    path !== null && contents !== null && !isWritable(path)
  );
  return blockedFindings("delete", blocked, all, root);
}

/** Warns when the path seems to be that of a folder of Maildirs. */
export function checkPath(path: string): Finding[] {
  const inner = maildirInside(path);
  return inner === null ? [] : [{
    severity: "warning",
    concerns: { type: "file", path },
    text: `it holds the Maildir ${inner}`,
    remedy: `name that one, or use --mail-root ${path}`,
  }];
}

function isWritable(path: string): boolean {
  if (lookAtGivenOrNull(path)?.isFile === true) return canWriteIn(dirname(path));
  const folders = isMaildir(path)
    ? foldersIn(path).filter((name) => name === "new" || name === "cur")
    : ["."];
  return folders.every((name) => canWriteIn(join(path, name)));
}

/** The Maildir in a folder that is served as a folder of messages; null where there is none. */
export function maildirInside(path: string): string | null {
  if (isMaildir(path)) return null;
  const inner = foldersIn(path).find((name) => isMaildir(join(path, name)));
  return inner === undefined ? null : join(path, inner);
}

function isMaildir(path: string): boolean {
  return foldersIn(path).includes("cur");
}

function foldersIn(path: string): string[] {
  return entriesNow(path).filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}
