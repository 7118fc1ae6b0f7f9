/** The certificate that the pages tell people to make is one that our own client accepts. */
import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { Pop3Client, startTestServer } from "../../lib/testing/mod.ts";
import { run, testWith } from "../installed_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

await testWith("openssl", "Pop3Client accepts the certificate of docs/operations.md", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/operations.md", import.meta.url));
  const command = /^openssl req (?:.*\\\n)*.*$/m.exec(page)?.[0];
  assert(command !== undefined);
  await using folder = await TemporaryFolder.create();
  await run("bash", ["-c", `cd "$1" && ${command}`, "bash", folder.path]);
  const cert = await Deno.readTextFile(join(folder.path, "cert.pem"));
  const key = await Deno.readTextFile(join(folder.path, "key.pem"));
  await using server = await startTestServer({ tls: true, certificate: { cert, key } });
  using upgraded = await Pop3Client.connect({ port: server.port, caCerts: [cert] });
  await upgraded.stls();
  assert(server.tlsPort !== null);
  using implicit = await Pop3Client.connect({ port: server.tlsPort, tls: true, caCerts: [cert] });
  assertEquals((await implicit.say("QUIT")).isOk, true);
}, ["version"]);
