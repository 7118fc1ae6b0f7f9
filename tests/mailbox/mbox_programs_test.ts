/**
 * Other programs use the same mbox: the server reads what they write as they would, they read what it leaves, and their
 * changes do not change ids.
 */
import { assertEquals } from "@std/assert";
import { dirname, join } from "@std/path";
import fc from "fast-check";
import { mboxMailbox } from "../../lib/mailbox/mbox/mbox_mailbox.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { DATE, mboxWith, messagesById, messagesOf } from "./mbox_with.ts";

/** How each dialect keeps lines that begin with `From ` apart from separators. */
const dialects = {
  mboxo: (body: string) => body.replace(/^From /gm, ">From "),
  mboxrd: (body: string) => body.replace(/^(>*From )/gm, ">$1"),
  mboxcl: (body: string) => body.replace(/^From /gm, ">From "),
  mboxcl2: (body: string) => body,
};
type Dialect = keyof typeof dialects;
const names: readonly Dialect[] = ["mboxo", "mboxrd", "mboxcl", "mboxcl2"];

/** One message in a dialect. */
function written(dialect: Dialect, header: string, body: string, at: number): string {
  const text = dialects[dialect](body);
  const hasLength = dialect === "mboxcl" || dialect === "mboxcl2";
  const length = hasLength ? `Content-Length: ${text.length}\n` : "";
  return `From m${at}@example.org ${DATE}\n${header}${length}\n${text}\n`;
}

const line = fc.constantFrom(
  "From here on\n",
  "From \n",
  ">From x\n",
  ">>From x\n",
  `From a@b ${DATE}\n`,
  "Subject: x\n",
  "\n",
  "text\n",
  ".\n",
  " \n",
  "\xe9\x00\n",
);
const body = fc.array(line, { maxLength: 10 }).map((lines) => `${lines.join("")}end\n`);

/**
 * The body as the server reads it: each quoted line loses one quote. A body of mboxcl2 has no quotes, which the server
 * can see when a line in it begins with `From `.
 */
function readable(dialect: Dialect, body: string): string {
  const isBare = dialect === "mboxcl2" && /^From /m.test(body);
  return isBare ? body : dialects[dialect](body).replace(/^>(>*From )/gm, "$1");
}

Deno.test("any messages in any dialect are read and deleted as their writer meant them", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(body, { minLength: 1, maxLength: 5 }),
      fc.constantFrom(...names),
      fc.nat(4),
      async (bodies, dialect, number) => {
        const parts = bodies.map((body, at) => written(dialect, `Subject: ${at}\n`, body, at));
        await using mbox = await mboxWith(parts.join(""));
        const mailbox = mboxMailbox(mbox.file);
        const texts = await messagesById(mailbox);
        assertEquals(
          [...texts.values()].map((text) => text.slice(text.indexOf("\n\n") + 2)),
          bodies.map((body) => readable(dialect, body)),
        );
        const doomed = number % bodies.length;
        const info = testConnectionInfo();
        const uniqueIds = await mailbox.listMessageUniqueIds(info);
        await mailbox.messageDelete(info, [uniqueIds[doomed] ?? ""]);
        assertEquals(mbox.text(), parts.toSpliced(doomed, 1).join(""));
      },
    ),
    { numRuns: 100 },
  );
});

const FIVE = [1, 2, 3, 4, 5].map((number) =>
  written(
    "mboxrd",
    `From: m${number}@example.org\nTo: me@example.org\nSubject: ${number}\nMessage-ID: <${number}@x>\nDate: Thu, 01 Jan 2026 00:00:0${number} +0000\n`,
    `body ${number}\n\nFrom the middle\n`,
    number,
  )
).join("");

const idsOf = async (file: string) => [...(await messagesById(mboxMailbox(file))).keys()];

await testWith(
  "python3",
  "Python's mailbox marks messages as read, and no id changes",
  async () => {
    await using mbox = await mboxWith(FIVE);
    const before = await idsOf(mbox.file);
    await run("python3", [
      "-c",
      `
import mailbox, sys
box = mailbox.mbox(sys.argv[1])
for key in list(box.keys()):
    message = box[key]
    message.set_flags("ROF")
    box[key] = message
box.flush()
`,
      mbox.file,
    ]);
    assertEquals(mbox.text().includes("Status: RO\nX-Status: F"), true);
    assertEquals(await idsOf(mbox.file), before);
  },
);

