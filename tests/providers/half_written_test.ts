/** A users file that is empty, cut or not text for a moment: no login fails with a wrong password because of it. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { UsersFileProvider } from "../../lib/mod.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { UsersServed, WRONG } from "./users_served.ts";

const USERS = ["me:{PLAIN}m", "you:{PLAIN}yesterday"];
const NOBODY = "-ERR [SYS/TEMP] Nobody can log in now. Try again later.";

const useless: readonly (readonly [string, string | Uint8Array<ArrayBuffer>])[] = [
  ["empty", ""],
  ["only comments", "# nobody\n"],
  ["only bad lines", "me\nyou\n"],
  ["zeros, as after a power failure", new Uint8Array(4_096)],
  ["not UTF-8", new Uint8Array([0x6d, 0xe9, 0x3a, 0x0a])],
];

async function write(served: UsersServed, content: string | Uint8Array<ArrayBuffer>) {
  const octets = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(served.file, octets);
}

for (const [what, content] of useless) {
  Deno.test(`when a users file becomes useless, its users can still log in: ${what}`, async () => {
    await using served = await UsersServed.start(USERS);
    assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
    await write(served, content);
    assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
    assertEquals(await served.logIn("you", "yesterday"), "+OK Welcome.");
    assertEquals(served.complaints().length, 1, `${served.complaints()}`);
    await served.write(["me:{PLAIN}new"]);
    assertEquals(await served.logIn("me", "new"), "+OK Welcome.");
    assertEquals(await served.logIn("you", "yesterday"), WRONG);
    assertEquals(served.complaints().length, 1);
  });

  Deno.test(`while no user is known, no password counts as wrong: ${what}`, async () => {
    await using served = await UsersServed.start([]);
    await write(served, content);
    for (const password of ["m", "x", "y", "z"]) {
      assertEquals(await served.logIn("me", password), NOBODY);
    }
    assertEquals(served.pop3.all("login-failed"), []);
    await served.write(USERS);
    assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  });
}

Deno.test("while the file is missing, no password counts as wrong", async () => {
  await using served = await UsersServed.start([]);
  await Deno.remove(served.file);
  assertEquals(await served.logIn("me", "m"), NOBODY);
  await served.write(USERS);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
});

Deno.test("a half-written file is used once it has not changed for a while", async () => {
  await using served = await UsersServed.start(USERS);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  // The write stopped within a password.
  await Deno.writeTextFile(served.file, "me:{PLAIN}m\nyou:{PLAIN}yes");
  assertEquals(await served.logIn("you", "yesterday"), "+OK Welcome.");
  assertEquals(await served.logIn("you", "yes"), WRONG);
  assertEquals(served.complaints().length, 1);
  assertStringIncludes(served.complaints()[0] ?? "", "half written");
  const longAgo = new Date(Date.now() - 3_600_000);
  await Deno.utime(served.file, longAgo, longAgo);
  assertEquals(await served.logIn("you", "yes"), "+OK Welcome.");
  assertEquals(await served.logIn("you", "yesterday"), WRONG);
});

Deno.test("all users can be locked at once", async () => {
  await using served = await UsersServed.start(USERS);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  await served.write(["me:!", "you:!"]);
  assertEquals(await served.logIn("me", "m"), WRONG);
});

Deno.test("a useless file is read once, not at each login", async () => {
  await using folder = await TemporaryFolder.create();
  const file = `${folder.path}/users`;
  await using provider = new UsersFileProvider(file, { mailRoot: folder.path });
  await Deno.writeTextFile(file, "me:{PLAIN}m\n");
  await provider.refresh();
  await Deno.writeFile(file, new Uint8Array(1_000));
  await provider.authenticate(testConnectionInfo(), "me", "m");
  using looks = new CountedLooks(file);
  for (let n = 0; n < 10; n++) await provider.authenticate(testConnectionInfo(), "x", "m");
  assertEquals(looks.count, 0);
});

/** Counts reads of the file: opening a given path begins with lstat, the check for changes uses another call. */
class CountedLooks implements Disposable {
  count = 0;
  readonly #original = Deno.lstatSync;

  constructor(file: string) {
    Deno.lstatSync = (path) => {
      if (path === file) this.count++;
      return this.#original(path);
    };
  }

  [Symbol.dispose](): void {
    Deno.lstatSync = this.#original;
  }
}
