/** Where a user's mail is: `userdb_mail`, the home, and the path below the folder of mailboxes. */
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { join } from "@std/path";
import fc from "fast-check";
import { UsersFileProvider } from "../../lib/mod.ts";
import { isMailPath } from "../../lib/providers/path_template.ts";
import { parseUsersFile, type UsersFileRules } from "../../lib/providers/users_file.ts";
import { UsersServed, WRONG } from "./users_served.ts";

/** The mailbox that `userdb_mail` gives joe@example.org with the home /home/joe, or what is wrong with the line. */
function placeOf(location: string, name = "joe@example.org", home = "/home/joe"): string {
  const line = `${name}:{PLAIN}p::::${home}::userdb_mail=${location}`;
  const { users, badLines } = parseUsersFile(line);
  const mailbox = users.get(name)?.mailbox;
  return mailbox ? `${mailbox.format ?? "seen"} ${mailbox.path}` : badLines[0]?.reason ?? "";
}

const understood: readonly (readonly [string, string])[] = [
  ["maildir:/srv/mail/%d/%n/Maildir", "maildir /srv/mail/example.org/joe/Maildir"],
  ["maildir:/srv/mail/%u", "maildir /srv/mail/joe@example.org"],
  ["maildir:~/Maildir", "maildir /home/joe/Maildir"],
  ["maildir:~", "maildir /home/joe"],
  ["maildir:%h/Maildir", "maildir /home/joe/Maildir"],
  ["/srv/100%%/%n", "seen /srv/100%/joe"],
  ["mbox:~/mail:INBOX=/var/mail/%u", "mbox /var/mail/joe@example.org"],
  ["mbox:~/mail:INDEX=MEMORY:INBOX=~/inbox", "mbox /home/joe/inbox"],
  [
    "maildir:~/Maildir:INDEX=/x/%u:CONTROL=/y:LAYOUT=fs:UTF-8:NO-NOSELECT",
    "maildir /home/joe/Maildir",
  ],
  ["maildir:~/Maildir:LAYOUT=Maildir++", "maildir /home/joe/Maildir"],
];

const notUnderstood: readonly (readonly [string, string])[] = [
  ["maildir:/srv/%Ld/%n", "%Ld in its userdb_mail is not known"],
  ["maildir:/srv/%{user}", "%{user} in its userdb_mail is not known"],
  ["maildir:/srv/%1n/%n", "%1n in its userdb_mail is not known"],
  ["maildir:/srv/%s", "%s in its userdb_mail is not known"],
  ["maildir:/srv/%", "% in its userdb_mail is not known"],
  ["mdbox:~/mdbox", "its userdb_mail is of the kind mdbox"],
  ["sdbox:~/sdbox", "its userdb_mail is of the kind sdbox"],
  ["maildir:~/Maildir:DIRNAME=mBoX", 'its userdb_mail has the parameter "DIRNAME"'],
  ["maildir:~/Maildir:LAYOUT=index", "its userdb_mail has the parameter LAYOUT=index"],
  ["maildir:~/Maildir::x", 'its userdb_mail has the parameter ""'],
  ["maildir:Maildir", "its userdb_mail is not an absolute path"],
  ["maildir:~ann/Maildir", "its userdb_mail is not an absolute path"],
];

Deno.test("userdb_mail as Dovecot has it: what is understood, and what is a bad line with its own words", () => {
  for (const [location, place] of understood) assertEquals(placeOf(location), place, location);
  for (const [location, reason] of notUnderstood) {
    assertStringIncludes(placeOf(location), reason, location);
  }
  assertStringIncludes(placeOf("maildir:~/x", "joe", ""), "it has no home for the %h");
  assertStringIncludes(placeOf("maildir:/srv/%d/x", "joe"), "so no domain for the %d");
});

Deno.test("no name and no domain leads out of its folder", () => {
  for (const name of ["joe@..", "joe@.", "joe@", "..@x", "@x", ".@x"]) {
    assertStringIncludes(
      placeOf("maildir:/srv/%d/%n", name),
      "cannot be the name of a folder",
      name,
    );
  }
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom("a", ".", "/", "@", "%", "\0") }), (name) => {
      const rules: UsersFileRules = { mailRoot: "/srv", mailPath: "%d/%n" };
      for (
        const { rootPath } of parseUsersFile(`${name}:{PLAIN}p`, undefined, rules).users.values()
      ) {
        const parts = rootPath?.split("/") ?? [];
        assertEquals([parts.length, parts[1], parts.includes("..")], [4, "srv", false], name);
      }
    }),
  );
});

Deno.test("--mail-path: what it may be", () => {
  for (const path of ["%u", "%d/%n", "%d/%n/Maildir", "~/mail", "%h/mail", "x-%n"]) {
    assertEquals(isMailPath(path), true, path);
  }
  for (
    const path of ["", "/srv/%u", "../%u", "%d/../%n", "%u/.", "a//b", "~", "~/", "%h", "%Lu", "%"]
  ) {
    assertEquals(isMailPath(path), false, path);
    assertThrows(() => new UsersFileProvider("users", { mailPath: path }), RangeError, "mailPath");
  }
});

