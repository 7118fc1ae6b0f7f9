/** What `check` reports about an mbox, and about files that are not one. */
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { DATE, mboxWith } from "./mbox_with.ts";

const F = `From a@x ${DATE}\n`;
const MESSAGE = `${F}Subject: a\n\na\n\n`;

Deno.test("an mbox without faults", async () => {
  await using mbox = await mboxWith(MESSAGE);
  const found = await new MboxStore(mbox.file).inspect();
  const { messages, octets, warnings, faults, leftovers } = found;
  assertEquals([messages, octets, warnings, faults, leftovers], [1, 17, [], [], []]);
  assertEquals(mbox.names(), ["mail.mbox"], "No file is left");
});

const warnings: readonly (readonly [string, string, string])[] = [
  [
    "prose",
    `${MESSAGE}${F}Subject: b\n\nb\n\nFrom my end\n`,
    'doubtful separators, which begin with "From " and may also be text: 1 line, such as "From my end"',
  ],
  [
    "a separator within a Content-Length",
    `${F}Content-Length: ${MESSAGE.length}\n\n${MESSAGE}`,
    "and may also be text: 1 line",
  ],
  [
    "a separator that no header follows",
    `${MESSAGE}${F}he said\n`,
    "and may also be text: 1 line",
  ],
  [
    "a lost separator",
    `Subject: b\n\nb\n\n${MESSAGE}`,
    "the first message has lost the line that separates it",
  ],
  ["twins", MESSAGE + MESSAGE, "the same as another message in every octet: 1 message"],
  [
    "a message that Thunderbird has deleted",
    `${MESSAGE}${F}X-Mozilla-Status: 0009\n\nx\n`,
    "or keeps its own data in it: 1 message",
  ],
];

for (const [name, text, warning] of warnings) {
  Deno.test(`a doubt is a warning: ${name}`, async () => {
    await using mbox = await mboxWith(text);
    const found = await new MboxStore(mbox.file).inspect();
    assertEquals(found.faults, []);
    assertEquals(found.warnings.length, 1);
    assertStringIncludes(found.warnings[0] ?? "", warning);
  });
}

Deno.test("octets that belong to no message are a fault, which is logged once", async () => {
  await using mbox = await mboxWith(`exported\n\n${MESSAGE}`);
  const errors: string[] = [];
  const store = new MboxStore(mbox.file, {
    onEvent: (event) => event.type === "error" && errors.push(String(event.error)),
  });
  const { faults } = await store.inspect();
  assertEquals(faults.length, 1);
  assertStringIncludes(faults[0] ?? "", "the first 10 octets of");
  assertEquals(await store.count(), { messages: 1, leftOut: faults });
  assertEquals(errors, faults.map((fault) => `Error: ${fault}`));
});

Deno.test("check reports locks of other programs and places that cannot be written, without waiting", async () => {
  await using mbox = await mboxWith(MESSAGE);
  await Deno.writeTextFile(`${mbox.file}.lock`, "");
  await Deno.writeTextFile(join(mbox.path, ".pop3svc"), "");
  await Deno.writeTextFile(join(mbox.path, `.pop3svc-${Deno.uid() ?? "own"}`), "");
  const { messages, warnings } = await new MboxStore(mbox.file).inspect();
  assertEquals(messages, 1);
  assertStringIncludes(warnings.join("\n"), "mail.mbox.lock: another program has locked the mbox");
  assertStringIncludes(warnings.join("\n"), "messages cannot be deleted");
});

const others: readonly (readonly [string, string, string])[] = [
  ["MMDF", `\x01\x01\x01\x01\nSubject: a\n\na\n\x01\x01\x01\x01\n`, "it is MMDF"],
  ["gzip", "\x1f\x8b\x08\x00", "unpack it with gunzip"],
  ["ZIP", "PK\x03\x04", "unpack it with unzip"],
  ["Babyl", "BABYL OPTIONS: -*- rmail -*-\n", "unrmail"],
  ["UTF-16", "\xff\xfeF\x00r\x00o\x00m\x00", "UTF-16"],
  ["PST", "!BDN\x00", "readpst"],
  ["plain text", "Dear Joe,\n\nFrom my end all is well\n", "no line in it separates messages"],
  [
    "a file that begins like a header",
    "name: pop3svc\nversion: 1\n\nFrom here\n",
    "no line in it separates messages",
  ],
];

for (const [name, text, reason] of others) {
  Deno.test(`a file that is not an mbox is named, and not served: ${name}`, async () => {
    await using mbox = await mboxWith(text);
    const store = new MboxStore(mbox.file);
    for (const work of [() => store.count(), () => store.inspect(), () => store.lookSettled()]) {
      const error = await assertRejects(work, Pop3ResponseError, "Your mailbox cannot be opened.");
      assert(error.cause instanceof Error);
      assertStringIncludes(error.cause.message, reason);
    }
    assertEquals(mbox.text(), text);
  });
}

Deno.test("a folder of Apple Mail is named with the file in it", async () => {
  await using mbox = await mboxWith(MESSAGE);
  const folder = join(mbox.path, "Archive.mbox");
  await Deno.mkdir(folder);
  await Deno.rename(mbox.file, join(folder, "mbox"));
  const error = await assertRejects(() => new MboxStore(folder).count(), Pop3ResponseError);
  assertStringIncludes(String(error.cause), `give ${join(folder, "mbox")}`);
});
