/** Checks the path of a mailbox, or of a folder of mailboxes, and whether messages can be deleted there. */
import { dirname, join } from "@std/path";
import { canWriteIn, entriesNow, lookAtGivenOrNull } from "../files/look.ts";
import { serverUid } from "../files/server_user.ts";
import type { MailboxReport } from "./check_mailbox.ts";
import { type Finding, quoted } from "./finding.ts";

/** Warns when messages in a mailbox that is there cannot be deleted. */
export function checkDeleting({ username, path, contents }: MailboxReport): Finding[] {
  return path === null || contents === null || isWritable(path) ? [] : [{
    severity: "warning",
    concerns: { type: "mailbox", username, path },
    text: `${path}: this user may not write there, so nothing can be deleted`,
    remedy: `--read-only, or chown -R ${serverUid() ?? "USER"} ${quoted(path)}`,
  }];
}

/** Warns when the path seems to be that of a folder of Maildirs. */
export function checkPath(path: string): Finding[] {
  if (isMaildir(path)) return [];
  const inner = foldersIn(path).find((name) => isMaildir(join(path, name)));
  return inner === undefined ? [] : [{
    severity: "warning",
    concerns: { type: "file", path },
    text: `it holds the Maildir ${join(path, inner)}`,
    remedy: `name that one, or use --mail-root ${path}`,
  }];
}

function isWritable(path: string): boolean {
  const folder = isMaildir(path) ? join(path, "cur") : path;
  const isFile = lookAtGivenOrNull(folder)?.isFile === true;
  return canWriteIn(isFile ? dirname(folder) : folder);
}

function isMaildir(path: string): boolean {
  return foldersIn(path).includes("cur");
}

function foldersIn(path: string): string[] {
  return entriesNow(path).filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}
