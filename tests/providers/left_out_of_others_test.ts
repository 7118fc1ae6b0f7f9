import { assertEquals } from "@std/assert";
import { leftOutOfOthers } from "../../lib/providers/left_out_of_others.ts";
import { parseUsersFile } from "../../lib/providers/users_file.ts";
import { ManualClock } from "../manual_clock.ts";

const { users } = parseUsersFile("a:{PLAIN}x\nb:{PLAIN}x\nc:{PLAIN}x\n", (name) => name);

Deno.test("what is left out of others' mailboxes is told", async () => {
  const mailboxes = {
    isOfOthers: ({ name }: { readonly name: string }) => Promise.resolve(name !== "b"),
    leftOut: ({ name }: { readonly name: string }) =>
      name === "c" ? Promise.reject(new Error("no access")) : Promise.resolve([`mail of ${name}`]),
  };
  assertEquals(await leftOutOfOthers(users.values(), mailboxes, new ManualClock()), ["mail of a"]);
});

Deno.test("a mailbox that takes long to count does not keep the server from serving", async () => {
  const clock = new ManualClock();
  const mailboxes = {
    isOfOthers: () => Promise.resolve(true),
    leftOut: ({ name }: { readonly name: string }) =>
      name === "a" ? Promise.resolve(["mail of a"]) : new Promise<readonly string[]>(() => {}),
  };
  const told = leftOutOfOthers(users.values(), mailboxes, clock);
  for (let n = 0; n < 10; n++) await Promise.resolve();
  clock.advance(200);
  assertEquals(await told, ["mail of a"]);
});
