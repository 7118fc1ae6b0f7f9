/**
 * The steps of docs/cluster.md, as the page has them, on one machine that has the addresses of all. Only systemd and
 * socat are replaced. The commands for containers are in cluster_compose_test.ts.
 */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { consoleOf } from "./page_commands.ts";
import { type Sandbox, testInSandbox } from "./sandbox.ts";
import { serviceCommand } from "./service_command.ts";

/** A machine to begin with: a clone, a PostgreSQL whose superuser may log in, mail, a certificate. */
const MACHINE = `set -eu
mkdir -p /opt/clone/dist /home/admin /run/haproxy /run/seen
cp -r /opt/pop3svc/deploy /opt/clone/deploy
rm -rf /opt/clone/deploy/cluster/secrets
mv /usr/local/bin/pop3svc /opt/clone/dist/pop3svc
for each in 11 12 13; do ip address add 10.111.0.$each/24 dev lo; done
echo '127.0.0.1 db.example.org' >>/etc/hosts
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin | tr ' ' ':')
as_nobody="setpriv --reuid=nobody --regid=$(id -g nobody) --clear-groups"
install -d -o nobody /var/database
$as_nobody initdb --pgdata=/var/database/data --username=postgres --locale=C --encoding=UTF8 >/dev/null
printf 'host all postgres 127.0.0.1/32 trust\\nhost mail all 127.0.0.1/32 scram-sha-256\\n' >/var/database/data/pg_hba.conf
$as_nobody pg_ctl --pgdata=/var/database/data --wait --silent --log=/var/database/log -o '-k /var/database' start
mkdir -p /srv/mail/joe@example.org/new /srv/mail/joe@example.org/cur /srv/mail/joe@example.org/tmp
printf 'Subject: old\\n\\nHello\\n' >/srv/mail/joe@example.org/cur/1.old:2,S
mkdir -p /etc/pop3svc/tls
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=x \\
  -addext subjectAltName=DNS:mail.example.org -addext basicConstraints=critical,CA:FALSE \\
  -keyout /etc/pop3svc/tls/privkey.pem -out /etc/pop3svc/tls/fullchain.pem 2>/dev/null
`;

/** Starts what the unit of a service would start, with its environment and no other. */
const systemctl = (pop3svc: string) =>
  `#!/bin/sh
set -eu
started() { for _ in $(seq 200); do ! grep -q "$1" "/run/seen/$2" || return 0; sleep 0.1; done; cat "/run/seen/$2"; exit 1; }
environment() { unset POP3SVC_POSTGRES; set -a; . "$1"; set +a; }
case "$*" in
  daemon-reload) ;;
  'enable --now pop3svc')
    environment /etc/pop3svc/environment
    setsid ${pop3svc} >/run/seen/pop3svc 2>&1 </dev/null &
    started '^ready' pop3svc ;;
  'restart haproxy')
    environment /etc/default/haproxy
    setsid haproxy -Ws -f /etc/haproxy/haproxy.cfg -p /run/haproxy.pid >/run/seen/haproxy 2>&1 </dev/null &
    started 'Loading success' haproxy ;;
  'restart postfix')
    environment "$(sed -n 's/^EnvironmentFile=//p' /etc/systemd/system/postfix@-.service.d/*.conf)"
    postfix start >/run/seen/postfix 2>&1 ;;
  'restart pop3svc') echo 'show stat' | socat stdio /run/haproxy/admin.sock >/run/seen/stat ;;
  *) echo "systemctl $*" >&2; exit 1 ;;
esac
`;

const SOCAT = `#!/usr/bin/python3
import shutil, socket, sys
with socket.socket(socket.AF_UNIX) as peer:
    peer.connect(sys.argv[2])
    peer.sendall(sys.stdin.buffer.read())
    peer.shutdown(socket.SHUT_WR)
    shutil.copyfileobj(peer.makefile("rb"), sys.stdout.buffer)
`;

