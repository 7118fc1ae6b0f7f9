/** Deletions on a real disk that has no room for a block, or for a file. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Pop3Listener } from "../../lib/listener/pop3_listener.ts";
import { folderMailbox } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirMailbox } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { type DiskFormat, type Shortage, SmallDisk, testOnSmallDisk } from "../small_disk.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { providerOf } from "../transcript_peers.ts";

const OTHER_USER = 61_001;
const kinds = ["folder", "maildir", "maildir of another", "mbox"] as const;
type Kind = typeof kinds[number];
const BODY = "text\n".repeat(2_000);

/** Makes a mailbox of six messages on the disk. */
function makeMailbox(kind: Kind, disk: string): void {
  const box = join(disk, "box");
  Deno.mkdirSync(box);
  const isMaildir = kind.startsWith("maildir");
  for (const name of isMaildir ? ["cur", "new", "tmp"] : []) Deno.mkdirSync(join(box, name));
  for (let number = 1; number <= 6; number++) {
    const text = `Subject: ${number}\n\n${BODY}`;
    if (kind === "mbox") {
      const separator = `From a@example.org Thu Jan  1 00:00:0${number} 2026\n`;
      Deno.writeTextFileSync(join(box, "mbox"), `${separator}${text}\n`, { append: true });
    } else Deno.writeTextFileSync(join(box, isMaildir ? "new" : "", `m${number}`), text);
  }
  if (kind !== "maildir of another") return;
  for (const path of [box, ...["cur", "new", "tmp"].map((name) => join(box, name))]) {
    Deno.chownSync(path, OTHER_USER, OTHER_USER);
  }
  for (const { name } of Deno.readDirSync(join(box, "new"))) {
    Deno.chownSync(join(box, "new", name), OTHER_USER, OTHER_USER);
  }
}

function open(kind: Kind, disk: string, stateDirectory: string | null): Mailbox {
  const box = join(disk, "box");
  switch (kind) {
    case "folder":
      return folderMailbox(box, { stateDirectory, settleTime: 0 });
    case "mbox":
      return sharedMailbox(new MboxStore(join(box, "mbox"), { stateDirectory }));
    default:
      return maildirMailbox(box, { stateDirectory, ownersOnly: kind !== "maildir" });
  }
}

/** Deletes messages, and says what QUIT replied and how many messages the next login finds. */
async function quitAfter(mailbox: Mailbox, doomed: readonly number[], language = "en") {
  await using pop3 = new Pop3Listener({ provider: providerOf(mailbox) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.command(`LANG ${language}`);
  await client.logIn();
  for (const number of doomed) await client.command(`DELE ${number}`);
  const octets = Uint8Array.from(await client.command("QUIT") ?? "", (unit) => unit.charCodeAt(0));
  const reply = new TextDecoder().decode(octets);
  using next = await LoopbackClient.connect(port);
  await next.logIn();
  const stat = await next.command("STAT");
  return { reply, left: Number(stat?.split(" ")[1]) };
}

for (const kind of kinds) {
  const shortages: readonly (readonly [Shortage, DiskFormat])[] = [
    ["blocks", "ext4"],
    ["blocks", "tmpfs"],
    ["inodes", "tmpfs"],
  ];
  for (const [shortage, format] of shortages) {
    testOnSmallDisk(
      `${kind}, no more ${shortage} on ${format}: with a state directory elsewhere QUIT deletes all of the set`,
      async () => {
        await using state = await TemporaryFolder.create();
        await using disk = await SmallDisk.mount(format);
        makeMailbox(kind, disk.path);
        disk.fill(shortage);
        const { reply, left } = await quitAfter(open(kind, disk.path, state.path), [1, 2, 5]);
        assertEquals(reply, "+OK 3 messages deleted. Closing connection.");
        assertEquals(left, 3);
        assertEquals(
          state.names().filter((name) => name === "journals" && state.names(name).length > 0),
          [],
        );
      },
      format,
    );
  }
}

for (const kind of ["folder", "maildir", "maildir of another"] as const) {
  testOnSmallDisk(
    `${kind}: where no journal can be written, QUIT deletes one by one, and tells how many`,
    async () => {
      const replies = {
        en: "-ERR [SYS/TEMP] The disk is full. Deleted 3 of 3 messages.",
        de: "-ERR [SYS/TEMP] Die Festplatte ist voll. Gelöscht: 3 von 3 Nachrichten.",
        fr: "-ERR [SYS/TEMP] Le disque est plein. Messages supprimés : 3 sur 3.",
        es: "-ERR [SYS/TEMP] El disco está lleno. Mensajes borrados: 3 de 3.",
      };
      for (const [language, expected] of Object.entries(replies)) {
        await using disk = await SmallDisk.mount();
        makeMailbox(kind, disk.path);
        await Deno.mkdir(join(disk.path, "state"), { mode: 0o700 });
        disk.fill("inodes");
        const mailbox = open(kind, disk.path, join(disk.path, "state"));
        const { reply, left } = await quitAfter(mailbox, [1, 2, 5], language);
        assertEquals(reply, expected);
        assertEquals(left, 3);
      }
    },
  );

  testOnSmallDisk(
    `${kind}: a single message is deleted where no journal can be written`,
    async () => {
      await using disk = await SmallDisk.mount();
      makeMailbox(kind, disk.path);
      await Deno.mkdir(join(disk.path, "state"), { mode: 0o700 });
      disk.fill("inodes");
      const { reply, left } = await quitAfter(
        open(kind, disk.path, join(disk.path, "state")),
        [2],
      );
      assertEquals(reply, "+OK 1 message deleted. Closing connection.");
      assertEquals(left, 5);
    },
  );
}

testOnSmallDisk(
  "an mbox without room for a journal: the last messages, or all, can be deleted",
  async () => {
    for (const doomed of [[5, 6], [1, 2, 3, 4, 5, 6]]) {
      await using disk = await SmallDisk.mount();
      makeMailbox("mbox", disk.path);
      disk.fill("blocks");
      const { reply, left } = await quitAfter(open("mbox", disk.path, null), doomed);
      assertEquals(reply, `+OK ${doomed.length} messages deleted. Closing connection.`);
      assertEquals(left, 6 - doomed.length);
    }
  },
);

testOnSmallDisk(
  "an mbox without room for a journal: other deletions say -ERR, and change nothing",
  async () => {
    await using disk = await SmallDisk.mount();
    makeMailbox("mbox", disk.path);
    const before = await Deno.readTextFile(join(disk.path, "box/mbox"));
    disk.fill("blocks");
    const { reply, left } = await quitAfter(open("mbox", disk.path, null), [1, 2]);
    assertEquals(reply, "-ERR [SYS/TEMP] System error. Administrators should check logs.");
    assertEquals(left, 6);
    assertEquals(await Deno.readTextFile(join(disk.path, "box/mbox")), before);
  },
);
