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
    `such as "${user}@a.org": ${checked.path("mail", "a.org", user)}`;
  assertEquals(await checked.findings(lines, { mailPath: "%d/%n" }), [
    `fault: ${file}: without a mailbox yet: 2 of 2 users, ${
      missing("joe")
    }; are the paths of the mailboxes right?`,
  ]);
  await checked.mail("mail", "a.org", "joe");
  assertEquals(await checked.findings(lines, { mailPath: "%d/%n" }), [
    `warning: ${file}: without a mailbox yet: 1 of 2 users, ${missing("ann")}`,
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

Deno.test("weak schemes are one line, and each field that changes nothing is one, with the number of users", async () => {
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
      `warning: ${file}: weak schemes, with which whoever steals the file can guess the passwords: ` +
      "SHA (2 users), DES-CRYPT (1 user), MD5-CRYPT (1 user)",
      `warning: ${file}: the field userdb_quota_rule of 2 users changes nothing for POP3`,
      `warning: ${file}: the field nodelay of 1 user changes nothing for POP3`,
    ],
  );
});

Deno.test("what lies below the folder of mailboxes and belongs to nobody is counted, also where only the case differs", async () => {
  await using checked = await Checked.create();
  await checked.mail("mail", "Joe");
  await checked.mail("mail", "old");
  await checked.mail("mail", "bad");
  await checked.mail("mail", ".hidden");
  const [root, file] = [checked.path("mail"), checked.path("users")];
  const lines = ["joe:{PLAIN}p", "ann:{PLAIN}p", "bad:{NOPE}x"];
  await checked.mail("mail", "ann");
  assertEquals((await checked.findings(lines)).slice(1), [
    `warning: ${file}: without a mailbox yet: 1 of 2 users, such as "joe": ${root}/joe`,
    `warning: ${root}: it holds mail of nobody in the users file: 2 names, such as "Joe"`,
    `warning: ${root}: "Joe" and the mailbox "joe" of a user differ in case only: ` +
    "mail may be delivered to the one and read from the other",
  ]);
  await checked.mail("mail", "a.org", "joe");
  const ofDomain = await checked.findings(["joe@a.org:{PLAIN}p"], { mailPath: "%d/%n" });
  assertEquals(ofDomain, [
    `warning: ${root}: it holds mail of nobody in the users file: 4 names, such as "Joe"`,
  ]);
});

Deno.test("a folder of mailboxes that is not there is one fault; a Maildir inside a served folder is one", async () => {
  await using checked = await Checked.create();
  const lines = ["joe:{PLAIN}p", "ann:{PLAIN}p"];
  const nowhere = checked.path("nowhere");
  assertEquals(await checked.findings(lines, { mailRoot: nowhere }), [
    `fault: ${nowhere}: the folder of mailboxes is not there`,
  ]);
  await checked.mail("mail", "joe", "Maildir");
  await checked.mail("mail", "ann");
  const joe = checked.path("mail", "joe");
  assertEquals(await checked.findings(lines), [
    `fault: user "joe": ${joe} is served as an empty folder, but holds the Maildir ${joe}/Maildir: name that one`,
  ]);
});
