/** Which spellings are the same name or the same password: letter case and SASLprep (RFC 4013). */
import { assertEquals } from "@std/assert";
import { createHash } from "node:crypto";
import { nameKeysOf, prepared } from "../../lib/auth/prepared_text.ts";
import { PasswordChecker } from "../../lib/auth/passwords/password_checker.ts";
import { parsePasswordHash } from "../../lib/auth/passwords/parse_password_hash.ts";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import { parseUsersFile } from "../../lib/providers/users_file.ts";
import { MemoryMailbox, SingleUserProvider, type UsernameCase } from "../../lib/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { CountedWorkers } from "../auth/counted_workers.ts";
import { UsersServed, WRONG } from "./users_served.ts";

const NFC = "j\u00f6rg";
const NFD = "jo\u0308rg";

/** The examples of RFC 4013 section 3, and texts that stay unchanged. */
const examples: readonly (readonly [string, string])[] = [
  ["I\u00adX", "IX"],
  ["user", "user"],
  ["USER", "USER"],
  ["\u00aa", "a"],
  ["\u2168", "IX"],
  ["\u0007\u00e9", "\u0007\u00e9"],
  ["\u0627\u0031", "\u0627\u0031"],
  ["\u00ad", "\u00ad"],
  ["a\u00a0b", "a b"],
  [NFD, NFC],
  ["\u{1f600}", "\u{1f600}"],
];

Deno.test("SASLprep as in RFC 4013; forbidden texts stay unchanged", async () => {
  for (const [text, expected] of examples) assertEquals(await prepared(text), expected);
});

Deno.test("a name is compared in lower case or letter by letter, prepared in any case", async () => {
  const same = async (usernameCase: UsernameCase, one: string, other: string) => {
    const keyOf = await nameKeysOf(usernameCase, one, other);
    return keyOf(one) === keyOf(other);
  };
  assertEquals(await same("lower", "Joe@Example.ORG", "joe@example.org"), true);
  assertEquals(await same("keep", "Joe@Example.ORG", "joe@example.org"), false);
  for (const usernameCase of ["lower", "keep"] as const) {
    assertEquals(await same(usernameCase, NFC, NFD), true);
  }
  assertEquals(await same("lower", NFC.toUpperCase(), NFD), true);
  assertEquals(await same("lower", "joe", "jo"), false);
});

Deno.test("the second line of the same name is a bad line, named by its number", async () => {
  const text = `joe:{PLAIN}1\nJoe:{PLAIN}2\n${NFC}:{PLAIN}3\n${NFD}:{PLAIN}4\n`;
  const badLines = async (usernameCase: UsernameCase) =>
    parseUsersFile(text, await nameKeysOf(usernameCase, text)).badLines.map(({ line }) => line);
  assertEquals(await badLines("lower"), [2, 4]);
  assertEquals(await badLines("keep"), [4]);
});

Deno.test("another spelling of the name can log in, and the folder is named as in the users file", async () => {
  await using served = await UsersServed.start([
    "Joe@Example.ORG:{PLAIN}m",
    `${NFD}:{PLAIN}m`,
  ]);
  await served.message("Joe@Example.ORG", "Subject: for joe\n\n");
  await served.message(NFD, "Subject: for joerg\n\n");
  const spellings = [
    ["joe@example.org", "+OK 1 20"],
    ["JOE@EXAMPLE.ORG", "+OK 1 20"],
    ["Joe@Example.ORG", "+OK 1 20"],
    [NFC, "+OK 1 22"],
    [NFC.toUpperCase(), "+OK 1 22"],
  ] as const;
  for (const [name, stat] of spellings) {
    using client = await served.connect();
    assertEquals(await client.command(`XLOG ${name} m`), "+OK Welcome.", name);
    assertEquals(await client.command("STAT"), stat, name);
  }
  assertEquals(served.pop3.all("login-failed"), []);
  // WAKE works with the spelling of the login.
  using client = await served.connect();
  await client.command("XLOG JOE@example.org m");
  await client.command("SLEE");
  assertEquals(await client.command("WAKE"), "+OK [ACTIVITY/NONE] Welcome back.");
});