await testWith("python3", "Python reads what the server leaves", async () => {
  await using mbox = await mboxWith(FIVE);
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  const uniqueIds = await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, [uniqueIds[0] ?? "", uniqueIds[3] ?? ""]);
  const said = await run("python3", [
    "-c",
    'import mailbox, sys; print(*[m["Subject"] for m in mailbox.mbox(sys.argv[1])])',
    mbox.file,
  ]);
  assertEquals(new TextDecoder().decode(said), "2 3 5\n");
});

await testWith(
  "formail",
  "formail splits what the server leaves into as many messages",
  async () => {
    await using mbox = await mboxWith(FIVE);
    const mailbox = mboxMailbox(mbox.file);
    const info = testConnectionInfo();
    const uniqueIds = await mailbox.listMessageUniqueIds(info);
    await mailbox.messageDelete(info, uniqueIds.slice(1, 3));
    const said = await run(
      "formail",
      ["-s", "formail", "-zxSubject:"],
      await Deno.readFile(mbox.file),
    );
    assertEquals(new TextDecoder().decode(said), "1\n4\n5\n");
  },
  ["-s", "true"],
);

/** Runs mutt on the mbox, with keys as a user types them. */
async function mutt(file: string, keys: string): Promise<void> {
  const config = join(dirname(file), "muttrc");
  await Deno.writeTextFile(
    config,
    `set quit=yes delete=yes move=no mark_old=yes sort=mailbox-order folder=${
      dirname(file)
    } tmpdir=${dirname(file)}\npush "${keys}"\n`,
  );
  await run("script", ["-qec", `TERM=xterm mutt -n -F '${config}' -f '${file}'`, "/dev/null"]);
}

await testWith("mutt", "mutt marks, flags and deletes: the ids of the others stay", async () => {
  await using mbox = await mboxWith(FIVE);
  const before = await idsOf(mbox.file);
  await mutt(mbox.file, "<first-entry><delete-message><flag-message><sync-mailbox><quit>");
  assertEquals(/^Status: /m.test(mbox.text()), true);
  assertEquals(await idsOf(mbox.file), before.slice(1));
  const mailbox = mboxMailbox(mbox.file);
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  await mailbox.messageDelete(info, [before[2] ?? ""]);
  await mutt(mbox.file, "<first-entry><delete-message><quit>");
  assertEquals(await idsOf(mbox.file), before.slice(3));
}, ["-v"]);

/** Runs doveadm on the mbox as an ordinary user, since Dovecot refuses root. */
async function doveadm(file: string, ...args: string[]): Promise<string> {
  const home = dirname(file);
  const config = join(home, "dovecot.conf");
  await Deno.writeTextFile(
    config,
    `mail_location = mbox:${home}/mail:INBOX=${file}
first_valid_uid = 1
first_valid_gid = 1
base_dir = ${home}/run
log_path = /dev/stderr
ssl = no
`,
  );
  await run("chown", ["-R", "nobody:nogroup", home]);
  const said = await run("setpriv", [
    ...["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"],
    ...["env", `HOME=${home}`, "USER=nobody", "doveadm", "-c", config, ...args],
  ]);
  return new TextDecoder().decode(said);
}

if (Deno.build.os === "linux" && Deno.uid() === 0) {
  await testWith(
    "doveadm",
    "Dovecot numbers, flags and expunges: the ids of the others stay",
    async () => {
      await using mbox = await mboxWith(FIVE);
      const before = await idsOf(mbox.file);
      await doveadm(mbox.file, "flags", "add", "\\Seen \\Flagged work", "mailbox", "INBOX", "2");
      assertEquals(/^X-UID: /m.test(mbox.text()), true);
      assertEquals(await idsOf(mbox.file), before);
      await doveadm(mbox.file, "expunge", "mailbox", "INBOX", "subject", "1");
      assertEquals(await idsOf(mbox.file), before.slice(1));
      const mailbox = mboxMailbox(mbox.file);
      const info = testConnectionInfo();
      const [first = ""] = await mailbox.listMessageUniqueIds(info);
      await mailbox.messageDelete(info, [first]);
      const said = await doveadm(mbox.file, "fetch", "hdr.subject", "mailbox", "INBOX", "all");
      assertEquals(said.match(/\d/g), ["3", "4", "5"]);
      assertEquals((await messagesOf(mboxMailbox(mbox.file))).length, 3);
    },
    ["pw", "-l"],
  );
}
