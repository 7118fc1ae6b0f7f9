/** In a spool where every user can make files, nobody can read or delete the mbox of another user by a link. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { MboxStore } from "../../lib/mailbox/mbox/mbox_store.ts";
import { Pop3ResponseError } from "../../lib/provider/response_error.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ANN, JOE, logIn, permissionSets, run, testAsRoot, TwoUsers } from "./two_users.ts";

const SYS_PERM = "-ERR [SYS/PERM] Your mailbox cannot be opened.";
const message = (name: string) =>
  `From ${name}@x Thu Jan  1 00:00:00 2026\nSubject: ${name}\n\n${name}\n\n`;

/** Makes a spool like `/var/mail`, with ann's mbox of two messages. */
async function withSpool(): Promise<TwoUsers> {
  const users = await TwoUsers.create();
  await Deno.mkdir(users.path("spool"));
  await Deno.chmod(users.path("spool"), 0o1777);
  await users.write("spool/ann", message("a") + message("b"), ANN);
  await Deno.writeTextFile(
    users.path("users"),
    `joe:{PLAIN}j:${JOE}:${JOE}\nann:{PLAIN}a:${ANN}:${ANN}\n`,
  );
  return users;
}

for (const [flags, permissions] of permissionSets) {
  const serve = (users: TwoUsers) => users.serve(permissions, ["--mail-root", users.path("spool")]);

  const traps: readonly (readonly [string, (users: TwoUsers) => Promise<void>])[] = [
    ["a symbolic link", (users) => users.link("ann", "spool/joe", JOE)],
    ["a second name", (users) => Deno.link(users.path("spool/ann"), users.path("spool/joe"))],
    ["a second name of a file of root's", async (users) => {
      await Deno.writeTextFile(users.path("spool/root"), message("r"), { mode: 0o600 });
      await Deno.link(users.path("spool/root"), users.path("spool/joe"));
    }],
    ["another user's file", (users) => users.write("spool/joe", message("x"), ANN)],
  ];
  for (const [name, set] of traps) {
    testAsRoot(`${flags}: ${name} in the place of joe's mbox is refused`, async () => {
      await using users = await withSpool();
      await set(users);
      await using program = await serve(users);
      using joe = await logIn(program, "joe").then(async (client) => {
        await client.command("USER joe");
        assertEquals(await client.command("PASS j"), SYS_PERM);
        return client;
      });
      await joe.command("QUIT");
      assertEquals(await Deno.readTextFile(users.path("spool/ann")), message("a") + message("b"));
    });
  }

  testAsRoot(
    `${flags}: a second name is refused even when the user's line has no uid`,
    async () => {
      await using users = await withSpool();
      await Deno.writeTextFile(users.path("users"), "joe:{PLAIN}j\n");
      await Deno.link(users.path("spool/ann"), users.path("spool/joe"));
      await using program = await serve(users);
      using joe = await LoopbackClient.connect(program.port);
      await joe.readLine();
      await joe.command("USER joe");
      assertEquals(await joe.command("PASS j"), SYS_PERM);
    },
  );

  testAsRoot(`${flags}: a FIFO in the place of an mbox blocks no session`, async () => {
    await using users = await withSpool();
    await users.write("spool/joe", message("j"), JOE);
    await using program = await serve(users);
    using joe = await logIn(program, "joe");
    await joe.command("STAT");
    await Deno.remove(users.path("spool/joe"));
    await users.fifo("spool/joe", JOE);
    for (const command of ["RETR 1", "DELE 1"]) {
      assertMatch(await joe.command(command) ?? "", /^-ERR /);
    }
    using ann = await logIn(program, "ann");
    assertEquals(await ann.command("STAT"), "+OK 2 34");
  });

  testAsRoot(
    `${flags}: a user's own mbox is served; a deletion leaves owner, mode and neighbours as they are`,
    async () => {
      await using users = await withSpool();
      await users.write("spool/joe", message("j") + message("k"), JOE);
      await Deno.chmod(users.path("spool/joe"), 0o660);
      await users.link(users.path("spool/ann"), "spool/joe.pop3svc-new", JOE);
      await using program = await serve(users);
      {
        using joe = await logIn(program, "joe");
        assertEquals(
          await joe.command("DELE 1"),
          `+OK Message UID:${await uidOf(users)} flagged for delete on QUIT or SLEE.`,
        );
        assertMatch(await joe.command("QUIT") ?? "", /^\+OK/);
      }
      const { uid, gid, mode } = await Deno.lstat(users.path("spool/joe"));
      assertEquals([uid, gid, (mode ?? 0) & 0o7777], [JOE, JOE, 0o660]);
      assertEquals(await Deno.readTextFile(users.path("spool/joe")), message("k"));
      assertEquals(await Deno.readTextFile(users.path("spool/ann")), message("a") + message("b"));
      assertEquals(users.names("spool"), ["ann", "joe", "joe.pop3svc-new"]);
    },
  );
}

async function uidOf(users: TwoUsers): Promise<string> {
  const [first = ""] = (await new MboxStore(users.path("spool/joe")).look()).list.uniqueIds;
  return first;
}

testAsRoot(
  "a journal that joe forges in the server's own folder beside the mbox is not used",
  async () => {
    await using users = await withSpool();
    await users.write("spool/joe", message("j") + message("k"), JOE);
    await users.makeFolder("spool/.pop3svc", JOE);
    const options = { ownersOnly: true, stateDirectory: users.path("state"), uid: JOE };
    const store = new MboxStore(users.path("spool/joe"), options);
    const name = store.place.nameIn(users.path("spool/.pop3svc"), "journal");
    await Deno.writeTextFile(name, "{}");
    const { uniqueIds } = (await store.lookSettled()).list;
    assertEquals(uniqueIds.length, 2);
    await store.delete(({ list }) => new Set(list.uniqueIds.slice(0, 1)));
    assertEquals(await Deno.readTextFile(users.path("spool/joe")), message("k"));
    assertEquals(await Deno.readTextFile(name), "{}");
  },
);

testAsRoot("without a state directory, an mbox of another user's is refused", async () => {
  await using users = await withSpool();
  const store = new MboxStore(users.path("spool/ann"), { ownersOnly: true });
  let code: string | null = null;
  await store.lookSettled().catch((error) => {
    assert(error instanceof Pop3ResponseError);
    code = error.code;
  });
  assertEquals(code, "SYS/PERM");
});

testAsRoot("links in a path that the administrator gives are followed", async () => {
  await using users = await withSpool();
  await run("ln", "-s", users.path("spool"), users.path("link"));
  assertEquals(
    (await new MboxStore(join(users.path("link"), "ann")).look()).list.uniqueIds.length,
    2,
  );
});
