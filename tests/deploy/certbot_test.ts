/** The shipped hook of certbot, with links as certbot makes them, while a real server serves the copies. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import type { Certificate } from "../../lib/mod.ts";
import { testWith } from "../installed_program.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority } from "../test_authority.ts";

const hook = fromFileUrl(new URL("../../deploy/certbot/pop3svc", import.meta.url));

/** A folder of certbot, and what the hook makes of it. */
class Certbot {
  readonly #folder: TemporaryFolder;

  constructor(folder: TemporaryFolder) {
    this.#folder = folder;
  }

  at(name: string): string {
    return join(this.#folder.path, name);
  }

  /** Makes the files of a renewal, and switches the links to them. */
  async renew(name: string, renewal: number, { cert, key }: Certificate): Promise<void> {
    for (const folder of [`archive/${name}`, `live/${name}`]) {
      await Deno.mkdir(this.at(folder), { recursive: true, mode: 0o700 });
    }
    for (const [file, text] of [["fullchain", cert], ["privkey", key]] as const) {
      const target = `archive/${name}/${file}${renewal}.pem`;
      await Deno.writeTextFile(this.at(target), text, { mode: 0o600 });
      const link = this.at(`live/${name}/${file}.pem`);
      await Deno.remove(link).catch(() => {});
      await Deno.symlink(`../../${target}`, link);
    }
  }

  /** Runs the hook as certbot does. */
  async deploy(name: string, env: Readonly<Record<string, string>> = {}) {
    const { code, stderr } = await new Deno.Command(hook, {
      env: {
        RENEWED_LINEAGE: this.at(`live/${name}`),
        POP3SVC_SETTINGS: this.at("the settings"),
        POP3SVC_TLS: this.at("the tls"),
        POP3SVC_GROUP: `${Deno.gid()}`,
        ...env,
      },
    }).output();
    return { code, stderr: new TextDecoder().decode(stderr) };
  }
}

const isUnix = Deno.build.os !== "windows";
const DONE = { code: 0, stderr: "" };

await testWith("sh", "the hook is right for sh", async () => {
  const { code } = await new Deno.Command("sh", { args: ["-n", hook] }).output();
  assertEquals(code, 0);
}, ["-c", ":"]);

Deno.test({
  name: "the hook copies a renewed pair, and the next handshake shows it",
  ignore: !isUnix,
  async fn() {
    await using folder = await TemporaryFolder.create();
    const certbot = new Certbot(folder);
    const name = "mail.example with spaces";
    await certbot.renew(name, 1, await authority.issue("first"));
    assertEquals(await certbot.deploy(name), DONE);
    const copies = ["fullchain.pem", "privkey.pem"];
    assertEquals(folder.names("the tls"), copies);
    const modeOf = (path: string) => (Deno.lstatSync(certbot.at(path)).mode ?? 0) & 0o7777;
    assertEquals(modeOf("the tls"), 0o750);
    assertEquals(copies.map((copy) => modeOf(`the tls/${copy}`)), [0o640, 0o640]);

    await using program = await RunningProgram.start([
      ...[
        "--cert",
        certbot.at("the tls/fullchain.pem"),
        "--key",
        certbot.at("the tls/privkey.pem"),
      ],
      ...["--tls-port", "0"],
    ]);
    using open = await LoopbackClient.connectTls(program.tlsPort);
    assertEquals(await open.logIn(), "+OK Welcome.");
    await certbot.renew(name, 2, await authority.issue("second"));
    assertEquals(await certbot.deploy(name), DONE);
    using next = await LoopbackClient.connectTls(program.tlsPort);
    assertStringIncludes(await next.readLine() ?? "", "+OK");
    assertStringIncludes(await open.command("STAT") ?? "", "+OK");
    const { stderr } = await program.end("SIGTERM");
    const subjects = [...stderr.matchAll(/ info certificate subject="(.*?)"/g)];
    assertEquals(subjects.map(([, subject]) => subject), ["CN=first", "CN=second"]);
    assertEquals(stderr.includes(" failed "), false, stderr);
  },
});

Deno.test({
  name: "with several certificates, the hook takes the one that its settings name, and no other",
  ignore: !isUnix,
  async fn() {
    await using folder = await TemporaryFolder.create();
    const certbot = new Certbot(folder);
    const mail = await authority.issue("mail");
    await certbot.renew("mail.example", 1, mail);
    await certbot.renew("www.example", 1, await authority.issue("www"));
    const refused = await certbot.deploy("www.example");
    assertEquals(refused.code, 1);
    assertStringIncludes(refused.stderr, "certbot has 2 certificates: write POP3SVC_LINEAGE=NAME");
    await Deno.writeTextFile(certbot.at("the settings"), "POP3SVC_LINEAGE=mail.example\n");
    assertEquals(await certbot.deploy("mail.example"), DONE);
    assertEquals(await certbot.deploy("www.example"), DONE);
    assertEquals(await Deno.readTextFile(certbot.at("the tls/fullchain.pem")), mail.cert);
  },
});

Deno.test({
  name: "when a file is missing, the hook fails and changes nothing",
  ignore: !isUnix,
  async fn() {
    await using folder = await TemporaryFolder.create();
    const certbot = new Certbot(folder);
    const first = await authority.issue("first");
    await certbot.renew("mail.example", 1, first);
    assertEquals(await certbot.deploy("mail.example"), DONE);
    await certbot.renew("mail.example", 2, await authority.issue("second"));
    await Deno.remove(certbot.at("archive/mail.example/privkey2.pem"));
    assertEquals((await certbot.deploy("mail.example")).code, 1);
    assertEquals(folder.names("the tls"), ["fullchain.pem", "privkey.pem"]);
    assertEquals(await Deno.readTextFile(certbot.at("the tls/fullchain.pem")), first.cert);
    assertEquals(await Deno.readTextFile(certbot.at("the tls/privkey.pem")), first.key);
  },
});
