/** Certificates for tests, before clients that others wrote, which check them as strictly as they can. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { X509Certificate } from "node:crypto";
import { MemoryMailbox, Pop3Listener } from "../../lib/mod.ts";
import { Pop3Client, testCertificate, type TestCertificateOptions } from "../../lib/testing/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { providerOf } from "../transcript_peers.ts";

/** A port with TLS, and the authority to trust as text and as a file. */
interface Port {
  readonly port: number;
  readonly ca: string;
  readonly caFile: string;
  readonly certFile: string;
}

async function withPort(
  options: TestCertificateOptions,
  use: (port: Port) => Promise<void>,
  hostname = "127.0.0.1",
): Promise<void> {
  await using folder = await TemporaryFolder.create();
  const [caFile, certFile] = [join(folder.path, "ca.pem"), join(folder.path, "cert.pem")];
  const certificate = await testCertificate(options);
  await Deno.writeTextFile(caFile, certificate.ca);
  await Deno.writeTextFile(certFile, certificate.cert);
  const provider = providerOf(new MemoryMailbox({ a: "Subject: a\r\n\r\nHello\r\n" }));
  await using pop3 = new Pop3Listener({ provider, certificate });
  const { port } = await pop3.listenOn({ hostname, port: 0, tls: true });
  await use({ port, ca: certificate.ca, caFile, certFile });
}

const aSecondAgo = { notAfter: new Date(Date.now() - 1_000) };

Deno.test("Deno accepts each of the names, and nothing else", async () => {
  const names = [
    "localhost",
    "mail.example.org",
    "*.dept.test",
    "bücher.example",
    "127.0.0.1",
    "::1",
  ];
  await withPort({ names }, async ({ port, ca }) => {
    const connect = async (serverName: string, caCerts = [ca]) => {
      using client = await Pop3Client.connect({ port, tls: true, serverName, caCerts });
      assertEquals(client.greeting?.isOk, true);
    };
    const right = [
      "localhost",
      "mail.example.org",
      "a.dept.test",
      "xn--bcher-kva.example",
      "127.0.0.1",
    ];
    for (const name of right.concat("::1")) await connect(name);
    for (const name of ["example.org", "127.0.0.2"]) {
      await assertRejects(() => connect(name), Error, "not valid for name");
    }
    const other = await testCertificate();
    await assertRejects(() => connect("localhost", [other.ca]), Error, "UnknownIssuer");
  });
  await withPort({}, async ({ port, ca }) => {
    const where = { hostname: "::1", port, tls: true, serverName: "::1", caCerts: [ca] };
    using client = await Pop3Client.connect(where);
    assertEquals(client.greeting?.isOk, true);
  }, "::1");
});

Deno.test("one that has expired, or is not valid yet, is refused for that", async () => {
  const connect = async ({ port, ca }: Port) => {
    using _client = await Pop3Client.connect({ port, tls: true, caCerts: [ca] });
  };
  await withPort(aSecondAgo, async (port) => {
    await assertRejects(() => connect(port), Error, "certificate expired");
  });
  const tomorrow = { notBefore: new Date(Date.now() + 86_400_000) };
  await withPort(tomorrow, async (port) => {
    await assertRejects(() => connect(port), Error, "not valid yet");
  });
});

Deno.test("its times are those that were asked for, before 2050 and after", async () => {
  for (const year of [1999, 2049, 2050, 2051]) {
    const notAfter = new Date(Date.UTC(year, 1, 3, 4, 5, 6));
    const { ca, cert } = await testCertificate({ notAfter });
    const [authority, certificate] = [new X509Certificate(ca), new X509Certificate(cert)];
    assertEquals(new Date(certificate.validTo), notAfter);
    assert(new Date(authority.validTo) > notAfter);
    assert(new Date(authority.validTo) > new Date() && new Date(authority.validFrom) < new Date());
    assert(certificate.checkIssued(authority) && certificate.verify(authority.publicKey));
  }
});

Deno.test("a name that is none is refused, and so is a time that is none", async () => {
  const names = ["", "a b", "a/b", "me@a", "a:1", "[::1]", "1.2.3.256", "1.2.3", "a..b", "a.*"];
  for (const name of names.concat("a".repeat(64), "a#b", "::1::")) {
    await assertRejects(() => testCertificate({ names: [name] }), TypeError, "names: ", name);
  }
  await assertRejects(() => testCertificate({ names: [] }), TypeError, "names: []");
  const now = new Date();
  for (const validity of [{ notBefore: now, notAfter: now }, { notAfter: new Date(NaN) }]) {
    await assertRejects(() => testCertificate(validity), RangeError, "notAfter: ");
  }
});

await testWith("openssl", "openssl finds nothing wrong, however strictly it looks", async () => {
  await withPort({}, async ({ port, caFile, certFile }) => {
    const verify = ["verify", "-x509_strict", "-check_ss_sig", "-policy_check", "-CAfile", caFile];
    verify.push("-purpose", "sslserver", "-verify_hostname", "localhost", certFile);
    await run("openssl", verify);
    for (const check of [["hostname", "localhost"], ["ip", "127.0.0.1"], ["ip", "::1"]] as const) {
      const args = ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", caFile, "-quiet"];
      args.push("-verify_return_error", "-x509_strict", `-verify_${check[0]}`, check[1]);
      const said = await run("openssl", args, new TextEncoder().encode("QUIT\r\n"));
      assert(new TextDecoder().decode(said).startsWith("+OK "));
    }
  });
  await withPort(aSecondAgo, async ({ caFile, certFile }) => {
    const verify = () => run("openssl", ["verify", "-CAfile", caFile, certFile]);
    await assertRejects(verify, Error, "certificate has expired");
  });
}, ["version"]);

await testWith("curl", "curl reads mail over it, by each of its names", async () => {
  await withPort({}, async ({ port, caFile }) => {
    for (const host of ["127.0.0.1", "localhost"]) {
      const args = ["-sS", "--ipv4", "--cacert", caFile, "-u", "me:passw0rd"];
      const said = await run("curl", [...args, `pop3s://${host}:${port}/1`]);
      assertEquals(new TextDecoder().decode(said), "Subject: a\r\n\r\nHello\r\n");
    }
  });
});

await testWith("python3", "Python accepts it with VERIFY_X509_STRICT", async () => {
  await withPort({}, async ({ port, caFile }) => {
    const program = `
import poplib, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[2])
context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
for host in ("127.0.0.1", "localhost"):
    poplib.POP3_SSL(host, int(sys.argv[1]), context=context, timeout=20).quit()
`;
    await run("python3", ["-c", program, String(port), caFile]);
  });
});

await testWith("node", "Node accepts it", async () => {
  await withPort({}, async ({ port, caFile }) => {
    const program = `
      const [, port, caFile] = process.argv;
      const ca = require("node:fs").readFileSync(caFile);
      for (const host of ["127.0.0.1", "localhost"]) {
        const socket = require("node:tls").connect({ host, port, ca, family: 4 });
        socket.once("data", () => socket.end());
      }
    `;
    await run("node", ["-e", program, String(port), caFile]);
  });
});
