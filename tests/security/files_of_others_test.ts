/** Whatever a user puts into their own mailbox, they harm nobody else and get nothing from the server by it. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { LoopbackClient } from "../loopback_client.ts";
import { runProgram } from "../running_program.ts";
import { JOE, logIn, messageOf, permissionSets, run, testAsRoot, TwoUsers } from "./two_users.ts";

const SYS_PERM = "-ERR [SYS/PERM] Your mailbox cannot be opened.";

for (const [flags, permissions] of permissionSets) {
  testAsRoot(
    `${flags}: a message that became a FIFO is an error for that message, and blocks no session`,
    async () => {
      await using users = await TwoUsers.create();
      await using program = await users.serve(permissions);
      using joe = await logIn(program, "joe");
      assertEquals(await joe.command("LIST 1"), "+OK 1 44");
      for (const number of [1, 2]) {
        await Deno.remove(users.path(`mail/joe/cur/${number}.joe:2,S`));
        await users.fifo(`mail/joe/cur/${number}.joe:2,S`, JOE);
      }
      for (const command of ["RETR 1", "TOP 1 1", "RETR 2", "LIST 2", "DELE 2"]) {
        assertMatch(await joe.command(command) ?? "", /^-ERR /, command);
      }
      using ann = await logIn(program, "ann");
      assertEquals(await ann.command("STAT"), "+OK 3 132");
      assertEquals(await joe.command("NOOP"), "+OK There's no-one here but us POP3 services.");
      // The next login does not list them.
      using again = await logIn(program, "joe");
      assertEquals(await again.command("STAT"), "+OK 1 44");
      const { code } = await program.end("SIGTERM");
      assertEquals(code, 0);
    },
  );

  testAsRoot(
    `${flags}: a device, a socket and a link in the place of a message are not messages`,
    async () => {
      await using users = await TwoUsers.create();
      await using program = await users.serve(permissions);
      using joe = await logIn(program, "joe");
      await joe.command("STAT");
      for (const number of [1, 2, 3]) {
        await Deno.remove(users.path(`mail/joe/cur/${number}.joe:2,S`));
      }
      await users.link(users.path("mail/ann/cur/1.ann:2,S"), "mail/joe/cur/1.joe:2,S", JOE);
      await run("mknod", users.path("mail/joe/cur/2.joe:2,S"), "c", "1", "3");
      const socket = Deno.listen({ transport: "unix", path: users.path("mail/joe/cur/3.joe:2,S") });
      for (const number of [1, 2, 3]) {
        assertMatch(await joe.command(`RETR ${number}`) ?? "", /^-ERR /);
      }
      using again = await logIn(program, "joe");
      assertEquals(await again.command("STAT"), "+OK 0 0");
      socket.close();
      assert(users.hasAllOfAnns());
    },
  );

  testAsRoot(`${flags}: cur and new as links lead nowhere`, async () => {
    await using users = await TwoUsers.create();
    await Deno.rename(users.path("mail/joe/cur"), users.path("mail/joe/kept"));
    await Deno.remove(users.path("mail/joe/new"));
    await users.link(users.path("mail/ann/cur"), "mail/joe/cur", JOE);
    await users.link(users.path("mail/ann/cur"), "mail/joe/new", JOE);
    await using program = await users.serve(permissions);
    using joe = await logIn(program, "joe");
    assertEquals(await joe.command("STAT"), "+OK 0 0");
    const { stderr } = await program.end("SIGTERM");
    assertStringIncludes(stderr, "mail/joe/cur is no real folder, and is left out");
    assert(users.hasAllOfAnns());
  });

  testAsRoot(
    `${flags}: when cur becomes a link after the login, nothing is read, deleted or lost`,
    async () => {
      await using users = await TwoUsers.create();
      // Joe's messages have the names of ann's, so that a path of joe's can reach a message of ann's.
      for (const number of [1, 2, 3]) {
        await Deno.rename(
          users.path(`mail/joe/cur/${number}.joe:2,S`),
          users.path(`mail/joe/cur/${number}.ann:2,S`),
        );
      }
      await using program = await users.serve(permissions);
      using joe = await logIn(program, "joe");
      await joe.command("STAT");
      await joe.command("DELE 1");
      await Deno.rename(users.path("mail/joe/cur"), users.path("mail/joe/kept"));
      await users.link(users.path("mail/ann/cur"), "mail/joe/cur", JOE);
      assertMatch(await joe.command("RETR 2") ?? "", /^-ERR /);
      await joe.command("QUIT");
      assert(users.hasAllOfAnns());
      assertEquals(users.names("mail/joe/kept"), ["1.ann:2,S", "2.ann:2,S", "3.ann:2,S"]);
    },
  );

  testAsRoot(
    `${flags}: a user's link to the mailbox of another user is refused; root's link is followed`,
    async () => {
      await using users = await TwoUsers.create();
      await Deno.rename(users.path("mail/joe"), users.path("joes"));
      await users.link(users.path("mail/ann"), "mail/joe", JOE);
      await using program = await users.serve(permissions);
      using refused = await LoopbackClient.connect(program.port);
      await refused.readLine();
      await refused.command("USER joe");
      assertEquals(await refused.command("PASS j"), SYS_PERM);
      // First joe's link to joe's mailbox, then root's.
      for (const owner of [JOE, 0]) {
        await Deno.remove(users.path("mail/joe"));
        await users.link(users.path("joes"), "mail/joe", owner);
        using joe = await logIn(program, "joe");
        assertEquals(await joe.command("STAT"), "+OK 3 132");
      }
      const { stderr } = await program.end("SIGTERM");
      assertMatch(
        stderr,
        /mail\/joe is a symbolic link of user 61001 to something of user 61002/,
      );
      assert(users.hasAllOfAnns());
    },
  );

  testAsRoot(
    `${flags}: an own folder of the server that the user has made is not used, and no mail is lost`,
    async () => {
      await using users = await TwoUsers.create();
      await users.makeFolder("mail/joe/pop3svc", JOE);
      await users.makeFolder("mail/joe/.pop3svc", JOE);
      await users.write("precious", "precious", 0);
      for (const own of ["mail/joe/pop3svc", "mail/joe/.pop3svc"]) {
        await users.link("../../ann", `${own}/deleted-x`, JOE);
        await users.link("../../ann", `${own}/moving-x`, JOE);
        await users.link("../../ann", `${own}/trash`, JOE);
        for (const name of ["index", "lease", "lock", "exclusive"]) {
          await users.link(users.path("precious"), `${own}/${name}`, JOE);
        }
      }
      await using program = await users.serve(permissions, [
        "--mail-root",
        users.path("mail"),
        "--lock",
      ]);
      {
        using joe = await logIn(program, "joe");
        assertEquals(await joe.command("STAT"), "+OK 3 132");
        await joe.command("DELE 1");
        assertEquals(await joe.command("QUIT"), "+OK 1 message deleted. Closing connection.");
      }
      assertEquals(users.names("mail/joe/cur"), ["2.joe:2,S", "3.joe:2,S"]);
      assertEquals(await Deno.readTextFile(users.path("precious")), "precious");
      assert(users.hasAllOfAnns());
      assertEquals(users.names("mail/ann"), ["cur", "new", "tmp"]);
      const { stderr } = await program.end("SIGTERM");
      assertMatch(stderr, /mail\/joe\/\.pop3svc, of an older version, is left alone/);
      // The server's own folder lies in the state directory, and is removed after the deletion.
      assertEquals(users.names("state/deletions"), []);
    },
  );

  testAsRoot(
    `${flags}: files of another user are neither served nor moved, and the log names the remedy`,
    async () => {
      await using users = await TwoUsers.create();
      await users.write("mail/joe/cur/4.root:2,S", messageOf("root", 4), 0);
      await Deno.link(users.path("mail/ann/cur/1.ann:2,S"), users.path("mail/joe/cur/5.ann:2,S"));
      await using program = await users.serve(permissions);
      assertMatch(
        program.readyLines.at(-1) ?? "",
        /NOT SERVED: left out of .*chown -R 61001 .*: 2 files/,
      );
      const args = ["check", "--users", users.path("users"), "--mail-root", users.path("mail")];
      const checked = await runProgram([...args, "--state-dir", users.path("state")]);
      assertEquals(checked.code, 1);
      assertMatch(checked.stdout, /user "joe": left out of .*chown -R 61001 .*: 2 files/);
      using joe = await logIn(program, "joe");
      assertEquals(await joe.command("STAT"), "+OK 3 132");
      await joe.command("DELE 1");
      await joe.command("DELE 2");
      // Between DELE and QUIT one of the marked messages becomes ann's.
      await Deno.remove(users.path("mail/joe/cur/2.joe:2,S"));
      await Deno.link(users.path("mail/ann/cur/2.ann:2,S"), users.path("mail/joe/cur/2.joe:2,S"));
      assertEquals(
        await joe.command("QUIT"),
        "-ERR A message has changed since you logged in; nothing was deleted.",
      );
      assertEquals(users.names("mail/joe/cur").length, 5);
      assertEquals(users.names("mail/joe"), ["cur", "new", "tmp"]);
      assert(users.hasAllOfAnns());
      const { stderr } = await program.end("SIGTERM");
      assertMatch(
        stderr,
        /left out of .*mail\/joe, of somebody else than the owner of the mailbox/,
      );
      assertMatch(stderr, /chown -R 61001 '.*mail\/joe'/);
    },
  );
}

testAsRoot("a home without a Maildir is an empty mailbox, and stays unchanged", async () => {
  await using users = await TwoUsers.create();
  await users.makeFolder("home", JOE);
  await users.write("home/thesis.tex", "\\documentclass{book}", JOE);
  await Deno.writeTextFile(
    users.path("users"),
    `joe:{PLAIN}j::::${users.path("home")}::\nann:{PLAIN}a::::${users.path("mail/ann")}::\n`,
  );
  await using program = await users.serve(["-A"], []);
  using joe = await logIn(program, "joe");
  assertEquals(await joe.command("UIDL"), "+OK Unique-IDs follow...");
  assertEquals(await joe.readLines(), []);
  await joe.command("QUIT");
  assertEquals(users.names("home"), ["thesis.tex"]);
  // A home that is itself a Maildir is served as one.
  using ann = await logIn(program, "ann");
  assertEquals(await ann.command("STAT"), "+OK 3 132");
  // A mailer makes the Maildir with the first mail.
  for (const name of ["home/Maildir", "home/Maildir/new", "home/Maildir/cur", "home/Maildir/tmp"]) {
    await users.makeFolder(name, JOE);
  }
  await users.write("home/Maildir/new/1.joe", messageOf("joe", 1), JOE);
  using again = await logIn(program, "joe");
  assertEquals(await again.command("STAT"), "+OK 1 44");
});

testAsRoot(
  "without a state directory, a mailbox of another user is refused, and the others work",
  async () => {
    await using users = await TwoUsers.create();
    for (const path of ["", "/new", "/cur", "/tmp"]) {
      await Deno.chown(
        users.path(`mail/ann${path}`),
        0,
        0,
      );
    }
    await Deno.writeTextFile(users.path("state"), "a file");
    await using program = await users.serve(["-A"]);
    using joe = await LoopbackClient.connect(program.port);
    await joe.readLine();
    await joe.command("USER joe");
    assertEquals(await joe.command("PASS j"), SYS_PERM);
    // A mailbox of the server's own user is served whole.
    using ann = await logIn(program, "ann");
    assertEquals(await ann.command("STAT"), "+OK 3 132");
    const { stderr } = await program.end("SIGTERM");
    assertStringIncludes(
      stderr,
      "mailboxes that belong to other users than the server's are refused",
    );
    assertMatch(stderr, /mail\/joe belongs to user 61001, so its state needs a state directory/);
  },
);

testAsRoot(
  "only the server's user can read the state, and it is not in a mailbox of another user",
  async () => {
    await using users = await TwoUsers.create();
    for (let number = 100; number < 1_100; number++) {
      await users.write(`mail/joe/cur/${number}.joe:2,S`, messageOf("joe", number), JOE);
    }
    await Deno.utime(users.path("mail/joe/cur"), 1_000, 1_000);
    await using program = await users.serve(["-A"]);
    using joe = await logIn(program, "joe");
    assertMatch(await joe.command("STAT") ?? "", /^\+OK 1003 /);
    assertEquals(users.names("mail/joe"), ["cur", "new", "tmp"]);
    const [folder = ""] = users.names("state/mailboxes");
    const modeOf = (below: string) => (Deno.lstatSync(users.path(below)).mode ?? 0) & 0o777;
    assertEquals(modeOf("state"), 0o700);
    assertEquals(modeOf(`state/mailboxes/${folder}`), 0o700);
    assertEquals(users.names(`state/mailboxes/${folder}`), ["index"]);
    assertEquals(modeOf(`state/mailboxes/${folder}/index`), 0o600);
  },
);

testAsRoot("an index with a path out of the mailbox is not trusted", async () => {
  await using users = await TwoUsers.create();
  for (let number = 100; number < 1_100; number++) {
    await users.write(`mail/joe/cur/${number}.joe:2,S`, messageOf("joe", number), JOE);
  }
  await Deno.utime(users.path("mail/joe/cur"), 1_000, 1_000);
  {
    await using program = await users.serve(["-A"]);
    using joe = await logIn(program, "joe");
    await joe.command("STAT");
  }
  const [folder = ""] = users.names("state/mailboxes");
  const index = users.path(`state/mailboxes/${folder}/index`);
  const text = await Deno.readTextFile(index);
  const forged = text.replace('"paths":["cur/1.joe:2,S"', '"paths":["../ann/cur/1.ann:2,S"');
  assert(forged !== text);
  const head = forged.split("\n");
  const lengths = head.slice(1, 3).map((line) => new TextEncoder().encode(line).length + 1);
  // The server itself writes no stamp of a folder whose time has just been set.
  const stamps = ["new", "cur"].map((name) => {
    const { ino, mtime, ctime } = Deno.lstatSync(users.path(`mail/joe/${name}`));
    return `${name} ${ino} ${mtime?.getTime()} ${ctime?.getTime()}`;
  });
  const first = (head[0] ?? "")
    .replace(/"lengths":\[[^\]]*\]/, `"lengths":${JSON.stringify(lengths)}`)
    .replace(/"stamp":"[^"]*"/, `"stamp":"${stamps.join("; ")}"`);
  await Deno.writeTextFile(index, [first, ...head.slice(1)].join("\n"));
  await using program = await users.serve(["-A"]);
  using joe = await logIn(program, "joe");
  assertMatch(await joe.command("RETR 1") ?? "", /^-ERR /);
  assert(users.hasAllOfAnns());
  using again = await logIn(program, "joe");
  assertEquals(await again.command("RETR 1"), "+OK Message text follows...");
});
