/** What a check finds, as values: by user and mailbox, with severity, what it concerns, and a remedy. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { checkServer, findingsOf, type ServerToCheck } from "../../lib/check/check_server.ts";
import type { PortsToCheck } from "../../lib/check/check_ports.ts";
import { checkCertificate } from "../../lib/check/check_certificate.ts";
import { sentenceOf } from "../../lib/check/finding.ts";
import { run, testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { certificate } from "../test_authority.ts";

const noPorts: PortsToCheck = { hostnames: ["127.0.0.1"], ports: [], proxies: [], admin: null };

function plain(port: number) {
  return { port, tls: false };
}

/** A server in a folder, on no port, with a file `users` and a folder `mail`. */
function serverIn(folder: string, changes: Partial<ServerToCheck> = {}): ServerToCheck {
  return {
    mail: {
      type: "users",
      file: join(folder, "users"),
      mailRoot: join(folder, "mail"),
      usernameCase: "lower",
      options: { settleTime: 0 },
    },
    certificate: null,
    ports: noPorts,
    tlsEngine: "node",
    command: "pop3svc check",
    allowsInsecureLogin: false,
    secretFiles: { users: null, passwordFile: null, key: null, cert: null },
    ...changes,
  };
}

function noProgress(): void {}

Deno.test("each user has a path, a format, the contents, and what is wrong with them", async () => {
  await using folder = await TemporaryFolder.create();
  const mail = (...names: string[]) => join(folder.path, "mail", ...names);
  await Deno.mkdir(mail("joe"), { recursive: true });
  for (const name of ["new", "cur", "tmp"]) {
    await Deno.mkdir(mail("ann", name), { recursive: true });
  }
  await Deno.writeTextFile(mail("joe", "a.eml"), "Subject: a\r\n\r\n");
  await Deno.writeTextFile(mail("joe", "b.eml.gz"), "x");
  await Deno.writeTextFile(mail("ann", "cur", "1.x,S=1,W=9:2,S"), "Subject: x\r\n\r\n");
  await Deno.writeTextFile(
    join(folder.path, "users"),
    "joe:{PLAIN}j\nann:{PLAIN}a\nnew:!\nbad line\n",
  );
  const report = await checkServer(serverIn(folder.path), noProgress);
  if (report.mail.type !== "users" || report.mail.users === null) throw new Error("no users");
  assertEquals(
    report.mail.users.map(({ username, isLocked, path, format, contents, findings }) => ({
      username,
      isLocked,
      place: [path, format],
      counts: contents === null ? null : [contents.messages, contents.octets],
      found: findings.map(({ severity, concerns }) => [severity, concerns]),
    })),
    [
      {
        username: "joe",
        isLocked: false,
        place: [mail("joe"), "folder"],
        counts: [1, 14],
        found: [["fault", { type: "mailbox", username: "joe", path: mail("joe") }]],
      },
      {
        username: "ann",
        isLocked: false,
        place: [mail("ann"), "maildir"],
        counts: [1, 14],
        found: [["warning", { type: "mailbox", username: "ann", path: mail("ann") }]],
      },
      { username: "new", isLocked: true, place: [null, null], counts: null, found: [] },
    ],
  );
  const lines = report.mail.findings.map(sentenceOf);
  assertEquals([lines.length, lines[0]?.startsWith("line 4: there is no colon")], [1, true]);
  const faults = findingsOf(report).filter(({ severity }) => severity === "fault");
  assertEquals(faults.map(({ concerns }) => concerns.type), ["users-file", "mailbox"]);
});

