/** A mailbox of each kind with six messages, and what must be true of it whatever happened. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { FileMailbox } from "../../lib/mailbox/files/file_mailbox.ts";
import { denoFileSystem, type FileSystem } from "../../lib/mailbox/files/file_system.ts";
import type { MessageLayout } from "../../lib/mailbox/files/message_layout.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirLayout } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

export type Kind = "folder" | "maildir";

const layouts: Readonly<Record<Kind, MessageLayout>> = {
  folder: folderLayout,
  maildir: maildirLayout,
};

const paths: Readonly<Record<Kind, readonly string[]>> = {
  folder: ["m1", "m2", "m3", "m4", "m5", "m6"],
  maildir: ["new/m1", "cur/m2:2,S", "new/m3", "cur/m4:2,", "new/m5", "cur/m6:2,RS"],
};

/** The set that is deleted; the others must survive anything. */
export const doomed = ["m1", "m2", "m5"];

export async function filledMailbox(kind: Kind): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  if (kind === "maildir") {
    for (const name of ["cur", "new", "tmp"]) await Deno.mkdir(join(folder.path, name));
  }
  for (const [index, path] of paths[kind].entries()) {
    await Deno.writeTextFile(join(folder.path, path), contentOf(`m${index + 1}`));
    await Deno.utime(join(folder.path, path), 1_000 + index, 1_000 + index);
  }
  return folder;
}

function contentOf(uniqueId: string): string {
  return `Subject: ${uniqueId}\r\n\r\n${uniqueId.repeat(100)}\r\n`;
}

export function openMailbox(
  kind: Kind,
  path: string,
  files: FileSystem = denoFileSystem,
): FileMailbox {
  return new FileMailbox(path, layouts[kind], { settleTime: 0 }, files);
}

/**
 * Opens the mailbox anew and asserts that all of the set is gone or none, that every other message is as it
 * was, and that nothing of ours is left.
 *
 * @returns is the set gone?
 */
export async function assertAllOrNothing(kind: Kind, path: string, what: string): Promise<boolean> {
  const mailbox = openMailbox(kind, path);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  const all = paths[kind].map((_, index) => `m${index + 1}`);
  const isGone = !uniqueIds.includes("m1");
  const expected = isGone ? all.filter((uniqueId) => !doomed.includes(uniqueId)) : all;
  assertEquals(uniqueIds, expected, what);
  for (const uniqueId of uniqueIds) {
    const body = await mailbox.messageContents(info, uniqueId);
    const octets = await body.nextChunk();
    await body.close();
    assertEquals(new TextDecoder().decode(octets ?? new Uint8Array()), contentOf(uniqueId), what);
  }
  const left = await denoFileSystem.look(join(path, ".pop3svc"));
  assert(left === null, `${what}: .pop3svc is left behind`);
  return isGone;
}
