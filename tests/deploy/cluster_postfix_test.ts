/** deploy/cluster/postfix.sh: a real Postfix asks PostgreSQL who has a mailbox, and delivers into it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { type Sandbox, testInSandbox } from "./sandbox.ts";

const compose: {
  readonly services: { readonly postfix: { readonly cap_add: readonly string[] } };
} = parse(
  await Deno.readTextFile(new URL("../../deploy/cluster/compose.yaml", import.meta.url)),
  { merge: true },
);
const capabilities = compose.services.postfix.cap_add.map((name) => `+${name.toLowerCase()}`);

const SET_UP = `set -eu
/opt/pop3svc/deploy/cluster/local.sh start /opt/cluster --executable /usr/local/bin/pop3svc
useradd --system delivery
(export $(cat /opt/cluster/secrets/owner.env)
  pop3svc postgres add-user joe@example.org --hash '{PLAIN}s3cret')
install -D -m 600 -o nobody /opt/cluster/secrets/postfix/accounts.cf /etc/postfix/pop3svc/accounts.cf
/opt/pop3svc/deploy/cluster/postfix.sh example.org delivery /etc/postfix/pop3svc/accounts.cf
# The rights of the container, and the environment that it gives.
export $(cat /opt/cluster/secrets/delivery.env)
setpriv --no-new-privs \
  --inh-caps=-all --bounding-set=-all,${capabilities.join(",")} postfix start`;

async function succeed(sandbox: Sandbox, script: string): Promise<string> {
  const { code, text } = await sandbox.run(script);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

const send = (recipient: string) =>
  `printf 'Subject: Hello\\r\\n\\r\\n.dot\\r\\n' | curl --silent --show-error --max-time 30 --upload-file - \
    --mail-from ann@example.net --mail-rcpt '${recipient}' smtp://127.0.0.1/`;
const receive = (path: string) =>
  `curl --silent --show-error --max-time 20 --cacert /opt/cluster/tls/fullchain.pem \
    -u joe@example.org:s3cret "$(sed -n 's|.*BIND_TLS=|pop3s://|p' /opt/cluster/settings)/${path}"`;

/** Until a login sees so many messages, for at most twenty seconds. */
const arrived = (count: number) =>
  `for _ in $(seq 100); do
    [ "$(${receive("")} | grep -c '^[0-9]')" -lt ${count} ] || exit 0; sleep 0.2
  done; postqueue -p; ${receive("")}; exit 1`;

testInSandbox(
  "Postfix delivers into PostgreSQL, refuses mail for nobody, and keeps it while the database is away",
  ["postconf", "curl", "openssl", "haproxy", "psql", "../lib/postfix/postfix-pgsql.so"],
  async (sandbox) => {
    await succeed(sandbox, SET_UP);
    await succeed(sandbox, send("Joe@example.org"));
    await succeed(sandbox, arrived(1));
    const message = await succeed(sandbox, receive("1"));
    assertMatch(message, /^Return-Path: <ann@example\.net>\r\n/);
    assertMatch(message, /\r\nDelivered-To: joe@example\.org\r\n/i);
    assertMatch(message, /\r\n\r\n\.dot\r\n$/);

    const { code, text } = await sandbox.run(send("nobody@example.org"));
    assertEquals(code, 55, text);
    assertStringIncludes(text, "550");
    // Neither an option of the program, nor a second argument.
    assertEquals((await sandbox.run(send("-x@example.org"))).code, 55);

    const cluster = "/opt/pop3svc/deploy/cluster/local.sh";
    await succeed(sandbox, `${cluster} stop /opt/cluster postgres`);
    // Postfix cannot ask who has a mailbox: 451, and the other mail server tries again.
    const away = await sandbox.run(send("joe@example.org"));
    assertEquals(away.code, 55, away.text);
    assertStringIncludes(away.text, "451");
    // Mail that it has already accepted is not returned, but waits.
    await succeed(
      sandbox,
      `postconf -e virtual_mailbox_maps= && postfix reload && ${send("joe@example.org")}
      for _ in $(seq 100); do ! postqueue -p | grep -q '(temporary failure' || exit 0; sleep 0.2; done
      postqueue -p; exit 1`,
    );
    await succeed(sandbox, `${cluster} start /opt/cluster postgres && postqueue -f`);
    await succeed(sandbox, arrived(2));
    await succeed(sandbox, `${cluster} stop /opt/cluster && postfix stop`);
  },
);
