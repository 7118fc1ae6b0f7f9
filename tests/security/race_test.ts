/**
 * A user swaps folders, links, FIFOs and files in a loop while their sessions read and delete. All that such a user can
 * cause is that a message of another user is moved to a folder that only the server can reach; the log names it.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { LoopbackClient } from "../loopback_client.ts";
import { ANN, JOE, logIn, messageOf, permissionSets, testAsRoot, TwoUsers } from "./two_users.ts";

const ROUNDS = 100;

/** As joe, swaps the folder and the messages in it, until its standard input ends. */
const SWAPPER = `
import os, select, sys
joe, ann, uid = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
cur, real, link = joe + "/cur", joe + "/real", joe + "/link"
def ignoring(call, *args):
    try: call(*args)
    except OSError: pass
turn = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    turn += 1
    ignoring(os.symlink, ann + "/cur", link)
    ignoring(os.rename, cur, real)
    ignoring(os.rename, link, cur)
    ignoring(os.unlink, cur)
    ignoring(os.rename, real, cur)
    name = cur + "/%d.ann:2,S" % (turn % 3 + 1)
    # The names of ann's messages: a path of joe's means one of hers while the link is there.
    if turn % 20 == 0 and not os.path.exists(name):
        with open(joe + "/tmp/x", "w", newline="") as file:
            file.write("Subject: joe\\r\\n\\r\\n" + "x" * 34 + "\\r\\n")
        os.utime(joe + "/tmp/x", (1000, 1000))
        ignoring(os.rename, joe + "/tmp/x", name)
    if turn % 5 == 0:
        ignoring(os.rename, name, joe + "/aside")
        ignoring(os.mkfifo, name)
        ignoring(os.unlink, name)
        ignoring(os.symlink, ann + "/cur/1.ann:2,S", name)
        ignoring(os.unlink, name)
        ignoring(os.rename, joe + "/aside", name)
`;

for (const [flags, permissions] of permissionSets) {
  testAsRoot(
    `${flags}: nobody else's mail is read or deleted, and the server goes on`,
    async () => {
      await using users = await TwoUsers.create();
      await using program = await users.serve(permissions);
      const openFiles = () => [...Deno.readDirSync(`/proc/${program.pid}/fd`)].length;
      using ann = await logIn(program, "ann");
      const before = openFiles();
      const swapper = new Deno.Command("python3", {
        args: ["-c", SWAPPER, users.path("mail/joe"), users.path("mail/ann"), `${JOE}`],
        stdin: "piped",
      }).spawn();
      let read = 0;
      for (let round = 0; round < ROUNDS; round++) {
        using joe = await logIn(program, "joe");
        for (const number of [1, 2, 3]) {
          if ((await joe.command(`RETR ${number}`))?.startsWith("+OK") === true) {
            const text = (await joe.readLines()).join("\n");
            assert(text.startsWith("Subject: joe"), text);
            read++;
          }
          await joe.command(`DELE ${number}`);
        }
        await joe.command("QUIT");
        // Waits until the server has closed the connection.
        assertEquals(await joe.readLine(), null);
        assertEquals(await ann.command("NOOP"), "+OK There's no-one here but us POP3 services.");
      }
      await swapper.stdin.close();
      await swapper.status;
      assertEquals(
        await ann.command("NOOP"),
        "+OK There's no-one here but us POP3 services.",
        `after ${read} messages of joe's`,
      );
      assertEquals(openFiles(), before);
      const { stderr } = await program.end("SIGTERM");
      const kept: string[] = [];
      const above = users.path("state/deletions");
      const { uid, mode } = await Deno.lstat(above);
      assertEquals([uid, (mode ?? 0) & 0o777], [0, 0o700]);
      for (const mailbox of users.names("state/deletions")) {
        const folder = `${above}/${mailbox}/kept`;
        if (!await exists(folder)) continue;
        // One of joe's FIFOs may have been moved there.
        for await (const { name, isFile } of Deno.readDir(folder)) {
          if (isFile) kept.push(`${folder}/${name}`);
        }
      }
      for (const number of [1, 2, 3]) {
        const name = `${number}.ann:2,S`;
        const inPlace = users.path(`mail/ann/cur/${name}`);
        if (await exists(inPlace)) {
          assertEquals(await Deno.readTextFile(inPlace), messageOf("ann", number));
          continue;
        }
        const texts = kept.filter((path) => Deno.lstatSync(path).uid === ANN)
          .map((path) => Deno.readTextFileSync(path));
        assert(texts.includes(messageOf("ann", number)), `message ${number} of ann's is gone`);
      }
      for (const path of kept) assertStringIncludes(stderr, path);
    },
  );
}

/** As joe, replaces the whole Maildir by a link to ann's, and puts it back, in a loop. */
const MAILDIR_SWAPPER = `
import os, select, sys
home, ann, uid = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.setgroups([]); os.setresgid(uid, uid, uid); os.setresuid(uid, uid, uid)
maildir, real = home + "/Maildir", home + "/real"
links = [(home + "/ann", ann), (home + "/own", real), (home + "/root", "/root")]
for link, target in links: os.symlink(target, link)
turn = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    turn += 1
    os.rename(maildir, real)
    for link, target in links:
        os.symlink(target, maildir)
        os.rename(maildir, home + "/used")
        os.rename(home + "/used", maildir)
        os.unlink(maildir)
    os.rename(real, maildir)
`;

for (const [flags, permissions] of permissionSets) {
  testAsRoot(
    `${flags}: a Maildir that becomes a link again and again never shows mail of another user`,
    async () => {
      await using users = await TwoUsers.create();
      await users.makeFolder("home", 0);
      await Deno.chmod(users.path("home"), 0o755);
      await users.makeFolder("home/joe", JOE);
      await Deno.rename(users.path("mail/joe"), users.path("home/joe/Maildir"));
      await Deno.writeTextFile(
        users.path("users"),
        `joe:{PLAIN}j::::${users.path("home/joe")}::\nann:{PLAIN}a:::::: userdb_mail=maildir:${
          users.path("mail/ann")
        }\n`,
      );
      await using program = await users.serve(permissions, []);
      const swapper = new Deno.Command("python3", {
        args: ["-c", MAILDIR_SWAPPER, users.path("home/joe"), users.path("mail/ann"), `${JOE}`],
        stdin: "piped",
      }).spawn();
      let read = 0;
      for (let round = 0; round < 5 * ROUNDS; round++) {
        using joe = await LoopbackClient.connect(program.port);
        await joe.readLine();
        await joe.command("USER joe");
        if ((await joe.command("PASS j"))?.startsWith("+OK") !== true) continue;
        if ((await joe.command("RETR 1"))?.startsWith("+OK") !== true) continue;
        const text = (await joe.readLines()).join("\n");
        assert(text.startsWith("Subject: joe"), text);
        read++;
      }
      await swapper.stdin.close();
      await swapper.status;
      // During the loop RETR succeeds only by chance; after it, it must succeed.
      using joe = await logIn(program, "joe");
      assertEquals(
        await joe.command("RETR 1"),
        "+OK Message text follows...",
        `after ${read} times`,
      );
      assert(users.hasAllOfAnns());
    },
  );
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
