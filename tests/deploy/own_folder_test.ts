/** A trial of the server as root, or a service that had another uid, keeps nobody from deleting later. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Sandbox, testInSandbox } from "./sandbox.ts";
import { serviceCommand } from "./service_command.ts";

async function succeed(sandbox: Sandbox, script: string): Promise<string> {
  const { code, text } = await sandbox.run(script);
  assertEquals(code, 0, `${script}\n${text}`);
  return text;
}

/** Makes a Maildir with three messages. $1 is its path, $2 its owner. */
const MAILDIR = `
install -d -o $2 -g $2 -m 700 "$1" "$1/new" "$1/cur" "$1/tmp"
for each in 1 2 3; do
  printf 'Subject: x\\n\\n' >"$1/cur/$each.x:2,S"
  chown $2:$2 "$1/cur/$each.x:2,S"
done
`;

const deleteFirst = (port: number, password: string) =>
  `curl --max-time 20 --silent --show-error -u 'joe:${password}' --request 'DELE 1' --head pop3://127.0.0.1:${port}/`;

const END =
  "kill $(pgrep -f '[m]ain.ts'); while pgrep -f '[m]ain.ts' >/dev/null; do sleep 0.1; done";

testInSandbox(
  "a Maildir of the service's user: folders that root or another uid left are named, and deleting works",
  ["curl", "pgrep"],
  async (sandbox) => {
    await succeed(
      sandbox,
      `set -eu
      useradd --system --user-group vmail
      set -- /srv/mail/joe vmail
      ${MAILDIR}
      install -d -o vmail -m 700 /var/lib/pop3svc
      install -d -o vmail -m 755 /srv/mail`,
    );
    // The trial: as root, with the trash, so that a folder of root's stays.
    await sandbox.start("pop3svc /srv/mail/joe --port 1110 --delete trash", "ready: ");
    await succeed(sandbox, `${deleteFirst(1110, "passw0rd").replace("joe:", "me:")}\n${END}`);
    assertEquals(await succeed(sandbox, "stat -c %U /srv/mail/joe/pop3svc"), "root\n");
    // The old version, under the uid that systemd gave it yesterday.
    await succeed(sandbox, "install -d -o 61999 -m 700 /srv/mail/joe/.pop3svc");
    const program =
      "setpriv --reuid=vmail --regid=vmail --clear-groups env STATE_DIRECTORY=/var/lib/pop3svc pop3svc";
    await sandbox.start(
      `${program} /srv/mail/joe --port 1111 --log-file /var/lib/pop3svc/log`,
      "ready: ",
    );
    await succeed(sandbox, deleteFirst(1111, "passw0rd").replace("joe:", "me:"));
    assertEquals(await succeed(sandbox, "ls /srv/mail/joe/cur"), "3.x:2,S\n");
    const log = await succeed(sandbox, "cat /var/lib/pop3svc/log");
    const { text } = await sandbox.run(`${program} check /srv/mail/joe --port 0`);
    for (const told of [log, text]) {
      assertStringIncludes(told, "then type: rm -r '/srv/mail/joe/.pop3svc'");
      assertStringIncludes(told, "then type: rm -r '/srv/mail/joe/pop3svc'");
    }
    // What was told can be typed.
    await succeed(sandbox, "rm -r '/srv/mail/joe/.pop3svc' && rm -r '/srv/mail/joe/pop3svc'");
    await succeed(sandbox, deleteFirst(1111, "passw0rd").replace("joe:", "me:"));
    assertEquals(await succeed(sandbox, "ls /srv/mail/joe/cur"), "");
  },
);

testInSandbox(
  "Maildirs of users of the system: the folder that a trial as root left above them is named, and deleting works",
  ["curl", "pgrep"],
  async (sandbox) => {
    await succeed(
      sandbox,
      `set -eu
      useradd --system --user-group pop3svc
      useradd --create-home joe
      set -- /home/joe/Maildir joe
      ${MAILDIR}
      install -d -o pop3svc -m 700 /var/lib/pop3svc
      install -d /etc/pop3svc
      echo "joe:{PLAIN}s3cret:$(id -u joe):$(id -g joe)::/home/joe" >/etc/pop3svc/users
      chown pop3svc /etc/pop3svc/users
      mount -t tmpfs state /var/lib/pop3svc
      chown pop3svc /var/lib/pop3svc && chmod 700 /var/lib/pop3svc
      cat >/etc/pop3svc/config.jsonc <<'END'
{ "users": "/etc/pop3svc/users", "port": 1111, "log-file": "/var/lib/pop3svc/log" }
END`,
    );
    await sandbox.start(
      "install -d -m 700 /root/state; STATE_DIRECTORY=/run/state pop3svc --users /etc/pop3svc/users --port 1110 --delete trash",
      "ready: ",
    );
    await succeed(sandbox, `${deleteFirst(1110, "s3cret")}\n${END}`);
    assertEquals(await succeed(sandbox, "stat -c %U /home/.pop3svc"), "root\n");
    const command = await serviceCommand("system-users.conf");
    await sandbox.start(command, "ready: ");
    await succeed(sandbox, deleteFirst(1111, "s3cret"));
    assertEquals(await succeed(sandbox, "ls /home/joe/Maildir/cur"), "3.x:2,S\n");
    const { text } = await sandbox.run(
      command.replace("pop3svc --config", "pop3svc check --config"),
    );
    for (const told of [await succeed(sandbox, "cat /var/lib/pop3svc/log"), text]) {
      assertStringIncludes(told, "then type: rm -r '/home/.pop3svc'");
    }
  },
);
