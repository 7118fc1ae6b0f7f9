/** A users file and a folder of mailboxes, with real files and a real listener. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { hashPassword } from "../../lib/auth/passwords/slow_hashes.ts";
import { UsersFileProvider } from "../../lib/mod.ts";
import { run, testAsRoot } from "../security/two_users.ts";
import { CountedWorkers } from "../auth/counted_workers.ts";
import { UsersServed, WRONG } from "./users_served.ts";

Deno.test("each user has a mailbox of their own; a missing one is empty", async () => {
  await using served = await UsersServed.start([
    `slow:${await hashPassword("s", "bcrypt")}`,
    "quick:{PLAIN}q",
    "new:{PLAIN}n",
  ]);
  await served.message("slow", "Subject: for slow\n\n");
  await served.message("quick", "Subject: for quick\n\n");
  const stat = async (user: string, password: string) => {
    using client = await served.connect();
    assertEquals(await client.command(`XLOG ${user} ${password}`), "+OK Welcome.");
    return await client.command("STAT");
  };
  assertEquals(await stat("slow", "s"), "+OK 1 21");
  assertEquals(await stat("quick", "q"), "+OK 1 22");
  assertEquals(await stat("new", "n"), "+OK 0 0");
  assertEquals(await served.logIn("quick", "s"), WRONG);
});

Deno.test("a changed file is read again, and passwords that were right before are checked again", async () => {
  using workers = new CountedWorkers();
  const first = await hashPassword("first", "bcrypt");
  await using served = await UsersServed.start([`me:${first}`]);
  assertEquals(await served.logIn("me", "first"), "+OK Welcome.");
  assertEquals(await served.logIn("me", "first"), "+OK Welcome.");
  assertEquals(workers.questions, 1);
  await served.write([`me:${first}`, "you:{PLAIN}y"]);
  assertEquals(await served.logIn("you", "y"), "+OK Welcome.");
  assertEquals(await served.logIn("me", "first"), "+OK Welcome.");
  assertEquals(workers.questions, 2);
  await served.write([`me:${await hashPassword("second", "bcrypt")}`]);
  assertEquals(await served.logIn("me", "first"), WRONG);
  assertEquals(await served.logIn("me", "second"), "+OK Welcome.");
  assertEquals(await served.logIn("you", "y"), WRONG);
});

Deno.test("WAKE fails when the user has a new password or is gone", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m", "you:{PLAIN}y", "ann:{PLAIN}a"]);
  const asleep = async (user: string, password: string) => {
    const client = await served.connect();
    assertEquals(await client.command(`XLOG ${user} ${password}`), "+OK Welcome.");
    assertEquals(await client.command("SLEE"), "+OK Zzzzz. Deleted 0 messages.");
    return client;
  };
  using me = await asleep("me", "m");
  using you = await asleep("you", "y");
  using ann = await asleep("ann", "a");
  await served.write(["me:{PLAIN}other", "ann:{PLAIN}a"]);
  assertEquals(
    await me.command("WAKE"),
    "-ERR [AUTH] Your login is no longer valid. Send QUIT and log in again.",
  );
  assertEquals(
    await you.command("WAKE"),
    "-ERR [AUTH] Your login is no longer valid. Send QUIT and log in again.",
  );
  assertEquals(await ann.command("WAKE"), "+OK [ACTIVITY/NONE] Welcome back.");
});

Deno.test("a bad line locks out no other user, and is logged by its number", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m", "you:{ROT13}SECRET"]);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  assertEquals(await served.logIn("you", "SECRET"), WRONG);
  const [error, ...more] = served.pop3.all("error");
  assertEquals(more, []);
  assertStringIncludes(
    `${error?.error}`,
    `${served.file}: line 2: user "you": its scheme ROT13 is not known`,
  );
  assertEquals(`${error?.error}`.includes("SECRET"), false);
});

Deno.test("when the file can no longer be read, its users stay as they were, and the error is logged once", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m"]);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  await Deno.remove(served.file);
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  assertEquals(await served.logIn("me", "m"), "+OK Welcome.");
  assertEquals(served.pop3.all("error").map(({ during }) => during), ["users file"]);
  await served.write(["me:{PLAIN}n"]);
  assertEquals(await served.logIn("me", "n"), "+OK Welcome.");
});

Deno.test("a login of an unknown or locked user takes as many hashes as a wrong password", async () => {
  using workers = new CountedWorkers();
  await using served = await UsersServed.start([
    `me:${await hashPassword("m", "bcrypt")}`,
    "locked:!",
  ]);
  for (const user of ["me", "nobody", "locked", "../me"]) {
    const before = workers.questions;
    assertEquals(await served.logIn(user, "wrong"), WRONG);
    assertEquals(workers.questions - before, 1, user);
  }
  // The password of another user does not help either.
  assertEquals(await served.logIn("nobody", "m"), WRONG);
});

testAsRoot(
  "neither a name nor an untrusted link leads out of the folder of mailboxes",
  async () => {
    await using served = await UsersServed.start([
      "me:{PLAIN}m",
      "linked:{PLAIN}l",
      "inside:{PLAIN}i",
    ]);
    const secret = join(served.folder.path, "secret");
    await Deno.mkdir(secret);
    await Deno.writeTextFile(join(secret, "a.eml"), "Subject: secret\n\n");
    await served.message("me", "Subject: mine\n\n");
    await Deno.symlink(secret, join(served.mail, "linked"));
    await Deno.symlink(join(served.mail, "me"), join(served.mail, "inside"));
    await run("chown", "-h", "61001", join(served.mail, "linked"));
    for (const name of ["../secret", "/etc", "..", ".", "me/../../secret", secret]) {
      assertEquals(await served.logIn(name, "m"), WRONG, name);
    }
    assertEquals(
      await served.logIn("linked", "l"),
      "-ERR [SYS/PERM] Your mailbox cannot be opened.",
    );
    assertStringIncludes(
      `${served.pop3.all("error").map(({ error }) => (error as Error).cause)}`,
      "linked is a symbolic link of user 61001",
    );
    assertEquals(await served.logIn("inside", "i"), "+OK Welcome.");
  },
);

Deno.test("a missing folder of mailboxes is an error of the server, not an empty mailbox", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m"]);
  await Deno.remove(served.mail);
  assertStringIncludes(await served.logIn("me", "m") ?? "", "-ERR [SYS/TEMP]");
});

Deno.test("APOP and SCRAM are offered when they work for every user", async () => {
  await using served = await UsersServed.start(["me:{PLAIN}m", "you:{PLAIN}y", "locked:!"]);
  const offered = async () => {
    // The first login reads the file.
    await served.logIn("me", "m");
    using client = await served.connect();
    await client.send("CAPA\r\n");
    const sasl = (await client.readLines()).find((line) => line.startsWith("SASL"));
    return sasl;
  };
  assertEquals(await offered(), "SASL SCRAM-SHA-256 PLAIN LOGIN");
  await served.write(["me:{PLAIN}m", `you:${await hashPassword("y", "bcrypt")}`]);
  assertEquals(await offered(), "SASL PLAIN LOGIN");
});

Deno.test("a storm of wrong logins does not stall another session", async () => {
  // The hash takes long, so the test would notice one that blocks the event loop.
  const cost =
    "$argon2id$v=19$m=65536,t=3,p=1$2opwdW1WwVe6FYWqbIzMgQ$wWzQn96nt4tzBs4xJNVt5JQKiPXC8dONLdJ5ZvzjX48";
  await using served = await UsersServed.start([`me:${cost}`, "quick:{PLAIN}q"]);
  served.pop3.maxConnectionsPerIp = 1_000;
  served.pop3.provider = new UsersFileProvider(served.file, {
    mailRoot: served.mail,
    hashing: { threads: 1, waiting: 5 },
  });
  const startedAt = performance.now();
  assertEquals(await served.logIn("me", "wrong"), WRONG);
  const oneHash = performance.now() - startedAt;

  using other = await served.connect();
  assertEquals(await other.command("XLOG quick q"), "+OK Welcome.");
  const clients = await Promise.all(Array.from({ length: 10 }, () => served.connect()));
  const storm = Promise.all(clients.map((client, n) => client.command(`XLOG me ${n}`)));
  let isOver = false;
  storm.then(() => isOver = true);
  let longestDelay = 0;
  let answered = 0;
  while (!isOver) {
    const before = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 0));
    longestDelay = Math.max(longestDelay, performance.now() - before);
    assertEquals(await other.command("NOOP"), "+OK There's no-one here but us POP3 services.");
    answered++;
  }
  const replies = await storm;
  for (const client of clients) client.close();
  // Logins of one address wait for their turn; none gets [SYS/TEMP].
  assertEquals(replies, new Array(10).fill(WRONG));
  assertEquals(answered > 10, true, `${answered} NOOPs were answered`);
  assertEquals(longestDelay < oneHash / 2, true, `${longestDelay} ms of ${oneHash} ms`);
});
