/** Certificates as people's files hold them: found wherever they stand, and read again after a failure. */
import { assertEquals, assertThrows } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { MemoryMailbox } from "../../lib/mod.ts";
import { inspectCertificate } from "../../lib/transport/tls/inspect_certificate.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ObservedListener } from "../observed_listener.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority, certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

const { cert, key } = certificate;
const certificateFilesModule = import.meta.resolve("../../lib/transport/tls/certificate_files.ts");
const config = fromFileUrl(new URL("../../deno.json", import.meta.url));
const provider = providerOf(new MemoryMailbox({}));

async function answersOverTls(given: { readonly cert: string; readonly key: string }) {
  await using pop3 = new ObservedListener({ provider, certificate: given });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0, tls: true });
  using client = await LoopbackClient.connectTls(port);
  assertEquals((await client.readLine())?.startsWith("+OK"), true);
}

const prose = "Bag Attributes\r\n    friendlyName: mail\r\n";
const ecParameters =
  "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
const arrangements: Readonly<Record<string, readonly [cert: string, key: string]>> = {
  "two files": [cert, key],
  "one file, the certificate first": [cert + key, cert + key],
  "one file, the key first": [key + cert, key + cert],
  "one file with the chain, the key in the middle": [
    cert + key + authority.pem,
    cert + key + authority.pem,
  ],
  "the chain upside down": [authority.pem + cert, key],
  "the names of the two files confused": [key, cert],
  "both parts in one file, and the other one empty": [cert + key, ""],
  "a byte order mark, CRLF and text around": [
    `\ufeff${prose}${cert.replaceAll("\n", "\r\n")}`,
    `\ufeff${prose}${key.replaceAll("\n", "\r\n")}`,
  ],
  "EC parameters before the key": [cert, ecParameters + key],
  "an older key before the one that belongs to it": [cert, (await authority.issue()).key + key],
};

for (const [name, [certText, keyText]] of Object.entries(arrangements)) {
  Deno.test(`certificate and key are found: ${name}`, async () => {
    const found = inspectCertificate({ cert: certText, key: keyText });
    assertEquals(found.subject, "CN=localhost");
    await answersOverTls({ cert: certText, key: keyText });
  });
}

Deno.test("the server's certificate comes first, then the one that issued it", () => {
  const { certificate: { cert: sent } } = inspectCertificate({ cert: authority.pem + cert, key });
  const plain = (text: string) => text.replaceAll(/\s/g, "");
  assertEquals(plain(sent), plain(cert + authority.pem));
});

Deno.test("what is missing is named", async () => {
  const none = "no PEM private key without a passphrase";
  const locked =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIH=\n-----END ENCRYPTED PRIVATE KEY-----\n";
  assertThrows(() => inspectCertificate({ cert: key, key }), TypeError, "no PEM certificate");
  assertThrows(() => inspectCertificate({ cert, key: cert }), TypeError, none);
  assertThrows(() => inspectCertificate({ cert, key: locked }), TypeError, none);
  const other = await authority.issue();
  assertThrows(() => inspectCertificate({ cert, key: other.key }), TypeError, "does not belong");
});

Deno.test({
  name:
    "a key that could not be read for a moment is read when its mode is right; what was read is kept",
  // Root may read everything, so somebody else looks: what is changed about a mode leaves the file's times alone.
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  fn: async () => {
    await using folder = await TemporaryFolder.create();
    const [certFile, keyFile] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    await Deno.writeTextFile(certFile, cert);
    await Deno.writeTextFile(keyFile, key, { mode: 0o600 });
    await Deno.chmod(folder.path, 0o777);
    const code = join(folder.path, "look.ts");
    await Deno.writeTextFile(
      code,
      `import process from "node:process";
      import { certificateFiles } from ${JSON.stringify(certificateFilesModule)};
      process.setuid(65_534);
      const source = certificateFiles(...${JSON.stringify([certFile, keyFile])});
      let kept = null;
      do {
        const found = await Promise.try(source).catch((error) => error.name);
        console.log(typeof found === "string" ? found : found === kept ? "kept" : "read");
        kept = found;
      } while (Deno.stdin.readSync(new Uint8Array(1)) !== null);`,
    );
    const looker = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-check", "--config", config, "-A", code],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const lines = looker.stdout.pipeThrough(new TextDecoderStream()).values();
    const writer = looker.stdin.getWriter();
    const look = () => writer.write(new Uint8Array(1));
    const told = async () => (await lines.next()).value?.trim();
    assertEquals(await told(), "PermissionDenied");
    await look();
    assertEquals(await told(), "PermissionDenied");
    await Deno.chmod(keyFile, 0o644);
    await look();
    assertEquals(await told(), "read");
    await look();
    assertEquals(await told(), "kept");
    await writer.close();
    await looker.status;
    await lines.return?.();
  },
});
