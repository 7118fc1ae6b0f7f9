/** Mailboxes that break one rule each: the suite finds it, and says in a few lines what is wrong. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { MemoryMailbox } from "../../lib/mod.ts";
import { type Mailbox, type MailboxFixture, testMailbox } from "../../lib/testing/mod.ts";

/** What the suite says of a mailbox, by the names of its tests. */
async function failuresOf(
  change: (mailbox: MemoryMailbox) => Partial<Mailbox>,
  fixture: Partial<MailboxFixture> = {},
): Promise<ReadonlyMap<string, string>> {
  const tests: [string, () => Promise<void>][] = [];
  testMailbox({
    name: "it",
    fill: (messages) => {
      const named = messages.map((message, index) => [`id-${index + 1}`, message]);
      const mailbox = new MemoryMailbox(Object.fromEntries(named));
      Object.assign(mailbox, change(mailbox));
      return {
        open: () => mailbox,
        removeBehindItsBack: (uniqueId) => void mailbox.messages.delete(uniqueId),
        [Symbol.asyncDispose]: () => Promise.resolve(),
        ...fixture,
      };
    },
    test: (name, run) => void tests.push([name, run]),
  });
  assertEquals(tests.length, 11);
  const failures = new Map<string, string>();
  for (const [name, run] of tests) {
    try {
      await run();
    } catch (error) {
      assert(error instanceof Error);
      assert(error.message.split("\n").length <= 10, error.message);
      assert(error.message.length < 1_000, error.message);
      assert(error.message.startsWith(name.replace("it: ", "")), error.message);
      failures.set(name.replace("it: ", ""), error.message.split("\n").slice(1).join("\n"));
    }
  }
  return failures;
}

const LIST = "lists a valid unique id for each message";
const ORDER = "keeps unique ids and their order from login to login";
const OCTETS = "gives every message back, no octet changed but for line ends";
const SIZES = "tells the exact size of every message, also of many at once";
const AGAIN = "a content that is closed early can be read again";
const THERE = "knows which messages are there";
const SET = "deletes the whole set, and nothing else";
const ALL = "deletes everything";
const OTHER_LOGIN = "a message that another login deleted is gone, and counts as deleted";
const OTHER_PROGRAM = "a message that another program removed is gone, and counts as deleted";
const READ_ONLY = "says whether it is read-only";

/** The octets of a message as they were given. */
function octetsIn(mailbox: MemoryMailbox, uniqueId: string): Uint8Array {
  const content = mailbox.messages.get(uniqueId) ?? "";
  if (content instanceof Blob) throw new TypeError("These tests have no Blob");
  return typeof content === "string" ? new TextEncoder().encode(content) : content.slice();
}

/** Changes the contents of the messages. */
function contents(change: (octets: Uint8Array, uniqueId: string) => Uint8Array | null) {
  return (mailbox: MemoryMailbox): Partial<Mailbox> => ({
    messageContents: (_info, uniqueId) => {
      const octets = change(octetsIn(mailbox, uniqueId), uniqueId);
      if (octets === null) return null;
      let rest: Uint8Array | null = octets;
      return {
        nextChunk: () => {
          const chunk = rest;
          rest = null;
          return chunk;
        },
        close() {},
      };
    },
  });
}

Deno.test("a mailbox that keeps all rules passes", async () => {
  assertEquals(await failuresOf(() => ({})), new Map());
});

Deno.test("one octet wrong in 400 KB: the message, the offset and what is around it", async () => {
  const failures = await failuresOf(contents((octets, uniqueId) => {
    if (uniqueId === "id-6") octets[200_000] = 0x80;
    return octets;
  }));
  assertEquals([...failures], [[
    OCTETS,
    [
      'message "id-6": the octet at offset 200000 is 0x80, and must be 0x34',
      "  octets:  400028 with CRLF line ends, and must be 400028",
      "  is:      …8901234567890123\\x80567890123456789…",
      "  must be: …89012345678901234567890123456789…",
    ].join("\n"),
  ]]);
});

Deno.test("a message cut off, longer, doubled, and one for another", async () => {
  const changes: readonly [(octets: Uint8Array) => Uint8Array, RegExp][] = [
    [(octets) => octets.subarray(0, -3), /at offset 22 is 0x0d.*\n {2}octets: {2}24 .* be 25\n/],
    [(octets) => new Uint8Array([...octets, 33]), /at offset 25 is 0x21, and must be missing\n/],
    [(octets) => new Uint8Array([...octets, ...octets]), /at offset 25 .*\n.* 50 .* be 25\n/],
    [() => new Uint8Array(), /at offset 0 is missing, and must be 0x53\n.*: {2}0 /],
    [() => new TextEncoder().encode("Subject: header only\r\n"), /at offset 9 is 0x68, and/],
  ];
  for (const [change, pattern] of changes) {
    const failures = await failuresOf(
      contents((octets, uniqueId) => uniqueId === "id-1" ? change(octets) : octets),
    );
    assertMatch(failures.get(OCTETS) ?? "", pattern);
    assertMatch(failures.get(OCTETS) ?? "", /^message "id-\d": /);
  }
});

