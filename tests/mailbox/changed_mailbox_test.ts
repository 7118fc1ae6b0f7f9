/** What a login sees of a mailbox that other programs have changed since the last one. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { FileStore } from "../../lib/mailbox/files/file_store.ts";
import { folderLayout } from "../../lib/mailbox/folder/folder_mailbox.ts";
import { maildirLayout } from "../../lib/mailbox/maildir/maildir_mailbox.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { aMinuteLater } from "../wall_clock.ts";

const OLD = 1_700_000_000;

/** More than a login looks at when a folder has changed (known_names.ts). */
const MANY = 1_200;
/** So many known files of them a login looks at. */
const PART = MANY / 20;
/** After so many logins, all have been looked at. */
const WHOLE_ROUND = 1 + MANY / PART;

type Kind = "folder" | "maildir";

/** A mailbox of old messages, and a file system that counts what is listed and looked at. */
class TestedMailbox implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  readonly #kind: Kind;
  readonly #later = aMinuteLater();
  readonly listed: string[] = [];
  looked = 0;
  /** Runs before a folder is listed, or after it. */
  before: (folder: string) => void = () => {};
  after: (folder: string) => void = () => {};
  /** Seconds that are added to the time at which a folder last changed: Deno gives it in whole seconds. */
  changed = 0;
  store: FileStore;

  private constructor(folder: TemporaryFolder, kind: Kind) {
    this.#folder = folder;
    this.#kind = kind;
    this.store = this.restart();
  }

  static async create(kind: Kind, count: number): Promise<TestedMailbox> {
    const folder = await TemporaryFolder.create();
    if (kind === "maildir") {
      for (const name of ["new", "cur", "tmp"]) Deno.mkdirSync(join(folder.path, name));
    }
    const mailbox = new TestedMailbox(folder, kind);
    for (let number = 0; number < count; number++) mailbox.write(`m${number}`, "x", OLD + number);
    mailbox.rest();
    return mailbox;
  }

  /** A store that has seen nothing yet, like that of a process which has just started. */
  restart(): FileStore {
    const files: FileSystem = {
      ...denoFileSystem,
      look: async (path) => {
        if (/[/]m\d+$/.test(path)) this.looked++;
        const info = await denoFileSystem.look(path);
        if (info?.isDirectory !== true) return info;
        return { ...info, ctime: new Date((info.ctime?.getTime() ?? 0) + 1_000 * this.changed) };
      },
      regularFiles: async (path, isKnown) => {
        const folder = path.slice(path.lastIndexOf("/") + 1);
        this.listed.push(folder);
        this.before(folder);
        const listed = await denoFileSystem.regularFiles(path, isKnown);
        this.after(folder);
        this.looked += listed.files.length;
        return listed;
      },
    };
    const layout = this.#kind === "folder" ? folderLayout : maildirLayout;
    return this.store = new FileStore(this.#folder.path, layout, { settleTime: 0 }, files);
  }

  path(name: string): string {
    return join(this.#folder.path, this.#kind === "folder" ? "" : "cur", name);
  }

  inMailbox(name: string): string {
    return join(this.#folder.path, name);
  }

  write(name: string, text: string, time: number): void {
    Deno.writeTextFileSync(this.path(name), text);
    Deno.utimeSync(this.path(name), time, time);
  }

  /** Gives the folders an old time, so that they can be trusted. */
  rest(time = OLD): void {
    for (const name of this.#kind === "folder" ? [""] : ["new", "cur"]) {
      Deno.utimeSync(join(this.#folder.path, name), time, time);
    }
  }

  /** The unique ids and sizes that a new login sees, and what it lists and looks at. */
  async login() {
    this.listed.length = 0;
    this.looked = 0;
    const info = testConnectionInfo();
    const mailbox = this.store.open(info);
    const ids = await mailbox.listMessageUniqueIds(info);
    const sizes = await mailbox.messageSizes(info, ids);
    const sizeOf = (id: string) => sizes[ids.indexOf(id)];
    return { info, mailbox, ids, sizes, sizeOf, listed: [...this.listed], looked: this.looked };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#later[Symbol.dispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** Logs in until a login sees what is expected; the number of logins. */
async function loginsUntil(
  mailbox: TestedMailbox,
  isSeen: (login: Awaited<ReturnType<TestedMailbox["login"]>>) => boolean,
): Promise<number> {
  for (let logins = 1; logins <= 25; logins++) {
    if (isSeen(await mailbox.login())) return logins;
  }
  throw new Error("no login has seen it");
}

for (const kind of ["folder", "maildir"] as const) {
  for (const count of [10, MANY]) {
    // A small mailbox is looked at whole.
    const most = count === 10 ? 1 : WHOLE_ROUND;

    const replacements = {
      "another file is renamed over a message": (mailbox: TestedMailbox) => {
        mailbox.write("other", "y", OLD + 6);
        Deno.renameSync(mailbox.path("other"), mailbox.path("m5"));
      },
      "a message is removed and made again": (mailbox: TestedMailbox) => {
        // The new file must not get the same inode.
        mailbox.write("other", "y", OLD + 6);
        Deno.removeSync(mailbox.path("m5"));
        Deno.renameSync(mailbox.path("other"), mailbox.path("m5"));
      },
    };
    for (const [what, replace] of Object.entries(replacements)) {
      Deno.test(`${kind} of ${count}: ${what}, with the same size: it gets another id`, async () => {
        await using mailbox = await TestedMailbox.create(kind, count);
        const before = await mailbox.login();
        replace(mailbox);
        mailbox.rest(OLD + 1);
        // A session that saw the old message neither reads nor deletes the new one.
        await assertRejects(
          async () => await before.mailbox.messageContents(before.info, "m5"),
          Pop3ResponseError,
        );
        const after = await mailbox.login();
        assertEquals(after.ids.length, count);
        assertEquals(after.ids.includes("m5"), false);
      });

      Deno.test(`${kind} of ${count}: ${what}, and nobody reads it: a login notices`, async () => {
        await using mailbox = await TestedMailbox.create(kind, count);
        await mailbox.login();
        replace(mailbox);
        mailbox.rest(OLD + 1);
        const logins = await loginsUntil(mailbox, ({ ids }) => !ids.includes("m5"));
        assert(logins <= most, `${logins} logins`);
      });
    }

    Deno.test(`${kind} of ${count}: a file with the same name, size and time is the same message, and its octets are its own`, async () => {
      await using mailbox = await TestedMailbox.create(kind, count);
      const before = await mailbox.login();
      mailbox.write("other", "y", OLD + 5);
      await Deno.rename(mailbox.path("other"), mailbox.path("m5"));
      mailbox.rest(OLD + 1);
      await assertRejects(
        async () => await before.mailbox.messageContents(before.info, "m5"),
        Pop3ResponseError,
      );
      const { ids, mailbox: after, info } = await mailbox.login();
      assert(ids.includes("m5"));
      const body = await after.messageContents(info, "m5");
      assert(body !== null && typeof body === "object" && "nextChunk" in body);
      assertEquals(new TextDecoder().decode(await body.nextChunk() ?? undefined), "y");
      await body.close();
    });

    Deno.test(`${kind} of ${count}: a message that is changed in place`, async () => {
      await using mailbox = await TestedMailbox.create(kind, count);
      const before = await mailbox.login();
      await Deno.writeTextFile(mailbox.path("m4"), "longer");
      await assertRejects(
        async () => await before.mailbox.messageContents(before.info, "m4"),
        Pop3ResponseError,
      );
      const { ids, sizes } = await mailbox.login();
      assertEquals([ids.length, ids.includes("m4")], [count, false]);
      assertEquals(sizes.filter((size) => size === 8).length, 1);
    });

    Deno.test(`${kind} of ${count}: a young message of the same size, changed in place, is noticed with the next delivery`, async () => {
      await using mailbox = await TestedMailbox.create(kind, count);
      const now = Date.now() / 1_000 - 10;
      mailbox.write("young", "young", now);
      // The next change of the folder may come within the same tick.
      mailbox.rest();
      const { sizeOf } = await mailbox.login();
      assertEquals(sizeOf("young"), 7);
      mailbox.write("young", "YOUNG", now + 1);
      mailbox.write("late", "late", OLD + 9_999);
      const { ids } = await mailbox.login();
      assertEquals([ids.length, ids.includes("young")], [count + 2, false]);
    });
  }
}

Deno.test("the time of a folder that was set back hides nothing", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  await mailbox.login();
  mailbox.write("late", "late", OLD + 9_999);
  await Deno.remove(mailbox.path("m3"));
  mailbox.rest();
  mailbox.changed = 1;
  const { ids, sizeOf } = await mailbox.login();
  assertEquals([ids.length, ids.includes("m3"), ids.at(-1)], [MANY, false, "late"]);
  assertEquals([sizeOf("late"), sizeOf("m1")], [6, 3]);
});

Deno.test("cur is renamed away and back, and another folder is put in its place", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  const [cur, away] = [mailbox.inMailbox("cur"), mailbox.inMailbox("away")];
  const { ids } = await mailbox.login();
  await Deno.rename(cur, away);
  assertEquals((await mailbox.login()).ids, []);
  await Deno.mkdir(cur);
  mailbox.write("m7", "another", OLD);
  mailbox.rest();
  const other = await mailbox.login();
  assertEquals([other.ids.length, other.sizes], [1, [9]]);
  await Deno.remove(cur, { recursive: true });
  await Deno.rename(away, cur);
  const back = await mailbox.login();
  assertEquals(back.ids.length, ids.length);
  assertEquals(back.sizes.every((size) => size === 3), true);
});

Deno.test("one delivery: a Maildir lists and looks at the files of the folder that has changed alone", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  await mailbox.login();
  for (let number = 0; number < 3; number++) {
    const [tmp, to] = [mailbox.inMailbox("tmp/x"), mailbox.inMailbox(`new/n${number}`)];
    await Deno.writeTextFile(tmp, "new");
    await Deno.utime(tmp, OLD + 9_999, OLD + 9_999);
    await Deno.rename(tmp, to);
    await Deno.utime(mailbox.inMailbox("new"), OLD + number + 1, OLD + number + 1);
    const { ids, sizeOf, listed, looked } = await mailbox.login();
    assertEquals([ids.length, sizeOf(`n${number}`)], [MANY + number + 1, 5]);
    assertEquals([listed, looked], [["new"], number + 1]);
  }
  // Another process begins with the folder that has not changed.
  mailbox.restart();
  const { ids, listed } = await mailbox.login();
  assertEquals([ids.length, listed], [MANY + 3, ["new"]]);
});

for (const isAfter of [false, true]) {
  const when = isAfter ? "after" : "before";
  Deno.test(`a message that is moved from new to cur ${when} new is listed is served, although cur was not to be listed`, async () => {
    await using mailbox = await TestedMailbox.create("maildir", MANY);
    await mailbox.login();
    const place = mailbox.inMailbox("new/n1");
    await Deno.writeTextFile(place, "new");
    mailbox[when] = (folder) => {
      mailbox[when] = () => {};
      assertEquals(folder, "new");
      Deno.renameSync(place, mailbox.path("n1:2,S"));
    };
    const { ids, listed, mailbox: login, info } = await mailbox.login();
    assertEquals([ids.length, ids.includes("n1")], [MANY + 1, true]);
    // To count its size, it may have to be found.
    assertEquals(listed.slice(0, 2), ["new", "cur"]);
    assert(await login.messageExists(info, "n1"));
    assertEquals((await mailbox.login()).ids, ids);
  });
}

Deno.test("a known message that is moved from new to cur while new is listed keeps its derived id", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  // Another message has the name, and so the id.
  await Deno.writeTextFile(mailbox.inMailbox("new/m5"), "namesake");
  const { ids } = await mailbox.login();
  mailbox.rest();
  await mailbox.login();
  await Deno.writeTextFile(mailbox.inMailbox("new/late"), "late");
  mailbox.before = () => {
    mailbox.before = () => {};
    Deno.renameSync(mailbox.inMailbox("new/m5"), mailbox.path("m5:2,S"));
  };
  const during = await mailbox.login();
  assertEquals(ids.filter((id) => !during.ids.includes(id)), []);
  assertEquals(during.ids.length, ids.length + 1);
  assertEquals((await mailbox.login()).ids, during.ids);
});

Deno.test("a message that is moved from cur to new after new was listed is served", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  mailbox.after = () => {
    mailbox.after = () => {};
    Deno.renameSync(mailbox.path("m7"), mailbox.inMailbox("new/m7"));
  };
  const { ids, listed } = await mailbox.login();
  assertEquals([ids.length, ids.includes("m7")], [MANY, true]);
  assertEquals(listed, ["new", "cur", "new"]);
});

Deno.test("after a look at all files of a large mailbox, a restart need not list it", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  // A part of the names is looked at after this change.
  mailbox.write("late", "late", OLD + 9_999);
  mailbox.rest(OLD + 1);
  await mailbox.login();
  const [kept = ""] = (await mailbox.login()).ids;
  // The changed file gets an id that does not follow from its name alone, so the index is written at once.
  await Deno.writeTextFile(mailbox.path(kept), "another text");
  const { info, mailbox: login } = await mailbox.login();
  await assertRejects(async () => await login.messageContents(info, kept), Pop3ResponseError);
  const { ids } = await mailbox.login();
  mailbox.restart();
  const after = await mailbox.login();
  assertEquals([after.ids, after.listed], [ids, []]);
});

