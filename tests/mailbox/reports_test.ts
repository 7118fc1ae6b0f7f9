/** The errors that a mailbox reports: each text once, a limited number, but always a file that was moved. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { keep } from "../../lib/mailbox/files/kept_files.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { Reports } from "../../lib/mailbox/reports.ts";
import type { Pop3Event } from "../../lib/events/events.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

function listener() {
  const told: string[] = [];
  const events = (event: Pop3Event) => {
    if (event.type === "error") told.push(event.error instanceof Error ? event.error.message : "");
  };
  return { told, events };
}

Deno.test("a folder: after a hundred texts the limit is reported once, but a moved file is always reported", async () => {
  await using folder = await TemporaryFolder.create();
  const { told, events } = listener();
  const store = new FileStore(folder.path, folderLayout, { onEvent: events });
  const tell = (text: string) => store.folder.report(new Error(text));
  for (let number = 0; number < 150; number++) tell(`text ${number}`);
  assertEquals(told.length, 101);
  assertEquals(
    told.at(-1),
    `${folder.path}: 100 different errors were told since the start; more are not told`,
  );
  const own = join(folder.path, ".pop3svc");
  for (const name of ["a", "b"]) {
    await Deno.writeTextFile(join(folder.path, name), "theirs");
    await Deno.mkdir(own, { recursive: true });
    await keep(store.folder, own, join(folder.path, name));
    assertMatch(told.at(-1) ?? "", /was moved out of the mailbox/);
  }
  tell("text 200");
  assertEquals(told.length, 103);
});

Deno.test("an mbox: a journal that was set aside is reported after a hundred other texts", async () => {
  await using folder = await TemporaryFolder.create();
  const { told, events } = listener();
  const path = join(folder.path, "mbox");
  await Deno.writeTextFile(path, "From a@b Thu Jan  1 00:00:00 1970\nSubject: a\n\na\n\n");
  const store = new MboxStore(path, { onEvent: events });
  for (let number = 0; number < 150; number++) store.report(new Error(`text ${number}`));
  assertEquals(told.length, 101);
  await Deno.mkdir(join(folder.path, ".pop3svc"), { mode: 0o700 });
  const [journal = ""] = await journalPlaces(store);
  await Deno.writeTextFile(journal, "not what we left");
  await store.lookSettled();
  assertMatch(told.at(-1) ?? "", /what the mbox held then$/);
  assertEquals(told.length, 102);
});

async function journalPlaces(store: MboxStore): Promise<string[]> {
  const folders = await store.place.stateFolders();
  return folders.map((each) => store.place.nameIn(each, "journal"));
}

Deno.test("no file name can make a text look like one about a moved file", () => {
  const { told, events } = listener();
  const reports = new Reports("mail", events);
  for (let number = 0; number < 150; number++) {
    reports.tell(
      new Error(`"${number} x: give it back by hand"`),
    );
  }
  assertEquals(told.length, 101);
});

Deno.test("the same text is reported once", () => {
  const { told, events } = listener();
  const reports = new Reports("mail", events);
  for (const text of ["a", "b", "a"]) reports.tell(new Error(text));
  reports.tell(new Error("a, now three"), "a");
  assertEquals([told, reports.texts], [["a", "b"], ["a", "b"]]);
});
