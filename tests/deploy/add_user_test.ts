/** deploy/debian/add-user.sh on a machine of its own: what it changes in a users file, and what it leaves alone. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Sandbox, testInSandbox } from "./sandbox.ts";

const SCRIPT = "/opt/pop3svc/deploy/debian/add-user.sh";

async function succeed(sandbox: Sandbox, script: string, stdin?: string): Promise<string> {
  const { code, text } = await sandbox.run(script, stdin);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

/** Makes what the script needs, with these lines as the users file. */
async function prepare(sandbox: Sandbox, lines: readonly string[]): Promise<void> {
  await succeed(
    sandbox,
    `set -eu; rm -rf /etc/postfix; mkdir -p /etc/pop3svc /etc/postfix
    useradd --system --user-group vmail; install -d -o vmail -g vmail -m 700 /srv/mail
    cp /opt/pop3svc/deploy/config.jsonc /etc/pop3svc/
    install -g vmail -m 640 /dev/stdin /etc/pop3svc/users`,
    lines.map((line) => `${line}\n`).join(""),
  );
}

const add = (sandbox: Sandbox, name: string) => sandbox.run(`${SCRIPT} '${name}'`, "new\n");

const usersOf = (sandbox: Sandbox) => succeed(sandbox, "cat /etc/pop3svc/users");

/** The users file, with `HASH` for each new password. */
const maskedUsers = async (sandbox: Sandbox) =>
  (await usersOf(sandbox)).replaceAll(/\{ARGON2ID\}[^:\n]+/g, "HASH").trimEnd().split("\n");

testInSandbox(
  "pop3svc-add-user takes names that are safe, and makes the mailbox of a new user",
  ["awk", "flock"],
  async (sandbox) => {
    await prepare(sandbox, ["# note", "joey@example.org:!"]);
    const names = ["joe", "../x@y", "a b@c", "a:b@c", "@c", "a@", "a@b@c", "a@..", "-a@b", "a/b@c"];
    for (const name of names) assertEquals((await add(sandbox, name)).code, 1, name);
    assertEquals(await add(sandbox, "joe@Example.ORG"), { code: 0, text: "" });
    assertEquals(await maskedUsers(sandbox), [
      "# note",
      "joey@example.org:!",
      "joe@example.org:HASH",
    ]);
    assertEquals(
      await succeed(sandbox, "cd /etc/pop3svc && stat -c '%n %U %G %a' *"),
      "config.jsonc root root 644\nusers root vmail 640\n",
    );
    assertEquals(
      await succeed(sandbox, "cd /srv/mail && stat -c '%n %U %a' joe@example.org/*"),
      ["cur", "new", "tmp"].map((name) => `joe@example.org/${name} vmail 700\n`).join(""),
    );
  },
);

testInSandbox(
  "a new password replaces the second field alone, and lets nobody in who is locked",
  ["awk", "flock"],
  async (sandbox) => {
    await prepare(sandbox, [
      "Joe@example.org:{PLAIN}old:5000:5000::/home/joe::allow_nets=192.0.2.0/24 userdb_quota_rule=x:y",
      "ann@example.org:!{PLAIN}old",
      "bea@example.org:{CRYPT}*:::::",
      "cat@example.org:{PLAIN}!old:::",
      "dan@example.org:{PLAIN}old::::::nologin",
      "eve@example.org:",
    ]);
    const told: string[] = [];
    for (const name of ["joe", "ann", "bea", "cat", "dan", "eve"]) {
      const { code, text } = await add(sandbox, `${name}@example.org`);
      assertEquals(code, 0, text);
      told.push(...text.split("\n").filter((line) => line.includes("locked")));
    }
    assertEquals(await maskedUsers(sandbox), [
      "Joe@example.org:HASH:5000:5000::/home/joe::allow_nets=192.0.2.0/24 userdb_quota_rule=x:y",
      "ann@example.org:!HASH",
      "bea@example.org:!HASH:::::",
      "cat@example.org:HASH:::",
      "dan@example.org:HASH::::::nologin",
      "eve@example.org:!HASH",
    ]);
    const removal = "to let the user in, remove the ! before the new password";
    assertEquals(told, [
      `ann@example.org: stays locked: ${removal}`,
      `bea@example.org: stays locked: ${removal}`,
      "dan@example.org: stays locked: the line has nologin",
      `eve@example.org: stays locked: ${removal}`,
    ]);
    assertEquals(await succeed(sandbox, "ls -A /srv/mail"), "");
    const check = "pop3svc check --users /etc/pop3svc/users --mail-root /srv/mail --port 0 --json";
    const { text } = await sandbox.run(`${check} 2>/dev/null`);
    assertEquals(JSON.parse(text).usersFile.locked, 4);
    assertEquals(JSON.parse(text).usersFile.users, 6);
  },
);

