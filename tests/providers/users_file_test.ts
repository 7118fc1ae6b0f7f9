import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { parseUsersFile } from "../../lib/providers/users_file.ts";
import { foreignHashes } from "../auth/foreign_hashes.ts";

Deno.test("lines of Dovecot and of Apache, comments, blank lines, CRLF", () => {
  const { users, badLines } = parseUsersFile(
    "# users\r\n\r\n" +
      "me:{PLAIN}pass word:1000:1000:Me:/home/me:/bin/sh:\r\n" +
      "you@example.org:$2y$05$oZTzDqX6pETw.JXrWMn/auciqp6YUQmHYFgxOjl4sFAZ6kyEla/FK\n" +
      "three:{PLAIN}x:::::: userdb_mail=mbox:/var/mail/three:INDEX=/x userdb_quota_rule=*:storage=1G\n" +
      "four:{PLAIN}x::::/home/four::userdb_mail=maildir:~/Mail\n" +
      "five:!:::::\n",
  );
  assertEquals(badLines, []);
  assertEquals(
    [...users.values()].map(({ name, hash, home, mailbox }) => [name, hash.type, home, mailbox]),
    [
      ["me", "plain", "/home/me", null],
      ["you@example.org", "bcrypt", null, null],
      ["three", "plain", null, { format: "mbox", path: "/var/mail/three" }],
      ["four", "plain", "/home/four", { format: "maildir", path: "/home/four/Mail" }],
      ["five", "locked", null, null],
    ],
  );
});

Deno.test("a bad line is named by its number and not quoted, and the other lines count", () => {
  const { users, badLines } = parseUsersFile([
    "good:{PLAIN}x",
    "SECRET",
    "bad:SECRET",
    "../SECRET:{PLAIN}x",
    "/SECRET:{PLAIN}x",
    "a\0b:{PLAIN}x",
    "..:{PLAIN}x",
    ".:{PLAIN}x",
    ":{PLAIN}x",
    "good:{PLAIN}SECRET",
    "relative:{PLAIN}x::::SECRET::",
    "nets:{PLAIN}x::::::allow_nets=SECRET",
    "mail:{PLAIN}x::::::userdb_mail=maildir:SECRET",
    "also-good:{PLAIN}y",
  ].join("\n"));
  assertEquals([...users.keys()], ["good", "also-good"]);
  assertEquals(badLines.map(({ line }) => line), [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
  assertEquals(badLines.filter(({ reason }) => reason.includes("SECRET")), []);
  assertStringIncludes(badLines[10]?.reason ?? "", "its allow_nets is no list of networks");
  assertEquals(badLines.slice(0, 2).map(({ user }) => user), [null, "bad"]);
});

Deno.test("users named like locks or like the server's files beside an mbox are bad lines, unless the line names its mailbox", () => {
  const names = ["ann.lock", "ann.pop3svc-old", "ann.pop3svc-new", ".pop3svc", ".pop3svc-1000"];
  const good = ["ann", "ann.locked", "lock", "pop3svc"];
  const { users, badLines } = parseUsersFile(
    [...names, ...good].map((name) => `${name}:{PLAIN}x`).join("\n") +
      "\nown.lock:{PLAIN}x::::::userdb_mail=mbox:/srv/own",
  );
  assertEquals([...users.values()].map(({ name }) => name), [...good, "own.lock"]);
  assertEquals(badLines.length, names.length);
});

Deno.test("the uid of a line that has one", () => {
  const { users } = parseUsersFile("a:{PLAIN}x:1000:1000\nb:{PLAIN}x\nc:{PLAIN}x:joe:");
  assertEquals([...users.values()].map(({ uid }) => uid), [1_000, null, null]);
});

Deno.test("no text makes the parser throw, or gives a name that leads out of a folder", () => {
  const names = fc.oneof(
    fc.constantFrom("me", "..", "../x", "/x", "a/b", "\\\\x", "."),
    fc.string(),
  );
  const hashes = fc.oneof(fc.constantFrom(...foreignHashes.map(([, text]) => text)), fc.string());
  const line = fc.oneof(
    fc.tuple(names, hashes, fc.string()).map(([name, hash, rest]) => `${name}:${hash}:${rest}`),
    fc.string({ unit: "binary" }),
  );
  fc.assert(fc.property(fc.array(line), (lines) => {
    const { users, badLines } = parseUsersFile(lines.join("\n"));
    for (const name of users.keys()) {
      assertEquals(
        new URL(encodeURIComponent(name), "file:///root/").pathname.split("/").length,
        3,
      );
      assertEquals(/[/\\\0]|^\.\.?$/.test(name), false, name);
    }
    for (const { line } of badLines) assertEquals(line > 0, true);
  }));
});