Deno.test("usernameCase keep: letter case counts", async () => {
  await using served = await UsersServed.start(["joe:{PLAIN}1", "Joe:{PLAIN}2"], {
    usernameCase: "keep",
  });
  assertEquals(await served.logIn("joe", "1"), "+OK Welcome.");
  assertEquals(await served.logIn("Joe", "2"), "+OK Welcome.");
  assertEquals(await served.logIn("Joe", "1"), WRONG);
  assertEquals(await served.logIn("JOE", "1"), WRONG);
});

Deno.test("SingleUserProvider compares names and passwords in the same way", async () => {
  const logsIn = async (username: string, password: string, usernameCase?: UsernameCase) => {
    const provider = new SingleUserProvider({
      username: `Me${NFC}`,
      password: `${NFC} x`,
      ...(usernameCase === undefined ? {} : { usernameCase }),
      openMailbox: () => new MemoryMailbox(),
    });
    return await provider.authenticate(testConnectionInfo(), username, password) !== null;
  };
  assertEquals(await logsIn(`ME${NFD}`, `${NFD}\u00a0x`), true);
  assertEquals(await logsIn(`ME${NFD}`, `${NFD}\u00a0x`, "keep"), false);
  assertEquals(await logsIn(`Me${NFD}`, `${NFD} x`, "keep"), true);
  assertEquals(await logsIn(`me${NFC}`, `${NFC.toUpperCase()} x`), false);
});

Deno.test("an empty password is never accepted", async () => {
  const provider = new SingleUserProvider({
    username: "me",
    password: "",
    openMailbox: () => new MemoryMailbox(),
  });
  const info = testConnectionInfo();
  assertEquals(await provider.authenticate(info, "me", ""), null);
  assertEquals(await provider.secrets.secretOf(info, "me"), null);
});

Deno.test("a hash is checked with the prepared password, then with the one that was sent, as one attempt", async () => {
  using workers = new CountedWorkers();
  using checker = new PasswordChecker({ threads: 1 });
  const check = async (madeOf: string, sent: string) => {
    const hash = parsePasswordHash(await hashPassword(madeOf, "bcrypt"));
    const before = workers.questions;
    return [await checker.check(hash, sent, "me"), workers.questions - before];
  };
  assertEquals(await check(NFC, NFD), [true, 1]);
  assertEquals(await check(NFD, NFD), [true, 2]);
  assertEquals(await check(NFD, NFC), [false, 1]);
  assertEquals(await check("plain", "plain"), [true, 1]);
  const plain = parsePasswordHash(`{PLAIN}${NFD}\u00a0x`);
  assertEquals(await checker.check(plain, `${NFC} x`, "me"), true);
});

Deno.test("both checks of a wrong password are one strike", async () => {
  await using served = await UsersServed.start([`me:${await hashPassword(NFC, "bcrypt")}`]);
  assertEquals(await served.logIn("me", `${NFD}x`), WRONG);
  assertEquals(served.pop3.all("login-failed").length, 1);
});

Deno.test("APOP accepts a digest of the password as in the file, or prepared", async () => {
  await using served = await UsersServed.start([`me:{PLAIN}${NFD}`]);
  await served.logIn("me", NFC);
  for (const [password, reply] of [[NFC, "+OK Welcome."], [NFD, "+OK Welcome."], ["x", WRONG]]) {
    const { client: connected, greeting } = await served.greeted();
    using client = connected;
    const [timestamp = ""] = /<.*>/.exec(greeting) ?? [];
    const digest = createHash("md5").update(timestamp + password).digest("hex");
    assertEquals(await client.command(`APOP me ${digest}`), reply);
  }
});
