/** Messages in memory, in whatever way they are given. */
import { assertEquals, assertThrows } from "@std/assert";
import { MemoryMailbox, type MemoryMessages } from "../../lib/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";

const info = testConnectionInfo();
const idsOf = (messages: MemoryMessages) => [...new MemoryMailbox(messages).messages.keys()];

/** As a program in JavaScript would give it. */
function untyped<T>(value: unknown): T {
  const entries: Iterable<readonly unknown[]> = [["value", value]];
  return Object.fromEntries(entries).value;
}

Deno.test("the order is the order given", () => {
  assertEquals(idsOf(["a", "b", "c"]), ["1", "2", "3"]);
  assertEquals(idsOf([["10", "a"], ["2", "b"]]), ["10", "2"]);
  assertEquals(idsOf(new Map([["z", "a"], ["10", "b"], ["2", "c"]])), ["z", "10", "2"]);
  assertEquals(idsOf({ z: "a", b: "b" }), ["z", "b"]);
  assertEquals(idsOf({ "7": "alone" }), ["7"]);
});

Deno.test("an object whose order JavaScript has changed is refused, and told the way", () => {
  assertThrows(
    () => new MemoryMailbox({ "10": "a", "2": "b" }),
    TypeError,
    "JavaScript puts a key that is a number, such as 2, first: give an array or a Map",
  );
  assertThrows(() => new MemoryMailbox({ a: "a", "2": "b" }), TypeError, "such as 2");
});

Deno.test("add gives the next number that no message has or had", () => {
  const mailbox = new MemoryMailbox(["a", "b"]);
  assertEquals(mailbox.add("c"), "3");
  mailbox.messageDelete(info, ["3"]);
  assertEquals(mailbox.add("d"), "4");
  assertEquals(mailbox.add("17", "e"), "17");
  mailbox.messageDelete(info, ["17"]);
  assertEquals(mailbox.add("f"), "18");
  mailbox.messages.set("19", "past add");
  assertEquals(mailbox.add("g"), "20");
  assertEquals([...mailbox.messages.keys()], ["1", "2", "4", "18", "19", "20"]);
});

Deno.test("a unique id that is none, or there twice, is named at once", () => {
  for (const bad of ["a b", "", "é", "_", "x".repeat(71), "a\r\n+OK"]) {
    const message = `the unique id ${JSON.stringify(bad)}: give 1 to 70 characters`;
    assertThrows(() => new MemoryMailbox({ [bad]: "x" }), RangeError, message);
    assertThrows(() => new MemoryMailbox([[bad, "x"]]), RangeError, message);
    assertThrows(() => new MemoryMailbox().add(bad, "x"), RangeError, message);
  }
  const twice = 'the unique id "a" is there twice';
  assertThrows(() => new MemoryMailbox([["a", "x"], ["a", "y"]]), RangeError, twice);
  assertThrows(() => new MemoryMailbox({ a: "x" }).add("a", "y"), RangeError, twice);
});

Deno.test("messages of the wrong kind are refused", () => {
  for (const given of [3, "a text", new Uint8Array(3), null]) {
    assertThrows(() => new MemoryMailbox(untyped(given)), TypeError, "give an array of messages");
  }
  for (const message of [3, null, {}, new Response("x"), ["a"]]) {
    assertThrows(
      () => new MemoryMailbox(untyped({ a: message })),
      TypeError,
      "a message in memory",
    );
    assertThrows(() => new MemoryMailbox().add("a", untyped(message)), TypeError, "give a string");
  }
  assertThrows(() => new MemoryMailbox().add("a", untyped(undefined)), TypeError, "undefined");
  assertThrows(() => new MemoryMailbox(untyped([["a"]])), TypeError, "undefined");
  assertThrows(() => new MemoryMailbox(untyped([[3, "a"]])), TypeError, "a unique id: 3");
});

Deno.test("options are checked", () => {
  assertThrows(
    () => new MemoryMailbox([], untyped({ readonly: true })),
    TypeError,
    "no such option",
  );
  assertThrows(
    () => new MemoryMailbox([], untyped({ readOnly: 1 })),
    TypeError,
    "readOnly: 1: give",
  );
});

Deno.test("strings, octets and blobs may be set, and are counted as POP3 does", async () => {
  const mailbox = new MemoryMailbox();
  mailbox.messages.set("text", "ä\n");
  mailbox.messages.set("octets", new Uint8Array([0x61]));
  mailbox.messages.set("blob", new Blob(["a\nb"]));
  const sizes = ["text", "octets", "blob"].map((uniqueId) => mailbox.messageSize(info, uniqueId));
  assertEquals(await Promise.all(sizes), [4, 3, 6]);
});
