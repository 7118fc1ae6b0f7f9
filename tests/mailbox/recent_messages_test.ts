import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import type { FileTimes } from "../../lib/files/file_identity.ts";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import type { OpenFile } from "../../lib/files/regular_file.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { RecentMessages } from "../../lib/mailbox/files/recent_messages.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { messageOctets } from "../../lib/provider/message_octets.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const HOUR_MS = 3_600_000;

/** The file system as if every time that the system keeps had been an hour ago; and how often files are opened. */
class LongAgo {
  opened = 0;
  readonly files: FileSystem = {
    ...denoFileSystem,
    look: async (path) => {
      const info = await denoFileSystem.look(path);
      return info === null ? null : { ...info, ctime: earlier(info.ctime) };
    },
    open: async (path, isExposed, known) => {
      this.opened++;
      const file = await denoFileSystem.open(path, isExposed, known);
      return file === null
        ? null
        : withFacts(file, { ...file.info, ctime: earlier(file.info.ctime) });
    },
  };
}

function earlier(time: Date | null): Date | null {
  return time === null ? null : new Date(time.getTime() - HOUR_MS);
}

function changedAt(path: string): number | undefined {
  return Deno.lstatSync(path).ctime?.getTime();
}

function withFacts(file: OpenFile, info: FileTimes): OpenFile {
  return {
    info,
    readNow: (into, at) => file.readNow(into, at),
    readSoon: (into, at) => file.readSoon(into, at),
    read: (into, at) => file.read(into, at),
    identityNow: () => file.identityNow(),
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

async function withMessage(
  use: (
    message: {
      readonly path: string;
      readonly disk: LongAgo;
      read(): Promise<string>;
    },
  ) => Promise<void>,
): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const path = join(folder.path, "a.eml");
  await Deno.writeTextFile(path, "Subject: one\r\n");
  await Deno.utime(path, 1_000, 1_000);
  const disk = new LongAgo();
  const store = new FileStore(folder.path, folderLayout, {}, disk.files);
  const mailbox = store.open(testConnectionInfo());
  const [uniqueId = ""] = await mailbox.listMessageUniqueIds(testConnectionInfo());
  const read = async () => {
    const body = await mailbox.messageContents(testConnectionInfo(), uniqueId);
    assert(body !== null && typeof body === "object" && "nextChunk" in body);
    const chunk = await body.nextChunk();
    await body.close();
    return new TextDecoder().decode(chunk ?? new Uint8Array());
  };
  await use({ path, disk, read });
}

Deno.test("a message that was read lately is not opened again", async () => {
  await withMessage(async ({ disk, read }) => {
    assertEquals(await read(), "Subject: one\r\n");
    assertEquals(await read(), "Subject: one\r\n");
    assertEquals(disk.opened, 1);
  });
});

Deno.test("a change in place with the same size and time of modification is read", async () => {
  await withMessage(async ({ path, disk, read }) => {
    await read();
    // The clock of the file system ticks every few milliseconds: the disk of this test only pretends that one is past.
    const before = changedAt(path);
    do {
      await Deno.writeTextFile(path, "Subject: two\r\n");
      await Deno.utime(path, 1_000, 1_000);
    } while (changedAt(path) === before);
    assertEquals(await read(), "Subject: two\r\n");
    assertEquals(disk.opened, 2);
  });
});

Deno.test("another file of the same name, size and time is another message", async () => {
  await withMessage(async ({ path, read }) => {
    await read();
    await Deno.writeTextFile(`${path}.new`, "Subject: two\r\n");
    await Deno.utime(`${path}.new`, 1_000, 1_000);
    await Deno.rename(`${path}.new`, path);
    await assertRejects(read, Error, "changed");
    await Deno.remove(path);
    await assertRejects(read, Error, "changed");
  });
});

Deno.test("a link in the place of a message that was read lately is not followed", async () => {
  await withMessage(async ({ path, read }) => {
    await read();
    await Deno.rename(path, `${path}.moved`);
    await Deno.symlink(`${path}.moved`, path);
    await assertRejects(read, Error, "changed");
  });
});

const facts: FileTimes = {
  isFile: true,
  dev: 1,
  ino: 2,
  size: 4,
  mtime: new Date(1_000),
  ctime: new Date(1_000),
  uid: 0,
};
const octets = new TextEncoder().encode("mail");

Deno.test("a file whose last change is not long past is not kept: the next one may have the same time", () => {
  for (const time of ["mtime", "ctime"] as const) {
    const messages = new RecentMessages();
    messages.keep("a", { ...facts, [time]: new Date(50_000) }, 51_999, octets);
    assert(!messages.has("a"));
    messages.keep("a", { ...facts, [time]: null }, 51_999, octets);
    assert(!messages.has("a"));
  }
});

Deno.test("each fact of a file must be as it was", () => {
  const others: readonly Partial<FileTimes>[] = [
    { isFile: false },
    { dev: 2 },
    { ino: 3 },
    { size: 5 },
    { mtime: new Date(1_001) },
    { ctime: new Date(1_001) },
    { ctime: null },
  ];
  for (const other of others) {
    const messages = new RecentMessages();
    messages.keep("a", facts, 51_999, octets);
    assertEquals(messages.get("a", { ...facts, uid: 7 }), octets);
    assertEquals(messages.get("a", { ...facts, ...other }), null, JSON.stringify(other));
    assert(!messages.has("a"));
  }
});

Deno.test("the messages that were read longest ago make room", () => {
  const messages = new RecentMessages();
  const kept = () => [...Array(6).keys()].filter((number) => messages.has(`${number}`));
  const megabyte = new Uint8Array(1_048_576 - 1_024 - "0".length);
  for (const number of Array(4).keys()) messages.keep(`${number}`, facts, 51_999, megabyte);
  assertEquals(kept(), [0, 1, 2, 3]);
  messages.get("0", facts);
  messages.keep("4", facts, 51_999, megabyte);
  assertEquals(kept(), [0, 2, 3, 4]);
  // The room of what has changed is free again, and that of what is read once more is counted once.
  assertEquals(messages.get("2", { ...facts, size: 5 }), null);
  messages.keep("3", facts, 51_999, megabyte);
  messages.keep("5", facts, 51_999, megabyte);
  assertEquals(kept(), [0, 3, 4, 5]);
});

Deno.test("a new message finds room, although all others were used since they were read", () => {
  const messages = new RecentMessages();
  const megabyte = new Uint8Array(1_048_576 - 1_024 - "0".length);
  for (const number of Array(4).keys()) messages.keep(`${number}`, facts, 51_999, megabyte);
  for (const number of Array(4).keys()) messages.get(`${number}`, facts);
  messages.keep("4", facts, 51_999, megabyte);
  const kept = [...Array(5).keys()].filter((number) => messages.has(`${number}`));
  assertEquals(kept, [1, 2, 3, 4]);
});

Deno.test("empty messages need room, too, and those with longer paths need more", () => {
  for (const [length, most] of [[1, 4_092], [1_024, 2_048]] as const) {
    const messages = new RecentMessages();
    const paths = [...Array(5_000).keys()].map((number) =>
      String.fromCharCode(1_000 + number).repeat(length)
    );
    for (const path of paths) messages.keep(path, facts, 51_999, new Uint8Array());
    assertEquals(paths.filter((path) => messages.has(path)).length, most);
  }
});

Deno.test("the size of a message that was read lately is that of its octets", async () => {
  await withMessage(async ({ read }) => {
    assertEquals(await messageOctets(await read()), (await read()).length);
  });
});