Deno.test("a replaced message in cur is noticed while mail is delivered to new before each login", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  await mailbox.login();
  mailbox.write("other", "y", OLD + 6);
  await Deno.rename(mailbox.path("other"), mailbox.path("m5"));
  mailbox.rest(OLD + 1);
  let number = 0;
  const deliver = () => {
    Deno.writeTextFileSync(mailbox.inMailbox(`new/n${number}`), "new");
    Deno.utimeSync(mailbox.inMailbox("new"), OLD + 2 + number, OLD + 2 + number++);
  };
  const logins = await loginsUntil(mailbox, ({ ids }) => {
    deliver();
    return !ids.includes("m5");
  });
  assert(logins <= WHOLE_ROUND, `${logins} logins`);
});

Deno.test("one delivery: a folder is listed, and a part of its files is looked at", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  for (let number = 0; number < 3; number++) {
    mailbox.write(`n${number}`, "new", OLD + 9_999 + number);
    const { ids, sizeOf, looked } = await mailbox.login();
    assertEquals([ids.length, ids.at(-1), sizeOf(`n${number}`)], [
      MANY + number + 1,
      `n${number}`,
      5,
    ]);
    assert(looked <= PART + 5, `${looked} looks`);
  }
});

Deno.test("a known file is left out once another file shows that it is an mbox", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  mailbox.write("m9.msf", "", OLD);
  const { ids } = await mailbox.login();
  assertEquals([ids.length, ids.includes("m9")], [MANY - 1, false]);
});

