/**
 * The steps that the pages show for Debian are those of deploy/debian/setup.sh: both make the same files, with the same
 * owners and modes. Then the set-ups of the other pages work.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { Sandbox, testInSandbox } from "./sandbox.ts";
import { serviceCommand } from "./service_command.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));

/**
 * The commands of a page that begin with `$`, without sudo, as one script. What only looks, or needs the network, is
 * left out.
 */
async function commandsOf(page: string): Promise<string> {
  const text = await Deno.readTextFile(join(root, page));
  const blocks = text.matchAll(/^```console\n([^]*?)^```/gm);
  return [...blocks].flatMap(([, block = ""]) => block.split(/^\$ /m))
    .filter((command) => !/^(curl|journalctl|cd) |setup\.sh|git clone|\.deno\/bin/.test(command))
    .join("").replaceAll("sudo ", "").replaceAll("dist/pop3svc", "/opt/executable");
}

/** Stand-ins for what needs the network or systemd. The names of the files are those of certbot. */
const STAND_INS = `
set -eu
cp /usr/local/bin/pop3svc /opt/executable
printf '#!/bin/sh\\n' >/usr/local/bin/systemctl
cat >/usr/local/bin/certbot <<'END'
#!/bin/sh
set -eu
umask 077
made=/etc/letsencrypt/archive/mail.example.org
live=/etc/letsencrypt/live/mail.example.org
mkdir -p $made $live
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=\${1:-x}" \
  -addext subjectAltName=DNS:mail.example.org -addext basicConstraints=critical,CA:FALSE \
  -keyout $made/privkey1.pem -out $made/fullchain1.pem 2>/dev/null
chmod 644 $made/fullchain1.pem
for each in privkey fullchain; do ln -sf ../../archive/mail.example.org/\${each}1.pem $live/$each.pem; done
END
chmod 755 /usr/local/bin/*
`;

/** All that a set-up makes. What is random has no digest here. */
const RESULT = `
cd /etc
for each in pop3svc letsencrypt systemd/system/pop3svc.service logrotate.d fail2ban postfix \
  ../srv/mail ../var/lib/pop3svc ../usr/local/sbin ../usr/local/bin; do
  find $each -printf '%p %u:%g %m %l\\n'
done
cat pop3svc/config.jsonc pop3svc/certbot systemd/system/pop3svc.service logrotate.d/pop3svc \
  fail2ban/*/pop3svc.conf postfix/main.cf postfix/pop3svc_mailboxes
cut -d: -f1 pop3svc/users
getent passwd vmail
getent group vmail
`;

