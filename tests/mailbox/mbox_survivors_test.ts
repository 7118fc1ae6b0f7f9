/** The messages that a deletion leaves in an mbox are read as before, whatever made their first lines separators. */
import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import { sharedMailbox } from "../../lib/mailbox/mailbox_store.ts";
import { KeptOctets } from "../../lib/mailbox/mbox/kept_octets.ts";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { describe } from "../../lib/telemetry/printable.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { DATE, mboxWith, messagesById, namesIn, octetsOf } from "./mbox_with.ts";

const CERTAIN = `From joe@x ${DATE}\n`;
const POSSIBLE = CERTAIN.replace(":00 2026", " 2026");
const message = (number: number) => `From: a@b\nSubject: m${number}\n\nbody ${number}\n`;
const [M1, M2, M3] = [message(1), message(2), message(3)];
const WAYS = [false, true];

const open = (path: string): Mailbox => sharedMailbox(new MboxStore(path));

/** Deletes messages by their numbers, from 0; the next login must see the others unchanged. */
async function deleteNumbers(
  text: string,
  numbers: readonly number[],
  isInPlace: boolean,
): Promise<{ readonly count: number; readonly after: string; readonly error: unknown }> {
  await using mbox = await mboxWith(text);
  if (isInPlace) await Deno.link(mbox.file, join(mbox.path, "second"));
  const { ino } = await Deno.stat(mbox.file);
  const mailbox = open(mbox.file);
  const before = [...await messagesById(mailbox)];
  const doomed = new Set(numbers.map((number) => before[number]?.[0] ?? ""));
  doomed.delete("");
  const info = testConnectionInfo();
  let error: unknown = null;
  try {
    await mailbox.listMessageUniqueIds(info);
    await mailbox.messageDelete(info, [...doomed]);
  } catch (thrown) {
    error = thrown;
  }
  await mailbox.release?.(info);
  const kept = error === null ? before.filter(([uniqueId]) => !doomed.has(uniqueId)) : before;
  if (error !== null) assertEquals(mbox.text(), text);
  assertEquals([...await messagesById(open(mbox.file))], kept);
  assertEquals([...await messagesById(mailbox)], kept);
  if (isInPlace) assertEquals((await Deno.stat(mbox.file)).ino, ino);
  const leftovers = [".pop3svc", "mail.mbox", "second"];
  assert(namesIn(mbox.path).every((name) => leftovers.includes(name)));
  return { count: before.length, after: mbox.text(), error };
}

function assertRefused(error: unknown): void {
  assertInstanceOf(error, Pop3ResponseError);
  assertEquals(error.code, "SYS/PERM");
  assertEquals(
    error.message,
    "Other messages would change; nothing was deleted.",
  );
  assert(/mail\.mbox: nothing is deleted: without the deleted messages, /.test(describe(error)));
}

Deno.test("a separator that needs a blank line before it has one after a deletion", async () => {
  for (const isInPlace of WAYS) {
    for (const third of [POSSIBLE + M3, `From -\n${M3}`, `${CERTAIN}\nbody only\n`]) {
      const text = `${CERTAIN}${M1}${CERTAIN}${M2}\n${third}`;
      const { count, after, error } = await deleteNumbers(text, [1], isInPlace);
      assertEquals({ count, error }, { count: 3, error: null });
      assertEquals(after, `${CERTAIN}${M1}\n${third}`);
    }
  }
});

Deno.test("the added blank line has the line end of the line before it", async () => {
  const text = `${CERTAIN}${M1}${CERTAIN}${M2}\n${POSSIBLE}${M3}`.replaceAll("\n", "\r\n");
  const { after } = await deleteNumbers(text, [1], false);
  assertEquals(after, `${CERTAIN}${M1}\n${POSSIBLE}${M3}`.replaceAll("\n", "\r\n"));
});

Deno.test("a blank line is added only when one is needed", async () => {
  for (const isInPlace of WAYS) {
    const text = [M1, M2, M3].map((each) => CERTAIN + each).join("");
    const { after } = await deleteNumbers(text, [1], isInPlace);
    assertEquals(after, `${CERTAIN}${M1}${CERTAIN}${M3}`);
  }
});

Deno.test("text before the first message, and the first message deleted", async () => {
  for (const isInPlace of WAYS) {
    const text = `some text\n${CERTAIN}${M1}\n${POSSIBLE}${M2}`;
    const { after } = await deleteNumbers(text, [0], isInPlace);
    assertEquals(after, `some text\n\n${POSSIBLE}${M2}`);
  }
});

Deno.test("separators without a date that would be text after a dated one: the deletion is refused", async () => {
  for (const isInPlace of WAYS) {
    const text = `From joe\n${M1}\n${CERTAIN}${M2}\nFrom ann\n${M3}`;
    const { count, error } = await deleteNumbers(text, [0], isInPlace);
    assertEquals(count, 3);
    assertRefused(error);
    assertEquals((await deleteNumbers(text, [0, 1], isInPlace)).error, null);
  }
});

Deno.test("a wrong Content-Length that would fit afterwards: the deletion is refused", async () => {
  for (const isInPlace of WAYS) {
    const third = CERTAIN + M3;
    const body = "body\n\n";
    const first = `From: a@b\nContent-Length: ${body.length + third.length}\n\n${body}`;
    const text = `${CERTAIN}${first}${CERTAIN}${M2}more\n\n${third}`;
    const { count, error } = await deleteNumbers(text, [1], isInPlace);
    assertEquals(count, 3);
    assertRefused(error);
    assertEquals((await deleteNumbers(text, [0, 1], isInPlace)).error, null);
  }
});