Deno.test("an id that the index still has for a message that is gone is stored before a client gets another", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  mailbox.rest();
  await mailbox.login();
  await Deno.remove(mailbox.path("m9"));
  await mailbox.login();
  mailbox.write("m9", "another", OLD + 9_999);
  const before = await mailbox.login();
  const [last = ""] = before.ids.slice(-1);
  assertEquals(before.sizeOf(last), 9);
  mailbox.restart();
  const after = await mailbox.login();
  assertEquals(after.ids, before.ids);
});

Deno.test("numbers are those of a first list, wherever new messages sort in", async () => {
  await using mailbox = await TestedMailbox.create("folder", MANY);
  await mailbox.login();
  mailbox.write("b", "b", OLD + 10);
  mailbox.write("zz", "zz", OLD + 10);
  mailbox.write("first", "first", OLD - 1);
  await Deno.remove(mailbox.path("m100"));
  const { ids, sizes } = await mailbox.login();
  const known = mailbox.restart();
  assert(known !== null);
  await Deno.remove(mailbox.path(".pop3svc"), { recursive: true });
  const first = await mailbox.login();
  assertEquals([first.ids, first.sizes], [ids, sizes]);
});

Deno.test("a replaced message in cur is noticed, although new, which alone is listed, has known messages", async () => {
  await using mailbox = await TestedMailbox.create("maildir", MANY);
  for (let number = 0; number < 5; number++) {
    mailbox.write(`old${number}`, "old", OLD - 10 + number);
    await Deno.rename(mailbox.path(`old${number}`), mailbox.inMailbox(`new/old${number}`));
  }
  mailbox.rest();
  await mailbox.login();
  mailbox.write("other", "y", OLD + 700);
  await Deno.rename(mailbox.path("other"), mailbox.path("m699"));
  mailbox.rest(OLD + 1);
  let number = 0;
  const logins = await loginsUntil(mailbox, ({ ids, listed }) => {
    assert(number < 2 || listed.length === 1 && listed[0] === "new" || !ids.includes("m699"));
    Deno.writeTextFileSync(mailbox.inMailbox("new/young"), `${number}`);
    Deno.utimeSync(mailbox.inMailbox("new"), OLD + 2 + number, OLD + 2 + number++);
    return !ids.includes("m699");
  });
  assert(logins <= WHOLE_ROUND, `${logins} logins`);
});