const breaches: readonly [
  string,
  (mailbox: MemoryMailbox) => Partial<Mailbox>,
  Readonly<Record<string, RegExp>>,
][] = [
  ["a list that is none", () => ({ listMessageUniqueIds: () => JSON.parse("{}") }), {
    [LIST]: /^listMessageUniqueIds gives \[object Object\], which is no array$/,
  }],
  [
    "a message too few",
    (mailbox) => ({ listMessageUniqueIds: () => [...mailbox.messages.keys()].slice(1) }),
    {
      [LIST]: /^6 are listed, and must be 7$/,
      [OCTETS]: /^1 of the messages are not listed$/,
    },
  ],
  ["a unique id twice", () => ({ listMessageUniqueIds: () => new Array(7).fill("id-1") }), {
    [LIST]: /^message "id-1": the unique id of number 2 is there already$/,
  }],
  ["a unique id with a space", (mailbox) => ({
    listMessageUniqueIds: () => ["a b", ...mailbox.messages.keys()].slice(0, 7),
  }), { [LIST]: /^message "a b": the unique id of number 1 is no valid unique id$/ }],
  ["another order each time", (mailbox) => {
    let turn = 0;
    return {
      listMessageUniqueIds: () => {
        const all = [...mailbox.messages.keys()];
        return turn++ % 2 === 0 ? all : all.reverse();
      },
    };
  }, { [ORDER]: /^number 1 of the list is "id-7", and must be "id-1"; 7 are listed/ }],
  ["the size of the file in place of that on the wire", (mailbox) => ({
    messageSize: (_info, uniqueId) => octetsIn(mailbox, uniqueId).length,
  }), { [SIZES]: /^message "id-2": messageSize is 27, and must be 31$/ }],
  ["a size that is no number", () => ({ messageSize: () => JSON.parse('"25"') }), {
    [SIZES]: /^message "id-1": messageSize is "25", and must be 25$/,
  }],
  ["many sizes in another order", (mailbox) => ({
    messageSizes: async (info, uniqueIds) => {
      const sizes = await Promise.all(uniqueIds.map((id) => mailbox.messageSize(info, id)));
      return sizes.reverse();
    },
  }), { [SIZES]: /^message "id-2": messageSizes is 400028, and must be 31$/ }],
  ["too few sizes", () => ({ messageSizes: () => [] }), {
    [SIZES]: /^the number of messageSizes is 0, and must be 7$/,
  }],
  ["a listed message that is gone", contents((octets, id) => id === "id-3" ? null : octets), {
    [OCTETS]: /^message "id-3": messageContents gives null, as for one that is gone$/,
  }],
  ["an operation that throws a megabyte of lines", () => ({
    messageSize: (_info, uniqueId) => {
      throw new Error(`${uniqueId}${"\n".repeat(50)}${"x".repeat(1e6)}`);
    },
  }), { [SIZES]: /^message "id-1": messageSize throws Error: id-1 xxx.{70,90}…$/ }],
  ["a content that can be read once", (mailbox) => {
    const read = new Set<string>();
    return contents((octets, id) => {
      if (read.has(id)) return new Uint8Array();
      read.add(id);
      return octets;
    })(mailbox);
  }, { [AGAIN]: /^message "id-1": it is empty the second time$/ }],
  ["it forgets a message", () => ({ messageExists: (_info, id) => id !== "id-4" }), {
    [THERE]: /^message "id-4": messageExists is false, and must be true$/,
  }],
  ["it deletes one and no more", (mailbox) => ({
    messageDelete: (_info, [first = ""]) => void mailbox.messages.delete(first),
  }), {
    [SET]: /^number 2 of the list is "id-3", and must be "id-4"; 6 are listed, and must be 3$/,
    [ALL]: /^number 1 of the list is "id-2", and must be nothing; 6 are listed, and must be 0$/,
    [OTHER_LOGIN]:
      /^message "id-2": messageExists, once it is deleted, is true, and must be false$/,
  }],
  ["it deletes too much", (mailbox) => ({ messageDelete: () => mailbox.messages.clear() }), {
    [SET]: /^number 1 of the list is missing, and must be "id-2"; 0 are listed, and must be 3$/,
  }],
  ["what is gone is an error", (mailbox) => ({
    messageDelete: (_info, uniqueIds) => {
      for (const uniqueId of uniqueIds) {
        if (!mailbox.messages.delete(uniqueId)) throw new TypeError(`no ${uniqueId}`);
      }
    },
  }), {
    [OTHER_LOGIN]: /^messageDelete throws TypeError: no id-1$/,
    [OTHER_PROGRAM]: /^messageDelete throws TypeError: no id-1$/,
  }],
  ["it says nothing of being read-only", () => ({ mailboxIsReadOnly: () => JSON.parse("null") }), {
    [READ_ONLY]: /^mailboxIsReadOnly is null, and must be false$/,
  }],
];

for (const [what, change, expected] of breaches) {
  Deno.test(`a breach: ${what}`, async () => {
    const failures = await failuresOf(change);
    for (const [rule, pattern] of Object.entries(expected)) {
      assertMatch(failures.get(rule) ?? "it passes", pattern);
    }
  });
}

Deno.test("a fixture that does not open fails each test, with the reason as cause", async () => {
  const reason = new Error("no disk");
  const failures = await failuresOf(() => ({}), {
    open: () => {
      throw reason;
    },
  });
  assertEquals(new Set(failures.values()), new Set(["Error: no disk"]));
  assertEquals(failures.size, 11);
});

Deno.test("a read-only mailbox that lets delete fails", async () => {
  const failures = await failuresOf(() => ({}), { openReadOnly: () => new MemoryMailbox() });
  assertEquals([...failures], [[READ_ONLY, "mailboxIsReadOnly is false, and must be true"]]);
});
