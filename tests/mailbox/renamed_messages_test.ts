/** Another program renames messages, to mark them as read, before and while they are deleted. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { maildirLayout } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { type LoginMailbox, sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { countedFileSystem } from "../crash/counted_file_system.ts";
import { ManualClock } from "../manual_clock.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const OTHER_USER = 61_001;
const isRoot = Deno.build.os !== "windows" && Deno.uid() === 0;
if (!isRoot) console.warn("SKIPPED, since it needs root: renamed messages of another user");
/** Messages of the server's user are moved; those of another user get a second name first. */
const owners: readonly Owner[] = ["the server's user", ...isRoot ? ["another user"] as const : []];
type Owner = "the server's user" | "another user";

interface Mail extends TemporaryFolder {
  readonly count: number;
}

/** A Maildir in a folder that also holds the state directory. */
async function maildir(owner: Owner, count: number): Promise<Mail> {
  const folder = await TemporaryFolder.create();
  const chown = (path: string) =>
    owner === "another user" && Deno.chownSync(path, OTHER_USER, OTHER_USER);
  await Deno.mkdir(join(folder.path, "state"), { mode: 0o700 });
  for (const name of ["mail", "mail/cur", "mail/new", "mail/tmp"]) {
    await Deno.mkdir(join(folder.path, name));
    chown(join(folder.path, name));
  }
  for (let number = 1; number <= count; number++) {
    const path = join(folder.path, `mail/cur/${number}.x:2,`);
    await Deno.writeTextFile(path, `Subject: ${number}\n\n`);
    chown(path);
  }
  return Object.assign(folder, { count });
}

function open({ path }: Mail, files: FileSystem) {
  const options = { ownersOnly: true, stateDirectory: join(path, "state") };
  return sharedMailbox(new FileStore(join(path, "mail"), maildirLayout, options, files));
}

/** Gives every message that is there one more flag. */
function markAll({ path }: Mail): void {
  const cur = join(path, "mail/cur");
  for (const { name } of [...Deno.readDirSync(cur)]) {
    Deno.renameSync(join(cur, name), join(cur, `${name}S`));
  }
}

/** A file system on which all messages are renamed just before the first file of each of so many rounds is moved. */
function renamedInRounds(mail: Mail, rounds: number) {
  let done = 0;
  let listings = 0;
  let seen = -1;
  const before = (from: string) => {
    if (!from.startsWith(join(mail.path, "mail/cur")) || done >= rounds || seen === listings) {
      return;
    }
    // Each round begins with a list.
    seen = listings;
    done++;
    markAll(mail);
  };
  const files: FileSystem = {
    ...denoFileSystem,
    async regularFiles(folder) {
      listings++;
      return await denoFileSystem.regularFiles(folder);
    },
    async link(from, to) {
      before(from);
      await denoFileSystem.link(from, to);
    },
    async rename(from, to) {
      before(from);
      await denoFileSystem.rename(from, to);
    },
  };
  return { files, rounds: () => done };
}

Deno.test("the list that finds renamed messages is kept while it is used, and a session is open", async () => {
  await using mail = await maildir("the server's user", 4);
  const listed: string[] = [];
  const files: FileSystem = {
    ...denoFileSystem,
    async regularFiles(folder, isKnown) {
      listed.push(folder.slice(-3));
      return await denoFileSystem.regularFiles(folder, isKnown);
    },
  };
  const clock = new ManualClock();
  const store = new FileStore(join(mail.path, "mail"), maildirLayout, {}, files, clock);
  const info = testConnectionInfo();
  const logIn = async () => {
    const mailbox = store.open(info);
    await mailbox.listMessageUniqueIds(info);
    return mailbox;
  };
  const sessions = [await logIn(), await logIn()] as const;
  markAll(mail);
  /** Reads a renamed message; whether the mailbox was listed for it. */
  const lists = async (mailbox: LoginMailbox) => {
    listed.length = 0;
    const body = await mailbox.messageContents(info, "1.x");
    assert(body !== null && typeof body === "object" && "close" in body);
    await body.close();
    return listed.length > 0;
  };
  assertEquals(await lists(sessions[0]), true);
  clock.advance(9_999);
  assertEquals(await lists(sessions[1]), false);
  clock.advance(9_999);
  assertEquals(await lists(sessions[1]), false);
  clock.advance(10_000);
  assertEquals(await lists(sessions[1]), true);
  await sessions[0].release(info);
  await sessions[0].release(info);
  assertEquals(await lists(sessions[1]), false);
  const last = await logIn();
  assertEquals(await lists(last), false);
  markAll(mail);
  clock.advance(100);
  assertEquals([await lists(last), await lists(sessions[1])], [true, false]);
  for (const session of [last, sessions[1]]) await session.release(info);
  const next = await logIn();
  markAll(mail);
  assertEquals(await lists(next), true);
});

for (const owner of owners) {
  Deno.test(`messages of ${owner} that are renamed in four rounds of a deletion are deleted`, async () => {
    for (const rounds of [1, 4]) {
      await using mail = await maildir(owner, 4);
      const mailbox = open(mail, renamedInRounds(mail, rounds).files);
      const info = testConnectionInfo();
      const uniqueIds = await mailbox.listMessageUniqueIds(info);
      await mailbox.messageDelete(info, uniqueIds.slice(0, 3));
      assertEquals(mail.names("mail/cur"), [`4.x:2,${"S".repeat(rounds)}`]);
      assertEquals(await open(mail, denoFileSystem).listMessageUniqueIds(testConnectionInfo()), [
        "4.x",
      ]);
    }
  });

  Deno.test(`messages of ${owner} that are renamed in each of five rounds: nothing is deleted`, async () => {
    await using mail = await maildir(owner, 4);
    const { files, rounds } = renamedInRounds(mail, Infinity);
    const mailbox = open(mail, files);
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    await assertRejects(
      async () => await mailbox.messageDelete(info, uniqueIds.slice(0, 3)),
      "nothing was deleted",
    );
    assertEquals(rounds(), 5);
    const later = await open(mail, denoFileSystem).listMessageUniqueIds(testConnectionInfo());
    assertEquals(later.toSorted(), ["1.x", "2.x", "3.x", "4.x"]);
  });

  const most = owner === "another user" ? 1_000 : 4_000;
  Deno.test(`${most} messages of ${owner} are all renamed: QUIT makes as many calls for each as where there are 250`, async () => {
    const perMessage: number[] = [];
    for (const count of [250, most]) {
      await using mail = await maildir(owner, count);
      let listings = 0;
      let calls = 0;
      const files = countedFileSystem(denoFileSystem, (_, name) => {
        calls++;
        if (name === "regularFiles") listings++;
      });
      const mailbox = open(mail, files);
      const info = testConnectionInfo();
      const uniqueIds = await mailbox.listMessageUniqueIds(info);
      assertEquals(uniqueIds.length, count);
      markAll(mail);
      [calls, listings] = [0, 0];
      await mailbox.messageDelete(info, uniqueIds);
      assertEquals(mail.names("mail/cur"), []);
      // A list looks at every file.
      assert(listings <= 4, `${listings} lists`);
      perMessage.push(Math.round(calls / count));
    }
    assertEquals(perMessage[0], perMessage[1]);
  });
}
