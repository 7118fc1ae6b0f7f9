/** A mailbox of each kind with six messages, and the check that it must pass after any interrupted deletion. */
import { createHash } from "node:crypto";
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { openBody } from "../../lib/provider/message_content.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirLayout } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

/**
 * `trash` is a folder whose deleted messages go to the trash; `maildir of another` belongs to another user. On a full
 * disk only the state directory can be written.
 */
export type Kind = "folder" | "trash" | "maildir" | Others | FullDisk | MboxKind;
type Others = "maildir of another" | "full disk of another";
type FullDisk = "full disk" | "full disk of another";

/** `mbox` is replaced by a new file; `mbox in place` has a second name, so it is rewritten in place. */
type MboxKind = "mbox" | "mbox in place";

const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
if (!isRoot) console.warn("SKIPPED, since it needs root: a Maildir of another user");

export const kinds: readonly Kind[] = [
  ...["folder", "trash", "maildir", "full disk"] as const,
  ...(isRoot ? ["maildir of another", "full disk of another"] as const : []),
  ...["mbox", "mbox in place"] as const,
];

const ANOTHER = 61_001;
/** The state directory, where there is one; inside the Maildir, so that it is removed with it. */
const STATE = "state";

export function isOthers(kind: Kind): kind is Others {
  return kind === "maildir of another" || kind === "full disk of another";
}

export function isFullDisk(kind: Kind): kind is FullDisk {
  return kind === "full disk" || kind === "full disk of another";
}

export function isMbox(kind: Kind): kind is MboxKind {
  return kind === "mbox" || kind === "mbox in place";
}

const SECOND_NAME = "second.mbox";

const names = ["m1", "m2", "m3", "m4", "m5", "m6"];

const inMaildir = ["new/m1", "cur/m2:2,S", "new/m3", "cur/m4:2,", "new/m5", "cur/m6:2,RS"];
const paths = {
  folder: names,
  trash: names,
  maildir: inMaildir,
  "maildir of another": inMaildir,
  "full disk": inMaildir,
  "full disk of another": inMaildir,
};

function contentOf(name: string): string {
  return `Subject: ${name}\r\n\r\n${name.repeat(100)}\r\n`;
}

function uniqueIdOf(kind: Kind, name: string): string {
  if (!isMbox(kind)) return name;
  const identity = `From a\n${contentOf(name).trimEnd()}`;
  return createHash("sha256").update(identity).digest("hex").slice(0, 40);
}

/** The set that is deleted; all other messages must survive. */
export function doomedOf(kind: Kind): string[] {
  return ["m1", "m2", "m5"].map((name) => uniqueIdOf(kind, name));
}

export async function filledMailbox(kind: Kind): Promise<TemporaryFolder> {
  const folder = await TemporaryFolder.create();
  if (isMbox(kind)) {
    const text = names.map((name) => `From a\n${contentOf(name)}\n`).join("");
    await Deno.writeTextFile(join(folder.path, "mail.mbox"), text);
    if (kind === "mbox in place") {
      await Deno.link(join(folder.path, "mail.mbox"), join(folder.path, SECOND_NAME));
    }
    return folder;
  }
  const isOfAnother = isOthers(kind);
  if (paths[kind] === inMaildir) {
    for (const name of ["cur", "new", "tmp"]) {
      await Deno.mkdir(join(folder.path, name));
      if (isOfAnother) await Deno.chown(join(folder.path, name), ANOTHER, ANOTHER);
    }
  }
  for (const [index, path] of paths[kind].entries()) {
    await Deno.writeTextFile(join(folder.path, path), contentOf(`m${index + 1}`));
    await Deno.utime(join(folder.path, path), 1_000 + index, 1_000 + index);
    if (isOfAnother) await Deno.chown(join(folder.path, path), ANOTHER, ANOTHER);
  }
  if (hasState(kind)) await Deno.mkdir(join(folder.path, STATE), { mode: 0o700 });
  if (isOfAnother) await Deno.chown(folder.path, ANOTHER, ANOTHER);
  return folder;
}

