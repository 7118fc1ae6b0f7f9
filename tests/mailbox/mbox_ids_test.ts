/** The unique-ids of an mbox: other programs do not change them, and no other message ever gets them. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { mboxMailbox } from "../../lib/mailbox/mbox/mbox_mailbox.ts";
import { type KeptCopies, MboxIds } from "../../lib/mailbox/mbox/mbox_ids.ts";
import { MessageIdentity } from "../../lib/mailbox/mbox/message_identity.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { chunksOf, cuts } from "../protocol/chunks.ts";
import { DATE, mboxWith, messagesById, namesIn, octetsOf } from "./mbox_with.ts";

const F = `From joe@example.org ${DATE}\n`;

function identityOf(text: string, envelope = F, at: readonly number[] = []) {
  const identity = new MessageIdentity(octetsOf(envelope));
  for (const chunk of chunksOf(octetsOf(text), at)) identity.add(chunk);
  return identity.end();
}

const MESSAGE = "Received: x\n\ty\nSubject: 1\nTo: a\n\nbody\n";

const changes: readonly (readonly [string, string])[] = [
  [
    "mutt",
    "Received: x\n\ty\nSubject: 1\nTo: a\nStatus: RO\nContent-Length: 5\nLines: 1\n\nbody\n",
  ],
  ["Python", "Received: x\n\ty\nSubject: 1\nTo: a\nStatus: RO\nX-Status: AF\n\nbody\n"],
  [
    "Dovecot",
    "Received: x\n\ty\nSubject: 1\nTo: a\nX-UID: 12\nStatus: O\nX-Keywords: a b\n  c\nX-IMAPbase: 1 2\n  \n\nbody\n",
  ],
  [
    "Thunderbird",
    "X-Account-Key: account1\nX-UIDL: x\nX-Mozilla-Status: 0001\nX-Mozilla-Status2: 00000000\nX-Mozilla-Keys:    \n" +
    MESSAGE,
  ],
  ["Evolution", `X-Evolution-Source: x\n${MESSAGE.replace("To", "X-Evolution: 0000-1\nTo")}`],
  ["an export with labels", `X-Gmail-Labels: =?UTF-8?Q?a?=\n =?UTF-8?Q?b?=\n${MESSAGE}`],
  ["names in any case", `STATUS: x\n${MESSAGE.replace("To", "x-uid : 3\nTo")}`],
  ["line ends at the end", `${MESSAGE}\n\r\n`],
  ["no line end at the end", MESSAGE.trimEnd()],
];

for (const [program, text] of changes) {
  Deno.test(`fields that programs add do not change an id: ${program}`, () => {
    assertEquals(identityOf(text).digest, identityOf(MESSAGE).digest);
  });
}

const others: readonly (readonly [string, string, string])[] = [
  ["another body", MESSAGE.replace("body", "Status: RO"), F],
  ["a field of the sender", MESSAGE.replace("To", "X-Status-Of: x\nTo"), F],
  ["the same words in the body", `${MESSAGE}Status: RO\n`, F],
  ["another envelope", MESSAGE, F.replace("joe", "ann")],
  ["a folded field", MESSAGE.replace("To: a", "To: a\n Status: RO"), F],
];

for (const [name, text, envelope] of others) {
  Deno.test(`another message has another id: ${name}`, () => {
    assert(identityOf(text, envelope).digest !== identityOf(MESSAGE).digest);
  });
}

Deno.test("the id does not depend on where chunks end", () => {
  const line = fc.constantFrom(
    "Status: RO\n",
    "Subject: x\n",
    " folded\n",
    "S",
    `X-UID: ${"1".repeat(100)}\n`,
    "\n",
    "\r\n",
    "text",
  );
  fc.assert(fc.property(fc.array(line, { maxLength: 12 }), cuts, (lines, at) => {
    const text = lines.join("");
    assertEquals(identityOf(text, F, at), identityOf(text));
  }));
});

Deno.test("the id does not depend on the place in the file, wherever chunks end", async () => {
  const [alone] = await idsIn(`${F}${MESSAGE}\n`);
  for (let before = 0; before <= F.length; before += 7) {
    const filler = `From x@y ${DATE}\nSubject: x\n\n`;
    const size = 262_144 - before - filler.length - 1;
    const ids = await idsIn(`${filler}${"x".repeat(size - 1)}\n\n${F}${MESSAGE}\n`);
    assertEquals(ids[1], alone, String(before));
  }
});

async function idsIn(text: string): Promise<readonly string[]> {
  await using mbox = await mboxWith(text);
  return await mboxMailbox(mbox.file).listMessageUniqueIds(testConnectionInfo());
}

Deno.test("Thunderbird's mark for a deleted message counts only at the place where Thunderbird writes it", () => {
  const isHidden = (text: string) => identityOf(text).isHidden;
  assert(isHidden(`X-Account-Key: a\nX-Mozilla-Status: 0009\n${MESSAGE}`));
  assert(!isHidden(`X-Mozilla-Status: 0001\n${MESSAGE}`));
  assert(!isHidden(`${MESSAGE.replace("To", "X-Mozilla-Status: 0009\nTo")}`), "by a sender");
  assert(!isHidden(`Subject: x\nX-Mozilla-Status: 0009\n\n`), "by a sender");
  assert(!isHidden(`X-Mozilla-Status: 9\n${MESSAGE}`));
  assert(!isHidden(`X-Status: D\n${MESSAGE}`), "the user can still undo it");
});

Deno.test("a message that is marked as deleted is kept, but not served", async () => {
  const hidden = `${F}X-Mozilla-Status: 0008\n${MESSAGE}\n`;
  const data =
    `From MAILER-DAEMON ${DATE}\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\nThis text is part of the format\n\n`;
  await using mbox = await mboxWith(`${data}${F}${MESSAGE}\n${hidden}`);
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  assertEquals(uniqueIds.length, 1);
  await mailbox.messageDelete(info, uniqueIds);
  assertEquals(mbox.text(), data + hidden);
});

Deno.test("of two equal messages the one that is left keeps its id, across restarts, and no id is used again", async () => {
  const one = `${F}${MESSAGE}\n`;
  await using mbox = await mboxWith(one + one);
  const info = testConnectionInfo();
  const mailbox = mboxMailbox(mbox.file);
  const [first = "", second = ""] = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, [first]);
  assertEquals(await mailbox.listMessageUniqueIds(testConnectionInfo()), [second]);
  // The session that has seen both deletes the first one again, which is gone.
  await mailbox.messageDelete(info, [first]);
  assertEquals(mbox.text(), one);
  const restarted = mboxMailbox(mbox.file);
  assertEquals(await restarted.listMessageUniqueIds(testConnectionInfo()), [second]);
  await Deno.writeTextFile(mbox.file, one, { append: true });
  const [still, third = ""] = await restarted.listMessageUniqueIds(testConnectionInfo());
  assertEquals(still, second);
  assert(![first, second].includes(third));
});

Deno.test("without the state, ids follow from the contents alone", async () => {
  const [one, two] = [`${F}${MESSAGE}\n`, `${F.replace("joe", "ann")}${MESSAGE}\n`];
  await using mbox = await mboxWith(one + two);
  const info = testConnectionInfo();
  const [first = "", second = ""] = await mboxMailbox(mbox.file).listMessageUniqueIds(info);
  const mailbox = mboxMailbox(mbox.file);
  await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, [first]);
  await Deno.remove(join(mbox.path, ".pop3svc"), { recursive: true });
  assertEquals(await mboxMailbox(mbox.file).listMessageUniqueIds(info), [second]);
});

Deno.test("a message that is delivered again after its deletion has a new id, even after a restart", async () => {
  await using mbox = await mboxWith(`${F}${MESSAGE}\n`);
  const info = testConnectionInfo();
  const mailbox = mboxMailbox(mbox.file);
  const before = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, before);
  await Deno.writeTextFile(mbox.file, `${F}${MESSAGE}\n`);
  const after = await mboxMailbox(mbox.file).listMessageUniqueIds(info);
  assertEquals(after.length, 1);
  assert(after[0] !== before[0]);
});

Deno.test("a session that looks during a deletion sees which of the equal messages are left", () => {
  const digest = "a".repeat(40);
  const ids = new MboxIds();
  const [first = "", second = "", third = ""] = ids.assign([digest, digest, digest]);
  ids.doom([second]);
  assertEquals(ids.assign([digest, digest]), [first, third]);
  ids.forget([second]);
  assertEquals(ids.assign([digest, digest]), [first, third]);
});

Deno.test("a forged or damaged file of ids does no harm", async () => {
  await using mbox = await mboxWith(`${F}${MESSAGE}\n`);
  const info = testConnectionInfo();
  const mailbox = mboxMailbox(mbox.file);
  await mailbox.messageDelete(info, await mailbox.listMessageUniqueIds(info));
  const own = join(mbox.path, ".pop3svc");
  const [name = ""] = namesIn(own);
  for (
    const text of [
      "",
      "{",
      "[]",
      '{"version":1}',
      '{"version":9,"copies":[]}',
      '{"version":1,"copies":[["x",1,[],[]]]}',
    ]
  ) {
    await Deno.writeTextFile(join(own, name), text);
    await Deno.writeTextFile(mbox.file, `${F}${MESSAGE}\n`);
    assertEquals((await messagesById(mboxMailbox(mbox.file))).size, 1, text);
  }
});

/** A step in the life of an mbox of equal messages. The test numbers the messages; the ids cannot know the numbers. */
interface Step {
  readonly type:
    | "deliver"
    | "restart"
    | "other program deletes the first"
    | "delete"
    | "delete, and die before"
    | "delete, and die after";
  readonly at: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  type: fc.constantFrom(
    "deliver",
    "deliver",
    "restart",
    "other program deletes the first",
    "delete",
    "delete, and die before",
    "delete, and die after",
  ),
  at: fc.nat(5),
});

