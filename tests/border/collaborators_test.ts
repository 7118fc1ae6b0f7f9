/** A ban engine is the user's code, too: whatever it does, others go on, and nobody gets in by it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type BanEngine, MemoryMailbox } from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { providerOf } from "../transcript_peers.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const silent = { registerFailedAttempt() {} };
const failure = new Error("the counter is away");

/** Each engine, and the part of the error event that names what it did. */
const engines: readonly (readonly [string, () => unknown, string])[] = [
  ["isBanned throws at once", () => ({
    ...silent,
    isBanned() {
      throw failure;
    },
  }), "the counter is away"],
  ["isBanned throws later", () => ({ ...silent, isBanned: () => Promise.reject(failure) }), "away"],
  ["isBanned answers undefined", () => ({ ...silent, isBanned: () => undefined }), "isBanned"],
  ['isBanned answers "no"', () => ({ ...silent, isBanned: () => "no" }), "isBanned"],
  ["standingOf answers null", () => ({
    ...silent,
    isBanned: () => false,
    standingOf: () => null,
  }), "standingOf"],
  ["standingOf answers another object", () => ({
    ...silent,
    isBanned: () => false,
    standingOf: () => ({ bannedSeconds: "0", strikesLeft: [] }),
  }), "standingOf"],
];

/** As a program in JavaScript would give it. */
function engineOf(engine: unknown): BanEngine {
  return Object.assign(Object.create(null), engine);
}

for (const [what, engine, message] of engines) {
  Deno.test(`${what}: nobody gets in, the error is told, and the next engine is asked`, async () => {
    await using pop3 = new ObservedListener({
      provider: providerOf(new MemoryMailbox()),
      banEngine: engineOf(engine()),
    });
    const { port } = await pop3.listenOn(loopback);
    using client = await LoopbackClient.connect(port);
    assertMatch(await client.logIn() ?? "", /^-ERR \[SYS\/TEMP\]/);
    assertStringIncludes(String((await pop3.until("error")).error), message);
    pop3.banEngine = { ...silent, isBanned: () => false };
    using other = await LoopbackClient.connect(port);
    assertEquals(await other.logIn(), "+OK Welcome.");
  });
}

Deno.test("isBanned never settles: the login ends at its limit, and stop ends", async () => {
  const clock = new ManualClock();
  const asked = Promise.withResolvers<void>();
  const pop3 = new ObservedListener({
    provider: providerOf(new MemoryMailbox()),
    banEngine: {
      ...silent,
      isBanned() {
        asked.resolve();
        return new Promise(() => {});
      },
    },
    stopGrace: 0,
  }, clock);
  const { port } = await pop3.listenOn(loopback);
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.send("XLOG me passw0rd\r\n");
  await asked.promise;
  clock.advance(60_500);
  assertEquals((await pop3.until("close")).reason, "login-timeout");
  await pop3.stop();
});