Deno.test("two users with one mailbox below the folder of mailboxes, and names of the server's files, are bad lines", () => {
  const lines = ["joe@a.org", "joe@b.org", "ann.lock@a.org"].map((name) => `${name}:{PLAIN}p`);
  const named = parseUsersFile(lines.join("\n"), undefined, { mailRoot: "/srv", mailPath: "%n" });
  assertEquals(named.badLines.map(({ line, reason }) => [line, reason]), [
    [2, "its mailbox below --mail-root is that of a line above"],
    [3, "its name is reserved for a lock, or for a file of the server's"],
  ]);
  const domains = parseUsersFile("joe@.pop3svc:{PLAIN}p", undefined, {
    mailRoot: "/srv",
    mailPath: "%d/%n",
  });
  assertEquals(domains.badLines.map(({ line }) => line), [1]);
});

async function maildir(path: string, subject: string): Promise<void> {
  for (const name of ["new", "cur", "tmp"]) await Deno.mkdir(join(path, name), { recursive: true });
  await Deno.writeTextFile(join(path, "new", "1.x"), `Subject: ${subject}\r\n\r\n`);
}

Deno.test("userdb_mail wins; else the home, if it is or holds a Maildir; else the path below the folder of mailboxes", async () => {
  await using served = await UsersServed.start([], { mailPath: "%d/%n" });
  const path = (...parts: string[]) => join(served.folder.path, ...parts);
  const line = (name: string, home: string, extra = "") =>
    `${name}@example.org:{PLAIN}p::::${path("home", home)}::${extra}`;
  await served.write([
    line("named", "holds", `userdb_mail=maildir:${path("named")}`),
    line("holds", "holds"),
    line("is", "is"),
    line("root", "empty"),
    line("inbox", "empty", `userdb_mail=mbox:${path("named")}:INBOX=${path("mbox")}`),
    line("folder", "empty", `userdb_mail=mbox:${path("mboxes")}`),
    line("nothing", "empty"),
  ]);
  await maildir(path("named"), "named");
  await maildir(path("home", "holds", "Maildir"), "holds");
  await maildir(path("home", "is"), "is");
  await Deno.mkdir(path("home", "empty"));
  for (const name of ["named", "holds", "is", "root"]) {
    await maildir(path("mail", "example.org", name), name === "root" ? "root" : "WRONG");
  }
  const mbox = (subject: string) => `From - Thu Jan  1 00:00:00 1970\nSubject: ${subject}\n\n`;
  await Deno.writeTextFile(path("mbox"), mbox("inbox"));
  await Deno.mkdir(path("mboxes"));
  await Deno.writeTextFile(path("mboxes", "inbox"), mbox("folder"));
  for (const user of ["named", "holds", "is", "root", "inbox", "folder"]) {
    using client = await served.connect();
    assertEquals(await client.command(`XLOG ${user}@example.org p`), "+OK Welcome.");
    const [status, subject] = [await client.command("RETR 1"), await client.readLine()];
    assertEquals([status?.slice(0, 3), subject], ["+OK", `Subject: ${user}`]);
  }
  using client = await served.connect();
  assertEquals(await client.command("XLOG nothing@example.org p"), "+OK Welcome.");
  assertEquals(await client.command("STAT"), "+OK 0 0");
});

Deno.test("with a default domain, a login name without @ gets it; a line without one is bad", async () => {
  await using served = await UsersServed.start(
    ["joe@example.org:{PLAIN}p", "ann@example.com:{PLAIN}p", "bob:{PLAIN}p"],
    { defaultDomain: "Example.ORG" },
  );
  assertEquals(await served.logIn("joe", "p"), "+OK Welcome.");
  assertEquals(await served.logIn("joe@example.org", "p"), "+OK Welcome.");
  assertEquals(await served.logIn("ann@example.com", "p"), "+OK Welcome.");
  assertEquals(await served.logIn("ann", "p"), WRONG);
  assertEquals(await served.logIn("bob", "p"), WRONG);
  assertEquals(served.complaints().length, 1);
  assertStringIncludes(
    served.complaints()[0] ?? "",
    `line 3: user "bob": with --default-domain, nobody can log in with a name without @`,
  );
  assertEquals(
    await served.pop3.provider.canonicalUsername?.("joe"),
    await served.pop3.provider.canonicalUsername?.("joe@example.org"),
  );
});

Deno.test("a users file without users is an error in the log, at the start and at a reload", async () => {
  await using served = await UsersServed.start(["# nobody yet"]);
  assertStringIncludes(await served.logIn("joe", "p") ?? "", "-ERR [SYS/TEMP]");
  assertEquals(served.complaints(), [
    `Error: ${served.file}: it names nobody who can log in`,
  ]);
  await served.write(["joe:{PLAIN}p"]);
  assertEquals(await served.logIn("joe", "p"), "+OK Welcome.");
  await served.write(["# nobody any more, for a while"]);
  assertEquals(await served.logIn("joe", "p"), "+OK Welcome.");
  assertEquals(
    served.complaints()[1],
    `Error: ${served.file}: it names nobody who can log in: the previous users stay`,
  );
});
