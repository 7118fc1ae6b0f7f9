/** What a check says about the lines of a users file, and about the places of the mailboxes. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { checkUsers, type UsersToCheck } from "../../lib/check/check_users.ts";
import { sentenceOf } from "../../lib/check/finding.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

class Checked implements AsyncDisposable {
  readonly folder: TemporaryFolder;

  private constructor(folder: TemporaryFolder) {
    this.folder = folder;
  }

  static async create(): Promise<Checked> {
    return new Checked(await TemporaryFolder.create());
  }

  path(...parts: readonly string[]): string {
    return join(this.folder.path, ...parts);
  }

  async mail(...parts: readonly string[]): Promise<void> {
    for (const name of ["new", "cur", "tmp"]) {
      await Deno.mkdir(this.path(...parts, name), { recursive: true });
    }
    await Deno.writeTextFile(this.path(...parts, "new", "1.x"), "Subject: x\r\n\r\n");
  }

  /** All findings as texts, with their severities. */
  async findings(
    lines: readonly string[],
    changes: Partial<UsersToCheck> = {},
  ): Promise<readonly string[]> {
    await Deno.writeTextFile(this.path("users"), `${lines.join("\n")}\n`);
    await Deno.mkdir(this.path("mail"), { recursive: true });
    const { findings, users } = await checkUsers({
      type: "users",
      file: this.path("users"),
      mailRoot: this.path("mail"),
      usernameCase: "lower",
      options: { settleTime: 0 },
      ...changes,
    });
    const all = [...findings, ...(users ?? []).flatMap((user) => user.findings)];
    return all.map((finding) => `${finding.severity}: ${sentenceOf(finding)}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}

Deno.test("a users file without users is a fault; one whose users are all locked is not", async () => {
  await using checked = await Checked.create();
  const file = checked.path("users");
  assertEquals(await checked.findings(["# nobody"]), [`fault: ${file}: it names no user`]);
  const locked = ["joe:!", "ann:{CRYPT}*", "bob:{PLAIN}x::::::nologin", "cyd:x::::::nologin=y"];
  assertEquals(await checked.findings(locked), []);
});

Deno.test("users without a mailbox are listed and counted, which is a fault only if nobody has one", async () => {
  await using checked = await Checked.create();
  const file = checked.path("users");
  const lines = ["joe@a.org:{PLAIN}p", "ann@a.org:{PLAIN}p", "locked@a.org:!"];
  const missing = (user: string) =>
    `warning: user "${user}@a.org": there is no mailbox yet: ${
      checked.path("mail", "a.org", user)
    }`;
  assertEquals(await checked.findings(lines, { mailPath: "%d/%n" }), [
    `fault: ${file}: without a mailbox yet: 2 of 2 users; are the paths of the mailboxes right?`,
    missing("joe"),
    missing("ann"),
  ]);
  await checked.mail("mail", "a.org", "joe");
  assertEquals(await checked.findings(lines, { mailPath: "%d/%n" }), [
    `warning: ${file}: without a mailbox yet: 1 of 2 users`,
    missing("ann"),
  ]);
});

Deno.test("mail below the folder of mailboxes, too, when the home is served", async () => {
  await using checked = await Checked.create();
  await checked.mail("home", "Maildir");
  await checked.mail("mail", "joe");
  const lines = [`joe:{PLAIN}p::::${checked.path("home")}::`];
  const expected = `warning: user "joe": there is mail in ${
    checked.path("mail", "joe")
  }, too; only ${checked.path("home", "Maildir")} is served`;
  assertEquals(await checked.findings(lines), [expected]);
  await Deno.remove(checked.path("mail", "joe", "new", "1.x"));
  assertEquals(await checked.findings(lines), []);
});

Deno.test("weak schemes and fields that change nothing: one line for each, with the number of users", async () => {
  await using checked = await Checked.create();
  const users = ["a", "b", "c", "d", "e"];
  for (const name of users) await checked.mail("mail", name);
  const file = checked.path("users");
  const sha = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=";
  assertEquals(
    await checked.findings([
      `a:${sha}::::::userdb_quota_rule=*:storage=1G`,
      `b:${sha}::::::userdb_quota_rule=*:storage=2G nodelay`,
      "c:{CRYPT}abNANd1rDfiNc",
      "d:{PLAIN}secret",
      "e:$1$ab$dslkcXxVH.x8LwW1W/oAB/",
      "f:{CRYPT}$y$j9T$abcdefgh$IUWJt2doU4Kf6E",
    ]),
    [
      'fault: line 6: user "f": its hash is yescrypt, which the server cannot check: make another with pop3svc hash',
      `warning: ${file}: the scheme SHA of 2 users is weak: whoever steals the file can guess the passwords`,
      `warning: ${file}: the scheme DES-CRYPT of 1 user is weak: whoever steals the file can guess the passwords`,
      `warning: ${file}: the scheme MD5-CRYPT of 1 user is weak: whoever steals the file can guess the passwords`,
      `warning: ${file}: the field userdb_quota_rule of 2 users changes nothing for POP3`,
      `warning: ${file}: the field nodelay of 1 user changes nothing for POP3`,
    ],
  );
});
