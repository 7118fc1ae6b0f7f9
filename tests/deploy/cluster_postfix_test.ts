/** deploy/cluster/postfix.sh: a real Postfix asks PostgreSQL who has a mailbox, and delivers into it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parse } from "yaml";
import { Sandbox, testInSandbox } from "./sandbox.ts";

const compose: {
  readonly services: {
    readonly postfix: {
      readonly cap_add: readonly string[];
      readonly build: { readonly dockerfile_inline: string };
    };
  };
} = parse(
  await Deno.readTextFile(new URL("../../deploy/cluster/compose.yaml", import.meta.url)),
  { merge: true },
);
const capabilities = compose.services.postfix.cap_add.map((name) => `+${name.toLowerCase()}`);

/** What the recipe of the container does to Postfix's configuration. */
const [, configure = ""] = /^RUN (postconf (?:.*\\\n)*.*)$/m.exec(
  compose.services.postfix.build.dockerfile_inline,
) ?? [];
if (!configure.includes("postfix.sh")) throw new Error("compose.yaml configures no Postfix");

const CLUSTER = `set -eu
/opt/pop3svc/deploy/cluster/local.sh start /opt/cluster --executable /usr/local/bin/pop3svc
(export $(cat /opt/cluster/secrets/owner.env)
  pop3svc postgres add-user joe@example.org --hash '{PLAIN}s3cret')
`;

const SET_UP = `${CLUSTER}
useradd --system delivery
install -D -m 600 -o nobody /opt/cluster/secrets/postfix/accounts.cf /etc/postfix/pop3svc/accounts.cf
ln -s /opt/pop3svc/deploy/cluster /usr/local/lib/cluster
${configure.replace(" maillog_file=/dev/stdout", "")}
# The rights of the container, and the environment that it gives.
export $(cat /opt/cluster/secrets/delivery.env)
setpriv --no-new-privs \
  --inh-caps=-all --bounding-set=-all,${capabilities.join(",")} postfix start`;

async function succeed(sandbox: Sandbox, script: string): Promise<string> {
  const { code, text } = await sandbox.run(script);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

const send = (...recipients: readonly string[]) =>
  `printf 'Subject: Hello\\r\\n\\r\\n.dot\\r\\n' | curl --silent --show-error --max-time 30 --upload-file - \
    --mail-from ann@example.net ${
    recipients.map((each) => `--mail-rcpt '${each}'`).join(" ")
  } smtp://127.0.0.1/`;
const receive = (path: string, user = "joe") =>
  `curl --silent --show-error --max-time 20 --cacert /opt/cluster/tls/fullchain.pem \
    -u ${user}@example.org:s3cret "$(sed -n 's|.*BIND_TLS=|pop3s://|p' /opt/cluster/settings)/${path}"`;

/** Until a login sees so many messages, for at most twenty seconds. */
const arrived = (count: number, user = "joe") =>
  `for _ in $(seq 100); do
    [ "$(${receive("", user)} | grep -c '^[0-9]')" -lt ${count} ] || exit 0; sleep 0.2
  done; postqueue -p; ${receive("", user)}; exit 1`;

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

testInSandbox(
  "the transport of docs/cluster.md delivers a message to several users, whatever their names",
  ["postconf", "curl", "openssl", "haproxy", "psql"],
  async (sandbox) => {
    await succeed(sandbox, CLUSTER);
    const page = await Deno.readTextFile(new URL("../../docs/cluster.md", import.meta.url));
    const [transport = "", settings = ""] = [...page.matchAll(/^```text\n([^]*?)^```/gm)]
      .map(([, block]) => block ?? "");
    assertMatch(transport, /^pop3svc unix/);
    const [, config = "", url = ""] = /^`(\{ "postgres": "([^"]*)" \})`/m.exec(page) ?? [];
    assertMatch(config, /postgres:/);
    await succeed(
      sandbox,
      `set -eu
      (export $(cat /opt/cluster/secrets/owner.env)
        for each in ann -x; do pop3svc postgres add-user --hash '{PLAIN}s3cret' -- $each@example.org; done)
      useradd --system pop3deliver
      . /opt/cluster/secrets/delivery.env
      mkdir -p /etc/pop3svc
      printf %s '${config}' | sed "s|${url}|$POP3SVC_POSTGRES|" |
        install -o pop3deliver -m 600 /dev/stdin /etc/pop3svc/deliver.jsonc
      cat >>/etc/postfix/master.cf <<'END'
${transport}END
      cat >>/etc/postfix/main.cf <<'END'
${settings}END
      postconf -e virtual_mailbox_domains=example.org virtual_mailbox_maps= allow_min_user=yes
      env --unset=POP3SVC_POSTGRES postfix start`,
    );
    await succeed(sandbox, send("joe@example.org", "ann@example.org", "-x@example.org"));
    for (const user of ["joe", "ann", "-x"]) await succeed(sandbox, arrived(1, user));
    await succeed(
      sandbox,
      `/opt/pop3svc/deploy/cluster/local.sh stop /opt/cluster && postfix stop`,
    );
  },
);

testInSandbox(
  "postfix.sh keeps what an existing Postfix serves, and changes nothing where that cannot be",
  ["postconf"],
  async (sandbox) => {
    const script = "/opt/pop3svc/deploy/cluster/postfix.sh Example.org delivery /etc/accounts.cf";
    const value = async (name: string) => (await succeed(sandbox, `postconf -h ${name}`)).trim();
    await succeed(sandbox, "install -m 600 /dev/null /etc/accounts.cf");
    await succeed(
      sandbox,
      `postconf -e 'mydomain = example.org' \
        'mydestination = $myhostname, $mydomain, example.ORG, hash:/etc/postfix/local, localhost' \
        'import_environment = MAIL_CONFIG ANOTHER'`,
    );
    await succeed(
      sandbox,
      "postconf -M 'submission/inet=submission inet n - y - - smtpd'",
    );
    for (let run = 0; run < 2; run++) {
      await succeed(sandbox, script);
      assertEquals(
        await value("mydestination"),
        "$myhostname, hash:/etc/postfix/local, localhost",
      );
      assertEquals(await value("import_environment"), "MAIL_CONFIG ANOTHER POP3SVC_POSTGRES");
      assertEquals(await value("virtual_mailbox_domains"), "example.org");
    }
    for (const service of ["smtp", "submission"]) {
      assertEquals(
        await succeed(sandbox, `postconf -F -h ${service}/inet/chroot`),
        "n\n",
        service,
      );
    }
    for (
      const other of [
        "virtual_transport = lmtp:unix:private/dovecot-lmtp",
        "virtual_mailbox_maps = hash:/etc/postfix/mailboxes",
        "virtual_mailbox_domains = example.net",
      ]
    ) {
      await using another = await Sandbox.create();
      await succeed(another, `postconf -e '${other}'`);
      const before = await succeed(another, "cat /etc/postfix/main.cf /etc/postfix/master.cf");
      const { code, text } = await another.run(script);
      assertEquals(code, 1, text);
      assertStringIncludes(text, `"${other}"`);
      assertEquals(
        await succeed(another, "cat /etc/postfix/main.cf /etc/postfix/master.cf"),
        before,
      );
    }
  },
);