async function succeed(sandbox: Sandbox, script: string, stdin?: string): Promise<string> {
  const { code, text } = await sandbox.run(script, stdin);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

/** Runs all commands of a section in the folder where the page begins them. */
async function follow(sandbox: Sandbox, heading: string, stdin?: string): Promise<string> {
  const commands = (await consoleOf("docs/cluster.md", heading)).filter((each) =>
    !/docker compose/.test(each)
  );
  assert(commands.length > 0, heading);
  const script = commands.join("\n").replaceAll("sudo ", "");
  return await succeed(
    sandbox,
    `set -eu; export HOME=/home/admin; cd /opt/clone/deploy/cluster\n${script}`,
    stdin,
  );
}

const receive = (path: string) =>
  `curl --silent --show-error --max-time 20 --cacert /etc/pop3svc/tls/fullchain.pem \
    -u joe@example.org:s3cret pop3s://mail.example.org/${path}`;

/** The states of a server in both of HAProxy's lists. */
function statesOf(server: string, stat: string): readonly (string | undefined)[] {
  return stat.split("\n").map((line) => line.split(",")).filter(([, name]) => name === server)
    .map((fields) => fields[17]);
}

testInSandbox(
  "docs/cluster.md, step by step: mail comes in through Postfix, and goes out through HAProxy",
  [
    ...["postconf", "curl", "openssl", "haproxy", "psql", "python3"],
    "../lib/postfix/postfix-pgsql.so",
  ],
  async (sandbox) => {
    await succeed(sandbox, MACHINE);
    for (
      const [name, text] of [
        ["systemctl", systemctl(await serviceCommand())],
        ["socat", SOCAT],
      ]
    ) {
      await succeed(sandbox, `cat >/usr/local/bin/${name}; chmod 755 /usr/local/bin/${name}`, text);
    }
    const [enter = "", ...install] =
      (await consoleOf("docs/cluster.md", "## A cluster, step by step"))
        .slice(-2);
    assertEquals(enter.trim(), "cd deploy/cluster");
    await succeed(
      sandbox,
      `set -eu; cd /opt/clone\n${enter}${install.join("").replace("sudo ", "")}`,
    );

    await follow(sandbox, "### 1. The database and its roles");
    const imported = await follow(sandbox, "### 2. The tables, and the first user", "s3cret\n");
    assertStringIncludes(imported, "1 message added, 0 were there already");
    const checked = await follow(sandbox, "### 3. The servers");
    // The tests' certificate is self-signed.
    assertMatch(checked, /^0 errors, 1 warning$/m);
    await follow(sandbox, "### 4. HAProxy");
    assertMatch(await succeed(sandbox, receive("1")), /^Subject: old\r\n/);
    // HAProxy has left its rights, and says who connects.
    assertEquals(
      await succeed(sandbox, "ps -o user= -p $(pgrep -P $(cat /run/haproxy.pid))"),
      "haproxy\n",
    );
    const log = await succeed(sandbox, "cat /run/seen/pop3svc");
    assertMatch(log, /127\.0\.0\.1/);
    assert(!/10\.111\.0\.1[123]:/.test(log), log);

    const local = await succeed(sandbox, "postconf -h mydestination");
    await follow(sandbox, "### 5. Postfix");
    assertEquals(await succeed(sandbox, "postconf -h mydestination"), local);
    await succeed(
      sandbox,
      `printf 'Subject: new\\r\\n\\r\\nHello\\r\\n' | curl --silent --show-error --max-time 30 --upload-file - \
        --mail-from ann@example.net --mail-rcpt joe@example.org smtp://mail.example.org/
      for _ in $(seq 100); do [ "$(${
        receive("")
      } | grep -c '^[0-9]')" -lt 2 ] || exit 0; sleep 0.2; done
      postqueue -p; exit 1`,
    );

    await follow(sandbox, "## Backups");
    assertMatch(await succeed(sandbox, "stat -c '%a %s' /home/admin/mail.dump"), /^600 \d{4,}\n/);

    await follow(sandbox, "## Upgrades without a pause");
    const stat = await succeed(sandbox, "cat /run/seen/stat");
    assertEquals(statesOf("pop3svc-1", stat), ["DRAIN", "DRAIN"]);
    const after = await succeed(
      sandbox,
      "echo 'show stat' | socat stdio /run/haproxy/admin.sock",
    );
    for (const server of ["pop3svc-1", "pop3svc-2", "pop3svc-3"]) {
      assertEquals(statesOf(server, after), ["UP", "UP"], server);
    }
    await succeed(sandbox, "postfix stop");
  },
);
