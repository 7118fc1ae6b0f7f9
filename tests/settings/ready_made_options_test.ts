/** The options of everything ready-made are checked when it is made. */
import { assertEquals, assertThrows } from "@std/assert";
import {
  folderMailbox,
  maildirMailbox,
  mboxMailbox,
  SingleUserProvider,
  StrikeBanEngine,
  UsersFileProvider,
} from "../../lib/mod.ts";
import { checkedOptions, flag, required, wholeNumber } from "../../lib/settings/setting.ts";

/** As a program in JavaScript would give them. */
function untyped<T>(options: unknown): T {
  const entries: Iterable<readonly unknown[]> = [["options", options]];
  return Object.fromEntries(entries).options;
}

const user = { username: "me", password: "x", openMailbox: () => folderMailbox("mail") };

const makers: Readonly<Record<string, (options: unknown) => unknown>> = {
  folderMailbox: (options) => folderMailbox("mail", untyped(options)),
  maildirMailbox: (options) => maildirMailbox("mail", untyped(options)),
  mboxMailbox: (options) => mboxMailbox("mail", untyped(options)),
  UsersFileProvider: (options) => new UsersFileProvider("users", untyped(options)),
  SingleUserProvider: (options) => new SingleUserProvider(untyped(options)),
  StrikeBanEngine: (options) => new StrikeBanEngine(untyped(options)),
};

const notAllowed: readonly (readonly [keyof typeof makers, object, string])[] = [
  ["folderMailbox", { deletePolicy: "burn" }, 'deletePolicy: "burn": give remove or trash or keep'],
  ["folderMailbox", { settleTime: -1 }, "settleTime: -1: give seconds from 0 to 3600"],
  ["maildirMailbox", { settleTime: NaN }, "settleTime: NaN: give seconds from 0 to 3600"],
  ["mboxMailbox", { deletePolicy: "" }, 'deletePolicy: "": give remove or trash or keep'],
  ["StrikeBanEngine", { strikes: -1 }, "strikes: -1: give a whole number from 0 to 1000000"],
  ["StrikeBanEngine", { seconds: Infinity }, "seconds: Infinity: give seconds from 1 to 31536000"],
  ["UsersFileProvider", { usernameCase: "upper" }, 'usernameCase: "upper": give lower or keep'],
  ["UsersFileProvider", { mailbox: { deletePolicy: "burn" } }, "give remove or trash or keep"],
  ["UsersFileProvider", { hashing: { threads: 0 } }, "threads: 0: give a whole number from 1 to"],
  [
    "UsersFileProvider",
    { scramKey: new Uint8Array(3) },
    "scramKey: this Uint8Array: give 32 octets",
  ],
  ["SingleUserProvider", { ...user, username: "" }, 'username: "": give a name'],
];

const wrongKind: readonly (readonly [keyof typeof makers, unknown, string])[] = [
  ["folderMailbox", { readOnly: "no" }, 'readOnly: "no": give true or false'],
  ["folderMailbox", { events: () => {} }, "events: there is no such option"],
  ["maildirMailbox", { onEvent: null }, "onEvent: null: give a function"],
  ["mboxMailbox", { settleTime: 1 }, "settleTime: there is no such option"],
  ["mboxMailbox", null, "options: null: give an object with the options"],
  ["UsersFileProvider", { mailRoot: 3 }, "mailRoot: 3: give the path of a folder"],
  ["UsersFileProvider", { mailbox: { readonly: true } }, "readonly: there is no such option"],
  ["UsersFileProvider", { hashing: { waiting: "9" } }, 'waiting: "9": give a whole number'],
  ["UsersFileProvider", { clock: Date }, "clock: this function: give a clock"],
  ["SingleUserProvider", { username: "me" }, "password: undefined: give a text"],
  [
    "SingleUserProvider",
    { ...user, openMailbox: [] },
    "openMailbox: an array of 0: give a function",
  ],
  ["StrikeBanEngine", { strikes: "3" }, 'strikes: "3": give a whole number from 0 to 1000000'],
  ["StrikeBanEngine", { bans: 3 }, "bans: there is no such option"],
];

for (const [name, options, message] of notAllowed) {
  Deno.test(`${name}, refused with a RangeError: ${message}`, () => {
    assertThrows(() => makers[name]?.(options), RangeError, message);
  });
}

for (const [name, options, message] of wrongKind) {
  Deno.test(`${name}, refused with a TypeError: ${message}`, () => {
    assertThrows(() => makers[name]?.(options), TypeError, message);
  });
}

Deno.test("a path that is none is refused, too", () => {
  for (const open of [folderMailbox, maildirMailbox, mboxMailbox]) {
    assertThrows(() => open(untyped(undefined)), TypeError, "path: undefined: give the path of");
    assertThrows(() => open(""), RangeError, 'path: "": give the path of the mailbox');
  }
  assertThrows(() => new UsersFileProvider(untyped(7)), TypeError, "path: 7: give the path of");
});

Deno.test("options have their defaults, and nobody can change them", () => {
  const table = { strikes: required(wholeNumber(1, 9, 3)), quick: flag(false) };
  const given = { strikes: 4, quick: undefined };
  const options = checkedOptions(table, given);
  assertEquals(options, { strikes: 4, quick: false });
  given.strikes = 5;
  assertEquals(options.strikes, 4);
  assertThrows(() => Object.assign(options, { strikes: 5 }), TypeError);
  assertThrows(() => checkedOptions(table, {}), TypeError, "strikes: undefined: give a whole");
});
