/** Tables of messages that share their columns. */
import { assertEquals } from "@std/assert";
import { MessageTable } from "../../lib/mailbox/files/message_table.ts";
import { MessageTableBuilder } from "../../lib/mailbox/files/message_table_builder.ts";
import { TimeSlice } from "../../lib/time/time_slice.ts";

const identityOf = (size: number) => ({ size, modified: 1_000, inode: size });

/** A table with more messages at its end; the path, the id and the identity of each follow from its name. */
function continued(before: MessageTable, ...names: readonly string[]): MessageTable {
  const builder = new MessageTableBuilder(before.size + names.length, 10_000_000, before);
  for (const name of names) {
    const identity = identityOf(name.charCodeAt(0));
    builder.add({ uniqueId: name, path: `cur/${name}`, identity, otherPaths: [] });
  }
  return builder.table();
}

/** So many that there is room for two more. */
const SIXTEEN = [..."ABCDEFGHIJKLMNOP"];

function idsAndPaths(table: MessageTable): (readonly [string, string])[] {
  return [...table.values()].map(({ uniqueId, path }) => [uniqueId, path] as const);
}

Deno.test("a table goes on where another ends, and leaves that one as it was", async () => {
  const before = continued(MessageTable.empty, ...SIXTEEN);
  const after = continued(before, "c");
  const last = continued(after, "d", "e", "f");
  assertEquals(idsAndPaths(before), SIXTEEN.map((name) => [name, `cur/${name}`]));
  assertEquals(idsAndPaths(after), [...idsAndPaths(before), ["c", "cur/c"]]);
  assertEquals(idsAndPaths(last), [
    ...idsAndPaths(after),
    ...["d", "e", "f"].map((name) => [name, `cur/${name}`] as const),
  ]);
  assertEquals([before.rowOf("c"), after.rowOf("c"), last.rowOf("d")], [-1, 16, 17]);
  for (const [table, row] of [[before, undefined], [after, 16]] as const) {
    await table.rowsByPath.prepare(new TimeSlice());
    assertEquals(table.rowsByPath.rowAt("cur/c"), row);
  }
});

Deno.test("two tables that go on where a third ends have their own last messages", () => {
  const before = continued(MessageTable.empty, ...SIXTEEN);
  const tables = ["c", "d"].map((name) => continued(before, name));
  assertEquals(tables.map((table) => table.at(16).path), ["cur/c", "cur/d"]);
  assertEquals(tables.map((table) => table.identityAt(16).size), [99, 100]);
});

Deno.test("what is learned of a message is known in each table that has it", () => {
  const before = continued(MessageTable.empty, ...SIXTEEN);
  const after = continued(before, "c");
  after.learn("B", { identity: identityOf("B".charCodeAt(0)), octets: 7, isClean: true });
  assertEquals([before, after].map((table) => table.measuredAt(1)?.octets), [7, 7]);
  assertEquals([before, after].map((table) => table.measuredAt(0)), [null, null]);
});

Deno.test("a list that goes on is known to be ascending only where it is", () => {
  const before = continued(MessageTable.empty, "b", "c");
  for (const [name, isAscending] of [["d", true], ["a", false], ["c2", true]] as const) {
    const { list } = continued(before, name);
    assertEquals([list.isAscending, list.numberOf(name)], [isAscending, 3]);
  }
});