Deno.test("in any sequence of steps, equal messages keep their ids, and no id is used again", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
    const digest = "a".repeat(40);
    let kept: KeptCopies[] = [];
    let ids = new MboxIds();
    let file: number[] = [];
    let next = 0;
    const idOf = new Map<number, string>();
    const given = new Map<string, number>();
    const restart = () => ids = new MboxIds(kept);
    for (const now of steps) {
      if (now.type === "deliver") file.push(next++);
      else if (now.type === "restart") restart();
      else if (now.type === "other program deletes the first") {
        // The last one stays: a later copy of it would rightly count as the same message.
        if (file.length > 1) file = file.slice(1);
      } else if (file.length > 0) {
        const at = now.at % file.length;
        const uniqueId = idOf.get(file[at] ?? -1);
        if (uniqueId === undefined) continue;
        if (ids.doom([uniqueId])) kept = ids.kept();
        else if (now.type !== "delete") {
          // Without a twin nothing is kept, so a crash here leaves no trace.
          ids.spare([uniqueId]);
          continue;
        }
        if (now.type !== "delete, and die before") file = file.toSpliced(at, 1);
        if (now.type === "delete") {
          ids.forget([uniqueId]);
          kept = ids.kept();
        } else restart();
      }
      const assigned = ids.assign(file.map(() => digest));
      kept = ids.kept();
      for (const [at, message] of file.entries()) {
        const uniqueId = assigned[at] ?? "";
        assertEquals(idOf.get(message) ?? uniqueId, uniqueId);
        assertEquals(given.get(uniqueId) ?? message, message);
        idOf.set(message, uniqueId);
        given.set(uniqueId, message);
      }
    }
  }));
});

Deno.test("thousands of equal messages, as from a mail loop, take time in proportion to their number", async () => {
  const one = `${F}${MESSAGE}\n`;
  await using mbox = await mboxWith(one.repeat(5_000));
  const info = testConnectionInfo();
  const mailbox = mboxMailbox(mbox.file);
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, uniqueIds.filter((_, at) => at % 2 === 0));
  await mailbox.messageDelete(info, uniqueIds);
  assertEquals(mbox.text(), "");
  await Deno.writeTextFile(mbox.file, one.repeat(5_000));
  const again = await mailbox.listMessageUniqueIds(testConnectionInfo());
  const before = new Set(uniqueIds);
  assert(!again.some((uniqueId) => before.has(uniqueId)));
  assertEquals(again[0]?.split(".")[1], "5001");
});
