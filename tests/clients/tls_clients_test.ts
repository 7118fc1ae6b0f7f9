/** TLS clients of other projects, over both kinds of TLS. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { MemoryMailbox, type TlsEngine } from "../../lib/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { ObservedListener } from "../observed_listener.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority, certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

/** A listener with a plain and a TLS port, and the authority's certificate as a file. */
class Ports implements AsyncDisposable {
  readonly pop3: ObservedListener;
  readonly plain: number;
  readonly tls: number;
  readonly caFile: string;
  readonly #folder: TemporaryFolder;

  private constructor(pop3: ObservedListener, ports: [number, number], folder: TemporaryFolder) {
    this.pop3 = pop3;
    [this.plain, this.tls] = ports;
    this.#folder = folder;
    this.caFile = join(folder.path, "ca.pem");
  }

  static async open(tlsEngine: TlsEngine = "node"): Promise<Ports> {
    const folder = await TemporaryFolder.create();
    const mailbox = new MemoryMailbox({ a: "Subject: a\r\n\r\nHello\r\n" });
    const provider = providerOf(mailbox, "passw0rd", "t0ken");
    const pop3 = new ObservedListener({ provider, certificate, tlsEngine });
    const plain = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
    const tls = await pop3.listenOn({ hostname: "127.0.0.1", port: 0, tls: true });
    const ports = new Ports(pop3, [plain.port, tls.port], folder);
    await Deno.writeTextFile(ports.caFile, authority.pem);
    return ports;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pop3.stop();
    await this.#folder[Symbol.asyncDispose]();
  }
}

const engines = ["node", "deno"] as const;

for (const version of ["TLSv1.2", "TLSv1.3"]) {
  for (const kind of ["node", "deno", "STLS"] as const) {
    await testWith("openssl", `openssl speaks ${version}, ${kind}`, async () => {
      await using ports = await Ports.open(kind === "STLS" ? "node" : kind);
      const port = kind === "STLS" ? ports.plain : ports.tls;
      const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", ports.caFile];
      args.push("-verify_return_error", "-quiet", version === "TLSv1.2" ? "-tls1_2" : "-tls1_3");
      if (kind === "STLS") args.push("-starttls", "pop3");
      const commands = "XLOG me passw0rd\r\nRETR 1\r\nQUIT\r\n";
      const said = new TextDecoder().decode(
        await run("openssl", args, new TextEncoder().encode(commands)),
      );
      assertMatch(
        said,
        /\+OK Welcome\.\r\n\+OK Message text follows\.\.\.\r\nSubject: a\r\n\r\nHello\r\n\.\r\n\+OK 0 messages/,
      );
      const { connection } = await ports.pop3.until("login");
      assertEquals(connection.tls?.version, kind === "deno" ? undefined : version);
      assertEquals(connection.isSecure, true);
    }, ["version"]);
  }
}

