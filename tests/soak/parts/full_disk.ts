/** A mailbox on a full disk can be read, and deletions in it are all or nothing; other users are not disturbed. */
import { messageOf, pause, type Soak, type SoakPart } from "../soak.ts";
import { SoakClient } from "../soak_client.ts";
import { PASSWORD } from "../soak_mail.ts";
import { readSome } from "./deliverer.ts";

const DISK = "size=512k,nr_inodes=200,mode=755";

export const fullDisk: SoakPart = {
  name: "full-disk",
  whyNot: () => {
    if (Deno.build.os !== "linux") return "only Linux has tmpfs";
    return Deno.uid() === 0 ? mountFailure() : "mounting a small disk needs root";
  },
  run: async (soak) => {
    const mountPoint = soak.mail.path("mail", "full");
    command("mount", "-t", "tmpfs", "-o", DISK, "none", mountPoint);
    try {
      soak.mail.makeMaildir("full");
      // The mailbox belongs to the server, since deletions need a folder of its own on that disk (docs/operations/users.md).
      command("chown", "0:0", mountPoint);
      for (let turn = 0; !soak.isOver; turn++) await oneRound(soak, `${mountPoint}/fillers`, turn);
    } finally {
      command("umount", "-l", mountPoint);
    }
  },
};

async function oneRound(soak: Soak, fillers: string, turn: number): Promise<void> {
  while (soak.mail.expected("full").size < 8) soak.mail.deliver("full", 20_000);
  await Deno.mkdir(fillers);
  fill(`${fillers}/0`);
  if (turn % 2 === 1) useAllInodes(fillers);
  try {
    const before = soak.mail.expected("full").size;
    await readSome(soak, "full", "198.51.100.5", false);
    if (soak.mail.expected("full").size === before) throw new Error("nothing was deleted");
    soak.count("deletions on a full disk");
  } catch (error) {
    // The state directory is on another disk, so a full disk is no reason for -ERR.
    if (!soak.server.hasEnded) soak.fail("full-disk", messageOf(error));
  }
  await Deno.remove(fillers, { recursive: true });
  await compareList(soak).catch((error: unknown) => {
    if (!soak.server.hasEnded) soak.fail("full-disk", messageOf(error));
  });
  await pause(soak, 500);
}

/** Checks that the list is exactly what QUIT has left. */
async function compareList(soak: Soak): Promise<void> {
  using client = await SoakClient.connect(soak, "198.51.100.5");
  await client.mustSay(`XLOG full ${PASSWORD}`);
  const shown = (await client.uniqueIds()).sort().join(" ");
  if (shown === [...soak.mail.expected("full").keys()].sort().join(" ")) return;
  throw new Error("the list after a deletion is wrong");
}

/** Writes until the disk has no room for even one octet. */
function fill(path: string): void {
  using file = Deno.openSync(path, { write: true, create: true, truncate: true });
  for (const size of [65_536, 4_096, 1]) {
    try {
      for (;;) file.writeSync(new Uint8Array(size));
    } catch {
      // The disk is full for writes of this size.
    }
  }
}

/** Makes files until no more can be made. */
function useAllInodes(folder: string): void {
  try {
    for (let count = 1;; count++) {
      Deno.openSync(`${folder}/${count}`, { write: true, createNew: true }).close();
    }
  } catch {
    // The disk has no more inodes.
  }
}

function mountFailure(): string | null {
  const folder = Deno.makeTempDirSync({ prefix: "pop3svc-soak-" });
  try {
    command("mount", "-t", "tmpfs", "-o", DISK, "none", folder);
    command("umount", folder);
    return null;
  } catch (error) {
    return messageOf(error);
  } finally {
    Deno.removeSync(folder);
  }
}

function command(name: string, ...args: readonly string[]): void {
  const { success, stderr } = new Deno.Command(name, { args: [...args] }).outputSync();
  if (!success) throw new Error(`${name}: ${new TextDecoder().decode(stderr).trim()}`);
}