testInSandbox(
  "Postfix gets a user's own folder; a user whose line names a place keeps the entry by hand",
  ["awk", "flock"],
  async (sandbox) => {
    await prepare(sandbox, [
      "# no@example.org:x",
      "Joe@example.org:{PLAIN}a",
      "ann@example.org:{PLAIN}a::::/home/ann",
      "bea@example.org:{PLAIN}a::::::userdb_mail=maildir:/srv/bea",
    ]);
    const list = "/etc/postfix/pop3svc_mailboxes";
    await succeed(sandbox, `printf 'ann@example.org ../ann/\\ngone@example.org gone/\\n' >${list}`);
    const told = await succeed(sandbox, `${SCRIPT} --postfix`);
    assertEquals(
      told,
      `bea@example.org: the line names a home or mailbox; tell Postfix where to deliver, in ${list}\n`,
    );
    assertEquals(
      await succeed(sandbox, `cat ${list}; stat -c '%U %a' ${list}`),
      "Joe@example.org Joe@example.org/\nann@example.org ../ann/\nroot 644\n",
    );
  },
);

testInSandbox(
  "where mailboxes are elsewhere, pop3svc-add-user changes passwords only",
  ["awk", "flock"],
  async (sandbox) => {
    const lines = ["joe@example.org:{PLAIN}old"];
    await prepare(sandbox, lines);
    const settings = [
      `sed -i 's|// "mail-path"|"mail-path"|' /etc/pop3svc/config.jsonc`,
      "echo POP3SVC_MAIL_PATH=%d/%n >/etc/pop3svc/environment",
      `sed -i 's|/srv/mail|/var/vmail|' /etc/pop3svc/config.jsonc`,
      `sed -i '/"mail-root"/d' /etc/pop3svc/config.jsonc`,
    ];
    for (const setting of settings) {
      await succeed(
        sandbox,
        `rm -f /etc/pop3svc/environment; cp /opt/pop3svc/deploy/config.jsonc /etc/pop3svc/\n${setting}`,
      );
      for (const name of ["ann@example.org", "--postfix"]) {
        const { code, text } = await add(sandbox, name);
        assertEquals(code, 1, setting);
        assertStringIncludes(text, "the mailboxes are not at /srv/mail/NAME@DOMAIN");
      }
    }
    assertEquals(await maskedUsers(sandbox), lines);
    assertEquals(await add(sandbox, "joe@example.org"), { code: 0, text: "" });
    assertEquals(await maskedUsers(sandbox), ["joe@example.org:HASH"]);
    assertEquals(
      await succeed(sandbox, "ls -A /srv/mail /etc/postfix"),
      "/etc/postfix:\n\n/srv/mail:\n",
    );
    for (
      const [setting, message] of [
        ["USERNAME_CASE=keep", "upper case counts in names"],
        ["USERS=/x", "the server has another users file"],
      ]
    ) {
      await succeed(sandbox, `echo POP3SVC_${setting} >/etc/pop3svc/environment`);
      const { code, text } = await add(sandbox, "joe@example.org");
      assertEquals(code, 1);
      assertStringIncludes(text, message ?? "");
    }
  },
);

testInSandbox(
  "pop3svc-add-user never loses a line: a failure changes nothing, and two runs wait for each other",
  ["awk", "flock"],
  async (sandbox) => {
    const lines = ["joe@example.org:{PLAIN}a", "ann@example.org:{PLAIN}b"];
    await prepare(sandbox, lines);
    // It writes half of the file, as on a full disk.
    const broken = "#!/bin/sh\nhead -1 /etc/pop3svc/users; exit 2\n";
    await succeed(sandbox, "install -m 755 /dev/stdin /usr/local/bin/awk", broken);
    for (const name of ["joe@example.org", "bea@example.org", "--postfix"]) {
      assertEquals((await add(sandbox, name)).code, 2);
    }
    await succeed(sandbox, "rm /usr/local/bin/awk");
    assertEquals(await maskedUsers(sandbox), lines);
    assertEquals(
      await succeed(sandbox, "ls /etc/pop3svc /etc/postfix"),
      [
        "/etc/pop3svc:\nconfig.jsonc\nusers\n",
        "/etc/postfix:\n",
      ].join("\n"),
    );

    const names = ["a1", "a2", "a3", "a4"].map((name) => `${name}@example.org`);
    const told = await Promise.all(names.map((name) => add(sandbox, name)));
    assertEquals(told.map(({ code }) => code), [0, 0, 0, 0]);
    assertEquals(
      (await maskedUsers(sandbox)).toSorted(),
      [...lines, ...names.map((name) => `${name}:HASH`)].toSorted(),
    );

    await succeed(sandbox, "printf 'joe@example.org:x\\n' | iconv -t UTF-16 >/etc/pop3svc/users");
    assertMatch((await add(sandbox, "joe@example.org")).text, /is not UTF-8/);
    await succeed(sandbox, "rm /etc/pop3svc/users");
    const { code, text } = await add(sandbox, "joe@example.org");
    assertEquals(code, 1);
    assertMatch(text, /users is not there/);
    assert((await sandbox.run("ls /etc/pop3svc/users")).code !== 0);
  },
);
