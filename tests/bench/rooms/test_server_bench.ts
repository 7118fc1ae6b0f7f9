/** What a server for one test costs: it starts, and stops. `deno bench -A tests/bench/rooms/test_server_bench.ts`. */
import { Pop3Client, startTestServer, testCertificate } from "../../../lib/testing/mod.ts";

const mailboxes = { ann: ["Subject: x\n\nHello"] };
const certificate = await testCertificate();

Deno.bench("start and stop", { baseline: true }, async () => {
  await using _server = await startTestServer({ mailboxes });
});

Deno.bench("start, log in, and stop", async () => {
  await using server = await startTestServer({ mailboxes });
  using client = await Pop3Client.connect(server);
  await client.logIn("ann", "x");
});

Deno.bench("a certificate", async () => {
  await testCertificate();
});

Deno.bench("start and stop with TLS, its certificate given", async () => {
  await using _server = await startTestServer({ mailboxes, tls: true, certificate });
});