Deno.test("a refused deletion puts nothing into the trash", async () => {
  await using mbox = await mboxWith(`From joe\n${M1}\n${CERTAIN}${M2}\nFrom ann\n${M3}`);
  const mailbox = sharedMailbox(new MboxStore(mbox.file, { deletePolicy: "trash" }));
  const info = testConnectionInfo();
  const [first = ""] = await mailbox.listMessageUniqueIds(info);
  await assertRejects(async () => await mailbox.messageDelete(info, [first]), Pop3ResponseError);
  await mailbox.release?.(info);
  const names = namesIn(join(mbox.path, ".pop3svc"));
  assertEquals(names.filter((name) => name.endsWith(".trash")), []);
});

/** One message in its form in the file. */
interface Piece {
  readonly separator: string;
  readonly body: string;
  readonly end: string;
  /** The pieces that its Content-Length covers; null when it has none. */
  readonly length: { readonly from: number; readonly count: number; readonly off: number } | null;
}

const pieces: fc.Arbitrary<readonly Piece[]> = fc.array(
  fc.record({
    separator: fc.oneof(
      { weight: 3, arbitrary: fc.constant(CERTAIN) },
      fc.constantFrom(
        POSSIBLE,
        "From -\n",
        "From \n",
        "From joe\n",
        "From ann\n",
        "From a b\n",
        "",
      ),
    ),
    body: fc.constantFrom(
      "From: a@b\n\nbody\n",
      "Subject: other\n\n",
      "From: a@b\n\n>From here\nFrom there\n",
      "\nno header\n",
      "no header\n",
      ">From c\nTo: x\n\nb\n",
      "X-Odd: 1\n\ntext\n",
    ),
    end: fc.constantFrom("", "\n", "\n", "\n\n", " \n"),
    length: fc.option(
      fc.record({
        from: fc.constantFrom(0, 0, 1, 2),
        count: fc.nat(2),
        off: fc.constantFrom(0, 0, 0, 1, -1),
      }),
    ),
  }),
  { minLength: 1, maxLength: 6 },
);

function textOf(all: readonly Piece[], isCrLf: boolean): string {
  const lineEnds = (text: string) => isCrLf ? text.replaceAll("\n", "\r\n") : text;
  let text = "";
  const rest: string[] = [];
  for (const { separator, body, end, length } of all.toReversed()) {
    const headerEnd = body.indexOf("\n\n") + 1;
    let piece = lineEnds(`${separator}${body}${end}`);
    if (headerEnd > 0 && length !== null) {
      const own = lineEnds(body.slice(headerEnd + 1) + end);
      const covered = rest.slice(length.from, length.from + length.count).join("").length;
      const told = Math.max(0, own.length + covered + length.off);
      const header = `${body.slice(0, headerEnd)}Content-Length: ${told}\n`;
      piece = lineEnds(`${separator}${header}\n`) + own;
    }
    rest.unshift(piece);
    text = piece + text;
  }
  return text;
}

Deno.test("after any deletion from any mbox the others keep ids and octets, or nothing was deleted", async () => {
  await fc.assert(
    fc.asyncProperty(
      pieces,
      fc.uniqueArray(fc.nat(5), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.boolean(),
      async (all, numbers, isCrLf, isInPlace) => {
        const text = textOf(all, isCrLf);
        fc.pre(/^From (?:joe@x|joe|ann|-)/.test(text));
        const { error } = await deleteNumbers(text, numbers, isInPlace).catch((error) => {
          if (error instanceof Pop3ResponseError && error.code === "SYS/PERM") fc.pre(false);
          throw error;
        });
        if (error !== null) assertRefused(error);
      },
    ),
    { numRuns: 250 },
  );
});

Deno.test("`KeptOctets` reads the remaining octets from any offset as they will be written", async () => {
  await using mbox = await mboxWith("0123456789");
  using file = await denoFileSystem.openGiven(mbox.file);
  assert(file !== null);
  const lead = octetsOf("\r\n");
  const kept = new KeptOctets(file, [{ start: 0, end: 2 }, { start: 4, end: 5, lead }, {
    start: 8,
    end: 10,
  }]);
  const text = "01\r\n489";
  assertEquals(kept.info.size, text.length);
  for (let at = 0; at <= text.length; at++) {
    for (let size = 1; size <= text.length + 1; size++) {
      const octets = new Uint8Array(size);
      const count = kept.readNow(octets, at);
      assertEquals(latin1(octets.subarray(0, count)), text.slice(at, at + size));
    }
  }
});

Deno.test("a rewrite in place that adds a blank line is undone like any other", async () => {
  const text = `${CERTAIN}${M1}${CERTAIN}${M2}\n${POSSIBLE}${M3}`;
  for (const failing of ["before the cut", "after the cut"]) {
    await using mbox = await mboxWith(text);
    await Deno.link(mbox.file, join(mbox.path, "second"));
    let hasFailed = false;
    const files: FileSystem = {
      ...denoFileSystem,
      async openInPlace(path) {
        const file = await denoFileSystem.openInPlace(path);
        if (file === null || path !== mbox.file) return file;
        const truncate = file.truncate.bind(file);
        file.truncate = async (size) => {
          if (failing === "after the cut") await truncate(size);
          hasFailed = true;
          throw new Error("disk failed");
        };
        return file;
      },
    };
    const mailbox = sharedMailbox(new MboxStore(mbox.file, {}, files));
    const info = testConnectionInfo();
    const before = [...await messagesById(mailbox)];
    const [, second = ""] = await mailbox.listMessageUniqueIds(info);
    await assertRejects(async () => await mailbox.messageDelete(info, [second]), Error, "disk");
    await mailbox.release?.(info);
    assert(hasFailed);
    assertEquals(mbox.text(), text);
    assertEquals([...await messagesById(open(mbox.file))], before);
  }
});
