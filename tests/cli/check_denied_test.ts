/** What `check` says, and to type, where the server's user may not read or write: for folders and mailboxes of others. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { checkUsers } from "../../lib/check/check_users.ts";
import { logIn, run, testAsRoot } from "../security/two_users.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const main = fromFileUrl(new URL("../../main.ts", import.meta.url));
const OTHER = 61_001;

class Mailboxes implements AsyncDisposable {
  readonly #folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  static async create(): Promise<Mailboxes> {
    const folder = await TemporaryFolder.create();
    for (const user of ["joe", "ann"]) {
      for (const name of ["new", "cur", "tmp"]) {
        await Deno.mkdir(join(folder.path, "mail", user, name), { recursive: true });
      }
      await Deno.writeTextFile(join(folder.path, "mail", user, "cur", "1.x:2,S"), "Subject: x\n\n");
    }
    await Deno.writeTextFile(join(folder.path, "users"), "joe:{PLAIN}j\nann:{PLAIN}a\n");
    await Deno.chmod(join(folder.path, "users"), 0o600);
    return new Mailboxes(folder);
  }

  path(...parts: readonly string[]): string {
    return join(this.#folder.path, ...parts);
  }

  /** The lines of errors and warnings, and what to do, with FOLDER in the place of the path. */
  async check(): Promise<readonly string[]> {
    const args = [
      ...["check", "--users", this.path("users"), "--mail-root", this.path("mail")],
      ...["--port", "0", "--settle-time", "0", "--state-dir", this.path("state")],
    ];
    // Without capabilities, root may do only what its own user id may.
    const { stdout } = await new Deno.Command("setpriv", {
      args: [
        ...["--bounding-set=-all", "--inh-caps=-all", Deno.execPath(), "run", "--quiet"],
        ...["--no-check", "-A", main, ...args],
      ],
    }).output();
    const lines = new TextDecoder().decode(stdout).replaceAll(this.#folder.path, "FOLDER")
      .split("\n").filter((line) => /^(error|warning| {2}to do): /.test(line));
    const ofRoot = lines.findIndex((line) => line.startsWith("warning: root runs this check"));
    return ofRoot < 0 ? lines : lines.toSpliced(ofRoot, 2);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#folder[Symbol.asyncDispose]();
  }
}

testAsRoot("a folder of mailboxes of another owner is one error, with its chown", async () => {
  await using mailboxes = await Mailboxes.create();
  await run("chown", "-R", `${OTHER}`, mailboxes.path("mail"));
  const remedy = "  to do: if all mail is to belong to the server's user: chown -R 0 FOLDER/mail";
  await run("chmod", "-R", "go-rwx", mailboxes.path("mail"));
  assertEquals(await mailboxes.check(), [
    `error: FOLDER/mail: user root may not enter the folder of mailboxes; it belongs to ${OTHER}`,
    remedy,
  ]);
  await Deno.chmod(mailboxes.path("mail"), 0o755);
  assertEquals(await mailboxes.check(), [
    `error: FOLDER/mail: it belongs to ${OTHER}, as 2 of 2 mailboxes do: user root may not read them`,
    remedy,
  ]);
});

testAsRoot(
  "a mailbox of a user of the system is never to be taken away from its user",
  async () => {
    await using mailboxes = await Mailboxes.create();
    await run("chown", "-R", `${OTHER}`, mailboxes.path("mail/joe"));
    await run("chown", "-R", `${OTHER + 1}`, mailboxes.path("mail/ann"));
    await run("chmod", "700", mailboxes.path("mail/joe"), mailboxes.path("mail/ann"));
    const lines = await mailboxes.check();
    assertEquals(lines.length, 4);
    for (const line of lines.filter((line) => line.startsWith("  to do: "))) {
      assertMatch(line, /CAP_DAC_OVERRIDE.*system-users\.conf/);
      assertEquals(line.includes("chown"), false);
    }
    // All other mailboxes belong to the server's user.
    await run("chown", "-R", "0", mailboxes.path("mail/ann"));
    assertEquals(
      (await mailboxes.check()).at(1),
      "  to do: if all mail is to belong to the " +
        "server's user: chown -R 0 FOLDER/mail/joe",
    );
  },
);

