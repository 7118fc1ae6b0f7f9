/** A certificate that ends, and a newer one that cannot be used: what the log and the status say. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { certificateFiles } from "../../lib/mod.ts";
import { levelOf } from "../../lib/events/event_level.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { TemporaryFolder } from "../temporary_folder.ts";
import { authority } from "../test_authority.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const DAY_MS = 86_400_000;

/** A certificate that expires in so many days. */
function expiringIn(days: number) {
  const now = Date.now();
  const validity = {
    notBefore: new Date(now - 90 * DAY_MS),
    notAfter: new Date(now + days * DAY_MS),
  };
  return authority.issue("localhost", validity);
}

Deno.test("a certificate that expires soon is a warning at the start and each day, an expired one an error", async () => {
  let current = await expiringIn(13);
  const clock = new ManualClock();
  await using pop3 = new ObservedListener({ certificate: () => current }, clock);
  await pop3.listenOn({ ...loopback, tls: true });
  const told = () => pop3.all("certificate-expiry").map((event) => levelOf(event));
  assertEquals(told(), ["warn"]);
  clock.advance(DAY_MS);
  await pop3.until("certificate-expiry", 2);
  current = await expiringIn(-1);
  clock.advance(DAY_MS);
  const expired = await pop3.until("certificate-expiry", 3);
  assertEquals(told(), ["warn", "warn", "error"]);
  assertMatch(
    logLine(expired, "text", "error") ?? "",
    / error certificate-expiry subject="CN=localhost" expires=\S+Z expired=yes$/,
  );
  clock.advance(DAY_MS);
  await pop3.until("certificate-expiry", 4);

  current = await expiringIn(15);
  clock.advance(DAY_MS);
  await pop3.until("certificate", 3);
  clock.advance(DAY_MS);
  assertEquals(told(), ["warn", "warn", "error", "error"]);
});

Deno.test("after the stop, nothing waits for the next day", async () => {
  const clock = new ManualClock();
  const soon = await expiringIn(1);
  await using pop3 = new ObservedListener({ certificate: soon }, clock);
  await pop3.listenOn(loopback);
  await pop3.listenOn(loopback);
  assertEquals(clock.pending, 1);
  await pop3.stop();
  assertEquals(clock.pending, 0);
  // A listener that is started again waits again.
  await pop3.listenOn(loopback);
  clock.advance(DAY_MS);
  await pop3.until("certificate-expiry", 2);
});

Deno.test("the status and the log name a newer pair that cannot be used, and since when", async () => {
  await using folder = await TemporaryFolder.create();
  const cert = join(folder.path, "the cert.pem");
  const key = join(folder.path, "key.pem");
  const write = async (pair: { cert: string; key: string }) => {
    await Deno.writeTextFile(cert, pair.cert);
    await Deno.writeTextFile(key, pair.key);
  };
  const first = await expiringIn(60);
  await write(first);
  await using pop3 = new ObservedListener({ certificate: certificateFiles(cert, key) });
  const { port } = await pop3.listenOn({ ...loopback, tls: true });
  const rejected = () => pop3.status().certificate?.rejected;
  assertEquals(rejected(), null);

  // Halfway through a renewal: the certificate is new, its key is not.
  const second = await authority.issue("renewed");
  await write({ cert: second.cert, key: first.key });
  assertEquals(await pop3.renewCertificate(), false);
  const seen = rejected();
  assertEquals(
    [seen?.files, seen?.reason],
    [[cert, key], `${cert}, ${key}: the key does not belong to the certificate`],
  );
  await Deno.remove(key);
  using old = await LoopbackClient.connectTls(port);
  assertEquals((await old.readLine())?.slice(0, 3), "+OK");
  assertEquals(rejected()?.since, seen?.since);
  const lines = pop3.all("error").map((event) => logLine(event, "text", "error")?.slice(25));
  assertEquals(lines.length, 2);
  assertEquals(
    lines[0],
    `error failed during=certificate reason="${cert}, ${key}: the key does not belong to the certificate"`,
  );
  assertMatch(lines[1] ?? "", /^error failed during=certificate reason=".*key\.pem/);

  await write(second);
  assertEquals(await pop3.renewCertificate(), true);
  assertEquals(rejected(), null);
  assertEquals(pop3.status().certificate?.subject, "CN=renewed");
});
