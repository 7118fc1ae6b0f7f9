/** deploy/debian/setup.sh on a machine of its own: from nothing to mail over TLS. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Sandbox, testInSandbox } from "./sandbox.ts";

const SET_UP = "/opt/pop3svc/deploy/debian/setup.sh --domain example.org --host mail.example.org";

/** What must not change in a second run: owners, modes, and the times of files. */
const SNAPSHOT = `find /etc /srv /usr/local/bin /usr/local/sbin /var/lib/pop3svc \\
  '(' -type d -printf '%p %u %g %m\\n' ')' -o -printf '%p %u %g %m %s %T@\\n' 2>/dev/null; true`;

async function snapshot(sandbox: Sandbox): Promise<ReadonlySet<string>> {
  return new Set((await succeed(sandbox, SNAPSHOT)).split("\n"));
}

async function assertUnchanged(sandbox: Sandbox, before: ReadonlySet<string>): Promise<void> {
  assertEquals([...before.symmetricDifference(await snapshot(sandbox))], []);
}

async function succeed(sandbox: Sandbox, script: string, stdin?: string): Promise<string> {
  const { code, text } = await sandbox.run(script, stdin);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

const curl = (name: string, password: string, rest: string) =>
  `curl --max-time 20 --silent --show-error --cacert /etc/pop3svc/tls/fullchain.pem -u '${name}:${password}' ${rest}`;

const RENEWAL = `set -eu; umask 077
archive=/etc/letsencrypt/archive/mail.example.org live=/etc/letsencrypt/live/mail.example.org
mkdir -p $archive $live
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=renewed \\
  -addext subjectAltName=DNS:mail.example.org -addext basicConstraints=critical,CA:FALSE \\
  -keyout $archive/privkey2.pem -out $archive/fullchain2.pem 2>/dev/null
for each in privkey fullchain; do ln -s ../../archive/mail.example.org/\${each}2.pem $live/$each.pem; done
RENEWED_LINEAGE=$live /opt/pop3svc/deploy/certbot/pop3svc`;

/** Waits for a file, for at most ten seconds. */
const arrival = (folder: string) =>
  `for _ in $(seq 100); do [ -z "$(ls ${folder} 2>/dev/null)" ] || break; sleep 0.1; done; ls ${folder}`;

/** Starts the server as the script says where systemd does not run. */
async function startAsTold(sandbox: Sandbox, told: string): Promise<void> {
  const [, command = ""] = /Start the server with:\n +(setpriv .*)/.exec(told) ?? [];
  await sandbox.start(command, "ready: ");
}

testInSandbox(
  "from nothing: Postfix delivers, clients read and delete over TLS, and a second run changes nothing",
  ["postconf", "logrotate", "openssl", "curl", "fail2ban-client", "nft"],
  async (sandbox) => {
    // A small disk for the mail, to fill it at the end.
    await succeed(sandbox, "mkdir -p /srv/mail && mount -t tmpfs -o size=1m mail /srv/mail");
    const setUp = `${SET_UP} --self-signed --user Joe@example.org`;
    const told = await succeed(sandbox, setUp, "s3cret\n");
    assertStringIncludes(told, "!!! The certificate is self-signed.");
    assertMatch(told, /\nTry it: curl .* -u joe@example\.org pop3s:\/\/mail\.example\.org\/\n$/);
    await startAsTold(sandbox, told);

    // Postfix's virtual(8) delivers.
    await succeed(sandbox, `printf 'Subject: first\\n\\nHello\\n' | sendmail joe@example.org`);
    await succeed(sandbox, arrival("/srv/mail/joe@example.org/new"));
    const owners = await succeed(
      sandbox,
      "stat -c '%U:%G %a' /srv/mail/joe@example.org /srv/mail/joe@example.org/new/*",
    );
    assertEquals(owners, "vmail:vmail 700\nvmail:vmail 600\n");

    const joe = (rest: string) => succeed(sandbox, curl("joe@example.org", "s3cret", rest));
    assertMatch(await joe("pop3s://mail.example.org/1"), /\r\n\r\nHello\r\n/);
    assertMatch(await joe("--ssl-reqd pop3://mail.example.org/1"), /\r\n\r\nHello\r\n/);
    await joe("--request 'DELE 1' --head pop3s://mail.example.org/");
    assertEquals(await succeed(sandbox, "find /srv/mail -type f -path '*org/[nc][eu][wr]/*'"), "");
    const { code } = await sandbox.run(curl("joe@example.org", "wrong", "pop3s://localhost/"));
    assert(code !== 0);

    // The private key belongs to the service and root alone.
    const readers = await succeed(
      sandbox,
      `for each in $(cut -d: -f1 /etc/passwd); do
        setpriv --reuid="$each" --regid="$(id -g "$each")" --init-groups \
          cat /etc/pop3svc/tls/privkey.pem /etc/pop3svc/users >/dev/null 2>&1 && echo "$each"
      done; true`,
    );
    assertEquals(readers, "root\nvmail\n");

    const before = await snapshot(sandbox);
    // Packages that this machine lacks stay missing in the sandbox.
    assertEquals(/^\+ (?!.*apt-get)/m.test(await succeed(sandbox, setUp)), false);
    await assertUnchanged(sandbox, before);

    // A renewed certificate, as certbot leaves it, reaches the next client.
    await succeed(sandbox, RENEWAL);
    assertMatch(await joe("pop3s://mail.example.org/"), /^\s*$/);

    // One more user, and one more domain; the server reads the users file again.
    await succeed(sandbox, "pop3svc-add-user Ann@example.org", "other\n");
    await succeed(
      sandbox,
      "/opt/pop3svc/deploy/debian/setup.sh --domain example.net --host mail.example.org --self-signed",
      "third\n",
    );
    const senders = ["ann@example.org:other", "postmaster@example.net:third"];
    for (const [name = "", password = ""] of senders.map((each) => each.split(":"))) {
      await succeed(sandbox, `printf 'Subject: x\\n\\nHi\\n' | sendmail ${name}`);
      await succeed(sandbox, arrival(`/srv/mail/${name}/new`));
      assertMatch(
        await succeed(sandbox, curl(name, password, "pop3s://mail.example.org/1")),
        /\r\n\r\nHi\r\n/,
      );
    }

    // The disk is full: mail can still be deleted.
    const vmail = "setpriv --reuid=vmail --regid=vmail --init-groups";
    await sandbox.run(`${vmail} dd if=/dev/zero of=/srv/mail/ann@example.org/fill bs=4k`);
    const free = await succeed(sandbox, "df --output=avail /srv/mail | tail -1");
    assertEquals(free.trim(), "0");
    const deletion = curl(
      "ann@example.org",
      "other",
      "--request 'DELE 1' --head pop3s://mail.example.org/",
    );
    await succeed(sandbox, deletion);
    assertEquals(await succeed(sandbox, "ls /srv/mail/ann@example.org/new"), "");
  },
);

testInSandbox(
  "without Postfix and fail2ban, another program delivers as vmail",
  ["openssl", "curl", "logrotate"],
  async (sandbox) => {
    const setUp = `${SET_UP} --self-signed --no-postfix --no-fail2ban`;
    const told = await succeed(sandbox, setUp, "s3cret\n");
    assertEquals(/postconf|fail2ban/.test(told), false);
    await startAsTold(sandbox, told);
    const folder = "/srv/mail/postmaster@example.org";
    await succeed(
      sandbox,
      `setpriv --reuid=vmail --regid=vmail --init-groups sh -euc '
        umask 077
        mkdir -p ${folder}/new ${folder}/cur ${folder}/tmp
        printf "Subject: x\\n\\nHello\\n" >${folder}/tmp/1.x
        mv ${folder}/tmp/1.x ${folder}/new/1.x'`,
    );
    const list = curl("postmaster@example.org", "s3cret", "pop3s://mail.example.org/1");
    assertMatch(await succeed(sandbox, list), /Hello/);
  },
);

testInSandbox("--dry-run changes nothing", ["openssl"], async (sandbox) => {
  const before = await snapshot(sandbox);
  const told = await succeed(sandbox, `${SET_UP} --dry-run`);
  assertMatch(told, /^\+ useradd /m);
  assertMatch(told, /^\+ certbot certonly /m);
  await assertUnchanged(sandbox, before);
});

for (
  const [args, message] of [
    ["", "give --domain and --host; see --help"],
    ["--domain 'a b' --host h", "a b is no name of the DNS, in lower case"],
    ["--domain ../x --host h", "../x is no name of the DNS, in lower case"],
    ["--domain", "--domain needs a value; see --help"],
    ["--prot", "unknown option --prot; see --help"],
  ] as const
) {
  Deno.test({
    name: `setup.sh ${args}: ${message}`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", `deploy/debian/setup.sh ${args}`],
        cwd: new URL("../..", import.meta.url),
      }).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [1, `setup.sh: ${message}\n`]);
    },
  });
}

Deno.test("the help of setup.sh names each of its options", async () => {
  const path = new URL("../../deploy/debian/setup.sh", import.meta.url);
  const script = await Deno.readTextFile(path);
  const [, help = ""] = /<<'END'\n([^]*?)^END$/m.exec(script) ?? [];
  for (const [option] of script.matchAll(/^ {4}(--[a-z-]+)(?=[ )])/gm)) {
    assertStringIncludes(help, `  ${option.trim()} `);
  }
});