for (const engine of engines) {
  await testWith("openssl", `TLS 1.1 is refused by ${engine}, with an alert`, async () => {
    await using ports = await Ports.open(engine);
    const args = [
      "s_client",
      "-connect",
      `127.0.0.1:${ports.tls}`,
      "-tls1_1",
      "-cipher",
      "ALL@SECLEVEL=0",
    ];
    const { success, stderr } = await new Deno.Command("openssl", {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    assertEquals(success, false);
    assertStringIncludes(new TextDecoder().decode(stderr), "alert");
    await ports.pop3.until("close");
    assertEquals(ports.pop3.all("close").map(({ reason }) => reason), ["tls-failed"]);
  }, ["version"]);

  await testWith(
    "python3",
    `Python's poplib over STLS and TLS by ${engine}, each ended with close_notify`,
    async () => {
      await using ports = await Ports.open(engine);
      const script = `
import poplib, ssl
context = ssl.create_default_context(cafile=${JSON.stringify(ports.caFile)})
def use(pop3):
    pop3.user("me"); pop3.pass_("passw0rd")
    assert pop3.retr(1)[1] == [b"Subject: a", b"", b"Hello"]
    pop3.sock.suppress_ragged_eofs = False
    pop3.quit()
use(poplib.POP3_SSL("localhost", ${ports.tls}, context=context))
pop3 = poplib.POP3("localhost", ${ports.plain})
assert "STLS" in pop3.capa()
pop3.stls(context)
assert "STLS" not in pop3.capa()
use(pop3)
pop3 = poplib.POP3("localhost", ${ports.plain})
pop3.apop("me", "passw0rd")
assert pop3.stat() == (1, 21)
pop3.quit()
print("done")
`;
      const said = await run("python3", ["-c", script]);
      assertStringIncludes(new TextDecoder().decode(said), "done");
      assertEquals((await ports.pop3.until("login", 3)).mechanism, "APOP");
    },
  );

  await testWith(
    "curl",
    `curl over STLS and TLS by ${engine}, with each mechanism that it knows`,
    async () => {
      await using ports = await Ports.open(engine);
      const common = ["-sS", "--cacert", ports.caFile, "-u", "me:passw0rd"];
      const fetched = async (url: string, ...more: string[]) =>
        new TextDecoder().decode(await run("curl", [...common, ...more, url]));
      const message = "Subject: a\r\n\r\nHello\r\n";
      assertEquals(await fetched(`pop3s://localhost:${ports.tls}/1`), message);
      assertEquals(await fetched(`pop3://localhost:${ports.plain}/1`, "--ssl-reqd"), message);
      for (const mechanism of ["PLAIN", "LOGIN", "+APOP"]) {
        const url = `pop3://localhost:${ports.plain}/1`;
        assertEquals(await fetched(url, "--login-options", `AUTH=${mechanism}`), message);
      }
      const used = ports.pop3.all("login").map(({ mechanism }) => mechanism);
      assertEquals(used.slice(-3), ["PLAIN", "LOGIN", "APOP"]);
    },
  );

  await testWith("mpop", `mpop over TLS by ${engine}`, async () => {
    await using ports = await Ports.open(engine);
    assertStringIncludes(await fetchedByMpop(ports, ports.tls, "user"), "Subject: a\n\nHello\n");
  });

  await testWith("fetchmail", `fetchmail over TLS by ${engine}`, async () => {
    await using ports = await Ports.open(engine);
    const rc = ports.caFile.replace("ca.pem", "fetchmailrc");
    const outbox = ports.caFile.replace("ca.pem", "fetched");
    await Deno.writeTextFile(
      rc,
      `poll localhost protocol pop3 port ${ports.tls} user me password passw0rd ssl sslcertck ` +
        `sslcertfile "${ports.caFile}" keep mda "cat > ${outbox}"\n`,
      { mode: 0o600 },
    );
    await run("fetchmail", ["--nodetach", "--silent", "-f", rc, "-i", `${outbox}-ids`]);
    assertStringIncludes(await Deno.readTextFile(outbox), "Subject: a\n\nHello\n");
  });
}

/** What mpop delivers; over STLS on the plain port. */
async function fetchedByMpop(ports: Ports, port: number, mechanism: string): Promise<string> {
  const outbox = ports.caFile.replace("ca.pem", "mbox");
  const config = ports.caFile.replace("ca.pem", "mpoprc");
  const secret = mechanism === "oauthbearer" || mechanism === "xoauth2" ? "t0ken" : "passw0rd";
  const startsPlain = port === ports.plain ? "on" : "off";
  await Deno.writeTextFile(
    config,
    [
      ...["account default", "host localhost", `port ${port}`, "user me"],
      ...["tls on", `tls_starttls ${startsPlain}`, `tls_trust_file ${ports.caFile}`],
      ...[`auth ${mechanism}`, `password ${secret}`, `delivery mbox ${outbox}`],
      ...["uidls_file ~/%U", "keep on", ""],
    ].join("\n"),
    { mode: 0o600 },
  );
  await run("mpop", [
    `--file=${config}`,
    "--quiet",
    "--received-header=off",
    `--uidls-file=${outbox}-uids`,
  ]);
  return await Deno.readTextFile(outbox);
}

for (
  const mechanism of ["user", "plain", "login", "scram-sha-256", "apop", "oauthbearer", "xoauth2"]
) {
  await testWith("mpop", `mpop logs in with ${mechanism}, over STLS`, async () => {
    await using ports = await Ports.open();
    assertStringIncludes(
      await fetchedByMpop(ports, ports.plain, mechanism),
      "Subject: a\n\nHello\n",
    );
    const used = mechanism === "user" ? "PASS" : mechanism.toUpperCase();
    assertEquals(ports.pop3.all("login").map(({ mechanism }) => mechanism), [used]);
  });
}