testAsRoot("modes and owners of single files have commands that work", async () => {
  await using mailboxes = await Mailboxes.create();
  await Deno.chmod(mailboxes.path("mail/joe"), 0o000);
  const message = mailboxes.path("mail/ann/cur/1.x:2,S");
  await Deno.chown(message, OTHER, OTHER);
  await Deno.chmod(message, 0o600);
  assertEquals(
    await mailboxes.check(),
    [
      "error: FOLDER/mail/joe: permission denied",
      "  to do: chmod -R u+rwX FOLDER/mail/joe",
      'error: user "ann": cannot be read: 1 message, such as "cur/1.x:2,S": permission denied; ' +
      "type: chown 0 FOLDER/mail/ann/cur/1.x:2,S",
    ].map((line) => line.replace("error: FOLDER/mail/joe", 'error: user "joe": FOLDER/mail/joe')),
  );
  await Deno.chmod(mailboxes.path("mail/joe"), 0o700);
  await Deno.chown(message, 0, 0);
  await Deno.chmod(mailboxes.path("mail/joe/new"), 0o500);
  assertEquals(await mailboxes.check(), [
    'warning: user "joe": FOLDER/mail/joe: this user may not write there, so nothing can be deleted',
    "  to do: --read-only, or chmod -R u+rwX FOLDER/mail/joe",
  ]);
});

testAsRoot(
  "an unusable state directory is one finding, and costs only the users who need it",
  async () => {
    await using mailboxes = await Mailboxes.create();
    const state = mailboxes.path("other");
    await Deno.mkdir(state, { mode: 0o700 });
    await Deno.chown(state, OTHER, OTHER);
    const args = ["--users", mailboxes.path("users"), "--mail-root", mailboxes.path("mail")];
    await using program = await RunningProgram.start([...args, "--state-dir", state], {}, ["-A"], {
      shell: 'exec setpriv --bounding-set=-all --inh-caps=-all "$@"',
    });
    using client = await logIn(program, "joe");
    assertEquals(await client.command("STAT"), "+OK 1 14");
    await client.command("QUIT");
    const { stderr } = await program.end("SIGTERM");
    assertStringIncludes(stderr, `the state directory ${state} cannot be used: user root may not`);
    assertStringIncludes(stderr, `type: chown 0 ${state} && chmod 700 ${state}`);

    // Those who need it are counted, in the same finding.
    await run("chown", "-R", `${OTHER}`, mailboxes.path("mail/ann"));
    const { findings, users } = await checkUsers({
      type: "users",
      file: mailboxes.path("users"),
      mailRoot: mailboxes.path("mail"),
      usernameCase: "lower",
      options: { settleTime: 0 },
      stateTrouble: { reason: "the state directory cannot be used", remedy: "chown" },
    });
    assertEquals([...findings, ...(users ?? []).flatMap((user) => user.findings)], [{
      severity: "fault",
      concerns: { type: "server" },
      text:
        "the state directory cannot be used: 1 user cannot log in, since the mailbox belongs to " +
        "another user than the server's own",
      remedy: "chown",
    }]);
  },
);

testAsRoot(
  "a single mailbox is served, and its messages are deleted, whatever the state directory is",
  async () => {
    await using mailboxes = await Mailboxes.create();
    const state = mailboxes.path("other");
    await Deno.mkdir(state, { mode: 0o700 });
    await Deno.chown(state, OTHER, OTHER);
    const args = [mailboxes.path("mail/joe"), "--state-dir", state];
    await using program = await RunningProgram.start(args, {}, ["-A"], {
      shell: 'exec setpriv --bounding-set=-all --inh-caps=-all "$@"',
    });
    using client = await LoopbackClient.connect(program.port);
    await client.logIn();
    assertEquals(
      await client.command("DELE 1"),
      "+OK Message UID:1.x flagged for delete on QUIT or SLEE.",
    );
    assertEquals(await client.command("QUIT"), "+OK 1 message deleted. Closing connection.");
  },
);
