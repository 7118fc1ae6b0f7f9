/** deploy/debian/setup.sh on a machine where something is there already: Postfix, a certificate, a service that runs. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Sandbox, testInSandbox } from "./sandbox.ts";

const SCRIPT = "/opt/pop3svc/deploy/debian/setup.sh";
const SET_UP = `${SCRIPT} --domain example.org --host mail.example.org --self-signed`;

async function succeed(sandbox: Sandbox, script: string, stdin?: string): Promise<string> {
  const { code, text } = await sandbox.run(script, stdin);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

testInSandbox(
  "setup.sh refuses to overwrite a Postfix that serves other mail, and has changed nothing then",
  ["postconf", "openssl"],
  async (sandbox) => {
    await succeed(sandbox, "cp /etc/postfix/main.cf /etc/postfix/main.cf.default");
    const foreign = [
      ["myhostname", "mx.corp.org", "mail.example.org"],
      ["virtual_transport", "lmtp:unix:private/dovecot", "virtual"],
      [
        "virtual_mailbox_maps",
        "hash:/etc/postfix/vmailbox",
        "texthash:/etc/postfix/pop3svc_mailboxes",
      ],
      ["virtual_mailbox_base", "/var/vmail", "/srv/mail"],
      ["virtual_uid_maps", "static:5000", "static:UID-of-vmail"],
      ["virtual_gid_maps", "static:5000", "static:GID-of-vmail"],
      ["virtual_mailbox_domains", "old.org", "example.org"],
    ] as const;
    const before = await succeed(sandbox, "ls -A /etc /srv /usr/local/bin");
    for (const [name, value, wanted] of foreign) {
      await succeed(
        sandbox,
        `cp /etc/postfix/main.cf.default /etc/postfix/main.cf; postconf -e '${name} = ${value}'
        cp /etc/postfix/main.cf /etc/postfix/main.cf.before`,
      );
      const { code, text } = await sandbox.run(SET_UP, "s3cret\n");
      assertEquals(code, 1, text);
      assertStringIncludes(
        text,
        `setup.sh: Postfix has "${name} = ${value}", but this set-up needs "${name} = ${wanted}". Nothing was changed.`,
      );
      assertStringIncludes(text, "--no-postfix");
      await succeed(sandbox, "cmp /etc/postfix/main.cf /etc/postfix/main.cf.before");
    }
    assertEquals(await succeed(sandbox, "ls -A /etc /srv /usr/local/bin"), before);
  },
);

testInSandbox(
  "setup.sh takes only its domain out of mydestination; a second domain joins the first, a second host does not",
  ["postconf", "openssl"],
  async (sandbox) => {
    const get = async (name: string) => (await succeed(sandbox, `postconf -h ${name}`)).trim();
    // The values of Debian's package where the mail name is the domain, and one more.
    const destination = "$myhostname, Example.org, corp.org, localhost.example.org, , localhost";
    await succeed(sandbox, `postconf -e 'mydestination = ${destination}'`);
    const dry = await succeed(sandbox, `${SET_UP} --no-fail2ban --dry-run`);
    assertStringIncludes(dry, "+ postconf -e virtual_uid_maps = static:UID-of-vmail\n");
    assertEquals(await get("mydestination"), destination);
    await succeed(sandbox, `${SET_UP} --no-fail2ban`, "s3cret\n");
    assertEquals(
      await get("mydestination"),
      "$myhostname, corp.org, localhost.example.org, localhost",
    );
    assertEquals(await get("virtual_mailbox_domains"), "example.org");

    const second =
      `${SCRIPT} --domain corp.org --host mail.example.org --self-signed --no-fail2ban`;
    await succeed(sandbox, second, "s3cret\n");
    assertEquals(await get("mydestination"), "$myhostname, localhost.example.org, localhost");
    assertEquals(await get("virtual_mailbox_domains"), "example.org, corp.org");
    assertEquals(/^\+ (?!.*apt-get)/m.test(await succeed(sandbox, second)), false);

    const main = await succeed(sandbox, "cat /etc/postfix/main.cf");
    for (const options of ["--self-signed", "", "--no-postfix"]) {
      const { code, text } = await sandbox.run(
        `${SCRIPT} --domain example.net --host mx.example.net --no-fail2ban ${options}`,
        "s3cret\n",
      );
      assertEquals(code, 1);
      assertMatch(
        text,
        /^setup\.sh: the certificate in \/etc\/pop3svc\/tls is not for mx\.example\.net: /,
      );
    }
    assertEquals(await succeed(sandbox, "cat /etc/postfix/main.cf"), main);
    await succeed(
      sandbox,
      "rm /etc/pop3svc/tls/*; echo POP3SVC_LINEAGE=other >/etc/pop3svc/certbot",
    );
    const { code, text } = await sandbox.run(
      `${SCRIPT} --domain example.org --host mail.example.org --no-fail2ban`,
    );
    assertEquals(code, 1);
    assertMatch(text, /^setup\.sh: \/etc\/pop3svc\/certbot names another certificate than mail\./);
  },
);

testInSandbox(
  "a domain that is the name of the machine leaves mydestination, too",
  ["postconf", "openssl"],
  async (sandbox) => {
    await succeed(sandbox, "postconf -e 'mydestination = $myhostname localhost, $mydomain'");
    const host = "mail.example.org";
    await succeed(
      sandbox,
      `${SCRIPT} --domain ${host} --host ${host} --self-signed --no-fail2ban`,
      "s3cret\n",
    );
    assertEquals(await succeed(sandbox, "postconf -h mydestination"), "localhost, $mydomain\n");
  },
);

/** In place of systemd, which does not run here: /run/asked has what it was asked, /run/active what runs. */
const SYSTEMCTL = `#!/bin/sh
echo "$*" >>/run/asked
case $1 in
  is-active) grep -qxF -- "$3" /run/active ;;
  show) cat /run/started ;;
esac
`;

