/** The program with a certificate. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import type { Certificate } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram, runProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority, certificate } from "../test_authority.ts";

/** A folder with `cert.pem` and `key.pem`. */
class CertificateFolder implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  readonly options: readonly string[];

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.options = ["--cert", join(folder.path, "cert.pem"), "--key", join(folder.path, "key.pem")];
  }

  static async create(): Promise<CertificateFolder> {
    const folder = new CertificateFolder(await TemporaryFolder.create());
    await folder.write(certificate);
    return folder;
  }

  async write({ cert, key }: Certificate): Promise<void> {
    await Deno.writeTextFile(join(this.#folder.path, "cert.pem"), cert);
    await Deno.writeTextFile(join(this.#folder.path, "key.pem"), key);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.asyncDispose]();
  }
}

Deno.test("a plain port with STLS and one with TLS", async () => {
  await using folder = await CertificateFolder.create();
  await using program = await RunningProgram.start([...folder.options, "--tls-port", "0"]);
  assertMatch(program.readyLines[1] ?? "", /^listening on pop3s:\/\/127\.0\.0\.1:\d+$/);
  using tls = await LoopbackClient.connectTls(program.tlsPort);
  assertEquals(await tls.logIn(), "+OK Welcome.");
  using plain = await LoopbackClient.connect(program.port);
  await plain.readLine();
  assertEquals(await plain.command("STLS"), "+OK Begin TLS negotiation.");
  await plain.startTls();
  assertEquals(await plain.command("XLOG me passw0rd"), "+OK Welcome.");
});

Deno.test("--port off leaves TLS only", async () => {
  await using folder = await CertificateFolder.create();
  await using program = await RunningProgram.start([
    ...folder.options,
    "--tls-port",
    "0",
    "--port",
    "off",
  ]);
  assertEquals(program.readyLines.length, 2);
  assertStringIncludes(program.readyLines[0] ?? "", "pop3s://");
});

Deno.test("a changed certificate is used at the next handshake; a broken one is logged at SIGHUP", async () => {
  await using folder = await CertificateFolder.create();
  await using program = await RunningProgram.start([...folder.options, "--tls-port", "0"]);
  using open = await LoopbackClient.connectTls(program.tlsPort);
  await open.logIn();
  await folder.write(await authority.issue("renewed"));
  using next = await LoopbackClient.connectTls(program.tlsPort);
  await next.readLine();
  await folder.write({ cert: certificate.cert, key: "rubbish" });
  program.signal("SIGHUP");
  using another = await LoopbackClient.connectTls(program.tlsPort);
  assertStringIncludes(await another.readLine() ?? "", "+OK");
  assertEquals(await open.command("NOOP"), "+OK There's no-one here but us POP3 services.");
  const { stderr, code } = await program.end("SIGTERM");
  assertEquals(code, 0);
  const told = stderr.split("\n").filter((line) => / (certificate|failed) /.test(line));
  // It expires tomorrow.
  assertEquals(stderr.match(/ warn certificate-expiry /g)?.length, 2);
  assertMatch(
    told.map((line) => line.replace(/^\S+ /, "")).join("\n"),
    /^info certificate subject="CN=localhost" expires=\S+\ninfo certificate subject="CN=renewed" expires=\S+\nerror failed during=certificate reason="\S+\/cert\.pem, \S+\/key\.pem: no PEM private key without a passphrase"$/,
  );
});

Deno.test("--tls-engine deno, from the config file: a session, and a new certificate at SIGHUP", async () => {
  await using folder = await CertificateFolder.create();
  await using config = await TemporaryFolder.create();
  const file = join(config.path, "config.json");
  await Deno.writeTextFile(file, JSON.stringify({ "tls-engine": "deno", "tls-port": 0 }));
  await using program = await RunningProgram.start([...folder.options, "--config", file]);
  using open = await LoopbackClient.connectTls(program.tlsPort);
  assertEquals(await open.logIn(), "+OK Welcome.");
  await folder.write(await authority.issue("renewed"));
  // It is too late for this one, and in time for the next.
  using next = await LoopbackClient.connectTls(program.tlsPort);
  assertStringIncludes(await next.readLine() ?? "", "+OK");
  assertMatch(await open.command("STAT") ?? "", /^\+OK \d+ /);
  const { stderr, code } = await program.end("SIGTERM");
  assertEquals(code, 0);
  assertStringIncludes(stderr, 'certificate subject="CN=renewed"');
});

Deno.test("an engine that is none, and what the engine deno cannot do, are wrong options", async () => {
  await using folder = await CertificateFolder.create();
  const options = [...folder.options, "--tls-port", "0", "--tls-engine"];
  for (const [command, output] of [["serve", "stderr"], ["check", "stdout"]] as const) {
    const unknown = await runProgram([command, ...options, "openssl"]);
    assertEquals([unknown.code, unknown.stdout], [2, ""]);
    assertStringIncludes(unknown.stderr, "--tls-engine openssl: give node or deno");
    const proxy = ["--proxy-protocol", "192.0.2.0/24"];
    const proxied = await runProgram([command, ...options, "deno", ...proxy]);
    assertEquals(proxied.code, 2);
    assertStringIncludes(proxied[output], "--tls-engine deno cannot read the header");
  }
});

Deno.test("check shows the certificate, and whether it can be used", async () => {
  await using folder = await CertificateFolder.create();
  const check = () => runProgram(["check", ...folder.options, "--port", "0", "--tls-port", "0"]);
  const good = await check();
  assertEquals(good.code, 0, good.stderr);
  assertMatch(
    good.stdout,
    /\ncertificate: CN=localhost\nnames: DNS:localhost, IP Address:127\.0\.0\.1\nvalid: \S+ to \S+ \(valid\)\nkey: belongs to the certificate\n/,
  );
  const past = { notBefore: new Date("2020-01-01"), notAfter: new Date("2020-02-01") };
  await folder.write(await authority.issue("old", past));
  const expired = await check();
  assertEquals(expired.code, 1);
  assertStringIncludes(expired.stdout, "(EXPIRED)");
  assertStringIncludes(expired.stdout, "\nerror: the certificate has expired");
  await folder.write({ cert: certificate.cert, key: (await authority.issue()).key });
  const mixed = await check();
  assertEquals(mixed.code, 1);
  assertStringIncludes(mixed.stdout, "\nerror: the key does not belong to the certificate\n");
});
