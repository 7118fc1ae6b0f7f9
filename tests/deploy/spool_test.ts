/**
 * An mbox in a mail spool: what the service deletes there keeps owner, group and mode, real deliverers go on delivering,
 * and no message is lost while both work at the same time.
 */
import { assert, assertEquals } from "@std/assert";
import { Sandbox, testInSandbox } from "./sandbox.ts";
import { serviceCommand } from "./service_command.ts";

async function succeed(sandbox: Sandbox, script: string): Promise<string> {
  const { code, text } = await sandbox.run(script);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

const SET_UP = `
set -eu
useradd --system --user-group --home-dir /var/lib/pop3svc --no-create-home pop3svc
useradd --system --user-group --groups mail --home-dir / --no-create-home vmail
useradd --create-home joe
install -d -o root -g root -m 755 /etc/pop3svc
cat >/etc/pop3svc/config.jsonc <<'END'
{ "users": "/etc/pop3svc/users", "mail-root": "/var/mail", "port": 1110 }
END
postconf -e "mydestination = mail.example.org" "mailbox_command =" "home_mailbox =" \
  "virtual_mailbox_domains = virtual.example.org" "virtual_mailbox_base = /var/mail" \
  "virtual_mailbox_maps = inline:{joe@virtual.example.org=joe}" "virtual_minimum_uid = 1" \
  "virtual_uid_maps = static:$(id -u vmail)" "virtual_gid_maps = static:$(id -g mail)"
postfix start
`;

/** Deletes every second message of each session, until all that were sent have been read and deleted. */
const CLIENT = `
import poplib, sys, time
expected, until = int(sys.argv[1]), time.time() + 120
got, sessions = [], 0
while len(got) < expected and time.time() < until:
    client = poplib.POP3("127.0.0.1", 1110, timeout=60)
    try:
        client.user("joe"); client.pass_("s3cret")
        subjects = []
        for number in range(1, client.stat()[0] + 1, 2):
            lines = client.retr(number)[1]
            subjects.append(next(line for line in lines if line.startswith(b"Subject: "))[9:].decode())
            assert lines[-1] == b"end of " + subjects[-1].encode(), lines
            client.dele(number)
        client.quit()
    except poplib.error_proto as error:
        # Others have the mailbox, or it has changed: nothing is deleted, and the next session tries again.
        print(error)
        client.close()
        continue
    got += subjects
    sessions += len(subjects) > 0
print("SESSIONS", sessions)
print("\\n".join(sorted(got)))
`;

/** Both programs deliver 25 messages. $1 is the address for Postfix; the rest is the command of procmail. */
const DELIVER = `
address=$1
shift
message() {
  printf 'Subject: %s\\n\\n' "$1"
  yes 'From one line to another' | head -100
  echo "end of $1"
}
for number in $(seq 25); do
  message "postfix-$number" | sendmail "$address"
  message "procmail-$number" | "$@" || echo "procmail: $?"
done
`;

interface SetUp {
  readonly name: string;
  readonly command: () => Promise<string>;
  /** Who owns the mbox. */
  readonly owner: "joe" | "vmail";
  readonly address: string;
  readonly procmail: string;
}

const toJoe = {
  owner: "joe",
  address: "joe@mail.example.org",
  procmail: "procmail -d joe",
} as const;

const asUser = (user: string, groups: string) =>
  `setpriv --reuid=${user} --regid=${user} ${groups} --no-new-privs --inh-caps=-all --ambient-caps=-all ` +
  `--bounding-set=-all env STATE_DIRECTORY=/var/lib/pop3svc pop3svc --config /etc/pop3svc/config.jsonc`;

const setUps: readonly SetUp[] = [
  {
    name: "the service in group mail",
    command: () => Promise.resolve(asUser("pop3svc", '--groups="$(id -g mail)"')),
    ...toJoe,
  },
  {
    name: "the service with the privileges of system-users.conf",
    command: () => serviceCommand("system-users.conf"),
    ...toJoe,
  },
  {
    name: "virtual users",
    command: () => Promise.resolve(asUser("vmail", "--init-groups")),
    owner: "vmail",
    address: "joe@virtual.example.org",
    procmail:
      "setpriv --reuid=vmail --regid=vmail --init-groups procmail -f sender@example.org -m /etc/rules",
  },
];

/** Delivers and deletes at the same time, in a spool of this mode. */
async function deliverAndDelete(sandbox: Sandbox, mode: string, setUp: SetUp): Promise<void> {
  const { command, owner, address, procmail } = setUp;
  const service = owner === "joe" ? "pop3svc" : "vmail";
  await succeed(sandbox, SET_UP);
  await succeed(
    sandbox,
    `set -eu
    mount -t tmpfs -o mode=${mode},gid=$(id -g mail) spool /var/mail
    install -o ${owner} -g mail -m 660 /dev/null /var/mail/joe
    install -d -o ${service} -g ${service} -m 700 /var/lib/pop3svc
    echo "joe:{PLAIN}s3cret:$(id -u ${owner}):$(id -g ${owner})" >/etc/pop3svc/users
    chown ${service} /etc/pop3svc/users
    printf 'DEFAULT=/var/mail/joe\\nORGMAIL=/var/mail/joe\\nLOCKSLEEP=1\\n' >/etc/rules
    install -o joe /etc/rules /home/joe/.procmailrc
    cat >/etc/client.py <<'END'\n${CLIENT}\nEND
    cat >/etc/deliver <<'END'\n${DELIVER}\nEND`,
  );
  await sandbox.start(await command(), "ready: ");
  const told = await succeed(
    sandbox,
    `sh /etc/deliver ${address} ${procmail} & python3 /etc/client.py 50; wait`,
  );
  const [, sessions = "", rest = ""] = /SESSIONS (\d+)\n([^]*)/.exec(told) ?? [];
  const expected = ["postfix", "procmail"].flatMap((by) =>
    Array.from({ length: 25 }, (_, index) => `${by}-${index + 1}`)
  );
  assertEquals(rest, [...expected.toSorted(), ""].join("\n"), told);
  assert(Number(sessions) > 2, told);
  const left = await succeed(sandbox, "stat -c '%U:%G %a %s' /var/mail/joe; ls -A /var/mail");
  assertEquals(left.replace("\n.pop3svc\n", "\n"), `${owner}:mail 660 0\njoe\n`);
}

for (const setUp of setUps) {
  testInSandbox(
    `a spool, ${setUp.name}: Postfix and procmail deliver while sessions delete, and nothing is lost`,
    ["postconf", "procmail", "python3"],
    async (sandbox) => {
      await using another = await Sandbox.create();
      // Most of the time the programs wait for each other's locks.
      await Promise.all([
        deliverAndDelete(sandbox, "2775", setUp),
        deliverAndDelete(another, "1777", setUp),
      ]);
    },
  );
}