testInSandbox(
  "a new executable restarts the service, also after a run that stopped at the check; instances are left alone",
  ["openssl"],
  async (sandbox) => {
    await succeed(
      sandbox,
      `mkdir -p /run/systemd/system && echo pop3svc >/run/active && echo @0 >/run/started
      install -m 755 /dev/stdin /usr/local/bin/systemctl`,
      SYSTEMCTL,
    );
    const COMMAND = `${SET_UP} --no-postfix --no-fail2ban --executable /opt/executable`;
    const run = async () => {
      const { code } = await sandbox.run(COMMAND, "s3cret\n");
      const asked = await succeed(sandbox, "cat /run/asked; rm -f /run/asked; touch /run/asked");
      return { code, restarts: asked.split("\n").filter((line) => line === "restart pop3svc") };
    };
    const RESTARTED = { code: 0, restarts: ["restart pop3svc"] };
    await succeed(sandbox, "touch /run/asked; cp /usr/local/bin/pop3svc /opt/executable");
    assertEquals(await run(), RESTARTED);
    await succeed(sandbox, "date +@%s >/run/started");
    assertEquals(await run(), { code: 0, restarts: [] });
    await succeed(sandbox, "echo '# new' >>/opt/executable");
    assertMatch(await succeed(sandbox, `${COMMAND} --dry-run`), /^\+ systemctl restart pop3svc$/m);
    assertEquals(await run(), RESTARTED);

    // The check stops this run; the next one finds the executable in place.
    await succeed(
      sandbox,
      "echo '# newer' >>/opt/executable; mv /etc/pop3svc/config.jsonc /etc/pop3svc/x",
    );
    await succeed(sandbox, "echo nonsense >/etc/pop3svc/config.jsonc");
    assertEquals((await run()).code, 1);
    await succeed(sandbox, "mv /etc/pop3svc/x /etc/pop3svc/config.jsonc; echo @1 >/run/started");
    assertEquals(await run(), RESTARTED);

    const wants = "/etc/systemd/system/multi-user.target.wants";
    for (
      const instance of [
        "echo 'pop3svc@*' >/run/active",
        `echo >/run/active; mkdir -p ${wants}; ln -s ../pop3svc@.service ${wants}/pop3svc@1.service`,
      ]
    ) {
      await succeed(sandbox, `${instance}; echo '# newest' >>/opt/executable`);
      assertEquals(await run(), { code: 0, restarts: [] }, instance);
    }
  },
);