Deno.test("each thing that cannot be read is a finding, and the others are looked at all the same", async () => {
  await using folder = await TemporaryFolder.create();
  using used = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  used.accept().then((connection) => connection.close());
  const { port } = used.addr;
  const [cert, key] = [join(folder.path, "cert"), join(folder.path, "key")];
  const report = await checkServer(
    serverIn(folder.path, {
      certificate: { cert, key },
      ports: { ...noPorts, ports: [plain(port), plain(0)] },
    }),
    noProgress,
  );
  const found = findingsOf(report).filter(({ concerns }) => concerns.type !== "server");
  assertEquals(found.map(({ severity, concerns, text }) => [severity, concerns, text]), [
    [
      "fault",
      { type: "users-file", path: join(folder.path, "users"), line: null },
      "it is not there",
    ],
    [
      "fault",
      { type: "file", path: join(folder.path, "mail") },
      "the folder of mailboxes is not there",
    ],
    ["fault", { type: "file", path: cert }, "the certificate cannot be read: it is not there"],
    ["fault", { type: "file", path: key }, "the key cannot be read: it is not there"],
    [
      "fault",
      { type: "port", hostname: "127.0.0.1", port },
      "another program is using it (it closes the connection without a greeting)",
    ],
  ]);
});

Deno.test("a mailbox that cannot be opened is a fault of its user, with its path", async () => {
  await using folder = await TemporaryFolder.create();
  const joe = join(folder.path, "joe");
  await Deno.mkdir(joe);
  await Deno.writeTextFile(
    join(folder.path, "users"),
    `joe:{PLAIN}j::::::userdb_mail=mbox:${joe}\n`,
  );
  const { mail } = await checkServer(serverIn(folder.path), noProgress);
  const [user] = mail.type === "users" ? mail.users ?? [] : [];
  assertEquals([user?.path, user?.format, user?.contents], [joe, "mbox", null]);
  assertEquals(user?.findings.map(sentenceOf), [`user "joe": ${joe} is no mbox: it is not a file`]);
});

Deno.test("an expired certificate is a fault, one that soon expires a warning", async () => {
  await using folder = await TemporaryFolder.create();
  const files = { cert: join(folder.path, "cert"), key: join(folder.path, "key") };
  await Deno.writeTextFile(files.cert, certificate.cert);
  await Deno.writeTextFile(files.key, certificate.key);
  const after = (days: number) => {
    const { facts, findings } = checkCertificate(files, new Date(Date.now() + days * 86_400_000));
    assertMatch(facts?.subject ?? "", /^CN=/);
    return findings.map(({ severity, text }) => `${severity}: ${text}`);
  };
  assertEquals(after(0), ["warning: the certificate expires in 0 days"]);
  assertMatch(after(-20).join(), /^fault: the certificate is valid only from \d{4}-\S+Z on$/);
  assertEquals(after(2), ["fault: the certificate has expired: no client will accept it"]);
});

Deno.test("without a certificate nobody on another machine can log in, unless that is allowed", async () => {
  await using folder = await TemporaryFolder.create();
  const ports = { ...noPorts, hostnames: ["localhost", "192.0.2.1"], ports: [plain(0)] };
  const said = async (changes: Partial<ServerToCheck>) => {
    const report = await checkServer(serverIn(folder.path, { ports, ...changes }), noProgress);
    return report.ports.map(sentenceOf);
  };
  assertEquals(await said({}), ["no certificate: nobody on another machine can log in"]);
  assertEquals(await said({ allowsInsecureLogin: true }), []);
  assertEquals(await said({ ports: { ...ports, hostnames: ["localhost", "::1"] } }), []);
});

await testWith(
  "openssl",
  "a self-signed certificate is a warning; one of an authority is none",
  async () => {
    await using folder = await TemporaryFolder.create();
    const [cert, key] = [join(folder.path, "cert"), join(folder.path, "key")];
    const found = () =>
      checkCertificate({ cert, key }, new Date()).findings.map(({ severity, text }) => [
        severity,
        text,
      ]);
    await run("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "90", "-subj", "/CN=localhost"],
      ...["-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", cert],
    ]);
    assertEquals(found(), [
      ["warning", "the certificate is self-signed: only clients that were given it accept it"],
    ]);
    await Deno.writeTextFile(cert, certificate.cert);
    await Deno.writeTextFile(key, certificate.key);
    // The certificate of the tests expires soon.
    assertEquals(found().filter(([, text]) => text?.includes("self-signed")), []);
  },
  ["version"],
);