function hasState(kind: Kind): kind is Others | FullDisk {
  return isOthers(kind) || isFullDisk(kind);
}

/** The files of a full disk: nothing new finds room outside of the state directory, and no folder of ours in it. */
function onFullDisk(path: string, files: FileSystem): FileSystem {
  const state = join(path, STATE);
  const hasRoom = (path: string) => path.startsWith(`${state}/journals`);
  const full = () => new Error("No space left on device (os error 28)");
  return {
    ...files,
    async makeFolder(path) {
      if (!hasRoom(path) && await files.look(path) === null) throw full();
      await files.makeFolder(path);
    },
    async create(path, mode) {
      if (!hasRoom(path)) throw full();
      return await files.create(path, mode);
    },
    async lock(path) {
      if (!hasRoom(path)) throw full();
      return await files.lock(path);
    },
  };
}

export function openMailbox(
  kind: Kind,
  path: string,
  files: FileSystem = denoFileSystem,
): Mailbox {
  switch (kind) {
    case "folder":
      return sharedMailbox(new FileStore(path, folderLayout, { settleTime: 0 }, files));
    case "trash":
      return sharedMailbox(
        new FileStore(path, folderLayout, { settleTime: 0, deletePolicy: "trash" }, files),
      );
    case "maildir of another":
    case "full disk":
    case "full disk of another": {
      const options = { ownersOnly: isOthers(kind), stateDirectory: join(path, STATE) };
      const disk = isFullDisk(kind) ? onFullDisk(path, files) : files;
      return sharedMailbox(new FileStore(path, maildirLayout, options, disk));
    }
    case "maildir":
      return sharedMailbox(new FileStore(path, maildirLayout, {}, files));
    case "mbox":
    case "mbox in place":
      return sharedMailbox(new MboxStore(join(path, "mail.mbox"), {}, files));
  }
}

/**
 * Opens the mailbox again and asserts that all of the set is gone or none, that every other message is unchanged,
 * and that none of the server's own files is left.
 *
 * @returns whether the set is gone
 */
export async function assertAllOrNothing(kind: Kind, path: string, what: string): Promise<boolean> {
  const mailbox = openMailbox(kind, path);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  const isGone = !uniqueIds.includes(uniqueIdOf(kind, "m1"));
  const left = isGone ? ["m3", "m4", "m6"] : names;
  assertEquals(uniqueIds, left.map((name) => uniqueIdOf(kind, name)), what);
  for (const name of left) {
    const body = openBody(await mailbox.messageContents(info, uniqueIdOf(kind, name)));
    const octets = await body.nextChunk();
    assertEquals(new TextDecoder().decode(octets ?? new Uint8Array()), contentOf(name), what);
    await body.close();
  }
  const expected = ["cur", "new", "tmp", "mail.mbox", SECOND_NAME, ...names];
  const leftovers = namesIn(path).filter((name) => !expected.includes(name));
  if (kind === "trash" && isGone) {
    assertEquals(leftovers, [".pop3svc"], what);
    assertEquals(namesIn(join(path, ".pop3svc")), ["trash"], what);
    assertEquals(namesIn(join(path, ".pop3svc/trash")), ["m1", "m2", "m5"], what);
  } else if (isMbox(kind) && leftovers.length > 0) {
    // An mbox keeps the ids of deleted messages, so that no other message gets them.
    assertEquals(leftovers, [".pop3svc"], what);
    assertEquals(namesIn(join(path, ".pop3svc")).map((name) => name.split(".")[1]), ["ids"], what);
  } else if (hasState(kind)) {
    assertEquals(leftovers, [STATE], what);
    const state = join(path, STATE);
    const made = namesIn(state).filter((name) => name !== "mailboxes");
    const left = made.flatMap((name) => namesIn(join(state, name)));
    assertEquals(left, [], what);
    assertEquals(made.filter((name) => !["deletions", "journals"].includes(name)), [], what);
  } else {
    assertEquals(leftovers, [], what);
  }
  return isGone;
}

function namesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}