async function succeed(sandbox: Sandbox, script: string, stdin?: string): Promise<string> {
  const { code, text } = await sandbox.run(script, stdin);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

/** What `install` makes, in order. */
function targetsOf(commands: string): string[] {
  return [...commands.matchAll(/^(?:\+ )?install .* (\S+)$/gm)].map(([, target = ""]) => target);
}

testInSandbox(
  "docs/operations.md shows the steps of setup.sh: the same files, owners and modes",
  ["postconf", "openssl", "logrotate"],
  async (sandbox) => {
    await succeed(sandbox, STAND_INS);
    const steps = await succeed(
      sandbox,
      "cd /opt/pop3svc && deploy/debian/setup.sh --domain example.org --host mail.example.org " +
        "--user joe@example.org --executable /opt/executable",
      "s3cret\n",
    );
    const byScript = await succeed(sandbox, RESULT);
    await using another = await Sandbox.create();
    await succeed(another, STAND_INS);
    const page = await commandsOf("docs/operations.md");
    const told = await succeed(another, `set -eu; cd /opt/pop3svc\n${page}`, "s3cret\n");
    assertMatch(told, /\b1 user\b|^users: 1$/m);
    assertEquals(targetsOf(page), ["/usr/local/bin/pop3svc", ...targetsOf(steps)]);
    const byHand = new Set((await succeed(another, RESULT)).split("\n"));
    assertEquals([...byHand.symmetricDifference(new Set(byScript.split("\n")))], []);
    assertMatch(byScript, /^pop3svc\/tls\/privkey\.pem root:vmail 640 $/m);
  },
);

const SELF_SIGNED = `
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=x \
  -addext subjectAltName=DNS:mail.example.org -addext basicConstraints=critical,CA:FALSE \
  -keyout /etc/pop3svc/tls/privkey.pem -out /etc/pop3svc/tls/fullchain.pem 2>/dev/null
chgrp pop3svc /etc/pop3svc/tls/*.pem
chmod 640 /etc/pop3svc/tls/*.pem
`;

testInSandbox(
  "users of the system: Postfix delivers as joe, and the server deletes only what is joe's",
  ["postconf", "openssl", "curl"],
  async (sandbox) => {
    await succeed(sandbox, STAND_INS);
    await succeed(sandbox, "useradd --create-home joe && useradd --create-home eve");
    const page = await commandsOf("docs/operations/system-users.md");
    await succeed(sandbox, `set -eu; cd /opt/pop3svc\n${page}${SELF_SIGNED}`, "s3cret\n");
    await succeed(
      sandbox,
      `postconf -e "mydestination = mail.example.org" && postfix start
      printf 'Subject: x\\n\\nHello\\n' | sendmail joe@mail.example.org
      for _ in $(seq 100); do [ -z "$(ls /home/joe/Maildir/new 2>/dev/null)" ] || break; sleep 0.1; done
      install -o eve -m 600 /dev/null /home/joe/Maildir/new/2.eve`,
    );
    await sandbox.start(await serviceCommand("system-users.conf"), "ready: ");
    const curl =
      "curl --max-time 20 --silent --show-error --cacert /etc/pop3svc/tls/fullchain.pem -u joe:s3cret";
    assertMatch(await succeed(sandbox, `${curl} pop3s://mail.example.org/`), /^1 \d+\r\n$/);
    assertMatch(await succeed(sandbox, `${curl} pop3s://mail.example.org/1`), /Hello/);
    await succeed(sandbox, `${curl} --request 'DELE 1' --head pop3s://mail.example.org/`);
    assertEquals(await succeed(sandbox, "ls /home/joe/Maildir/new"), "2.eve\n");
    assertEquals(
      await succeed(sandbox, "stat -c '%U %a' /home/joe/Maildir /home/.pop3svc"),
      "joe 700\npop3svc 700\n",
    );
    const { code } = await sandbox.run(
      "setpriv --reuid=joe --regid=joe --init-groups cat /etc/pop3svc/tls/privkey.pem",
    );
    assert(code !== 0);
  },
);

testInSandbox(
  "a service from a clone: the wrapper is the program, for the service and for commands",
  [
    "openssl",
  ],
  async (sandbox) => {
    await succeed(
      sandbox,
      "/opt/pop3svc/deploy/debian/setup.sh --domain example.org --host mail.example.org " +
        "--executable /opt/pop3svc/deploy/clone/pop3svc --self-signed --no-postfix --no-fail2ban",
      "s3cret\n",
    );
    assertEquals(
      await succeed(sandbox, "cmp /usr/local/bin/pop3svc /opt/pop3svc/deploy/clone/pop3svc"),
      "",
    );
    assertEquals(await succeed(sandbox, "pop3svc-add-user joe@example.org", "other\n"), "");
    await sandbox.start(await serviceCommand(), "ready: serving 2 users ");
    const page = await Deno.readTextFile(join(root, "docs/operations/permissions.md"));
    assertStringIncludes(
      page,
      "DENO_DIR=/opt/deno-cache deno cache main.ts lib/auth/passwords/hash_worker.ts",
    );
  },
);

testInSandbox(
  "docs/operations/proxy.md: two instances read one configuration, and have the ports of haproxy.cfg",
  ["openssl"],
  async (sandbox) => {
    await succeed(
      sandbox,
      "/opt/pop3svc/deploy/debian/setup.sh --domain example.org --host mail.example.org " +
        "--self-signed --no-postfix --no-fail2ban",
      "s3cret\n",
    );
    const page = await commandsOf("docs/operations/proxy.md");
    const settings = page.match(/^printf .*\n.*tee .*$/gm) ?? [];
    assertEquals(settings.length, 2);
    await succeed(sandbox, settings.join("\n"));
    const command = `${await serviceCommand()} --reuse-port`;
    for (const name of ["blue", "green"]) {
      await sandbox.start(`set -a; . /etc/pop3svc/${name}.environment; ${command}`, "ready: ");
    }
    const proxy = await Deno.readTextFile(join(root, "deploy/haproxy/haproxy.cfg"));
    for (const [name, admin] of [["blue", 1181], ["green", 1182]] as const) {
      const told = await succeed(sandbox, `pop3svc status --admin ${admin} --json`);
      const { ports }: { readonly ports: readonly { readonly port: number }[] } = JSON.parse(told);
      const servers = [...proxy.matchAll(new RegExp(`server ${name} 127\\.0\\.0\\.1:(\\d+)`, "g"))];
      assertEquals(ports.map(({ port }) => port), servers.map(([, port]) => Number(port)));
    }
  },
);
