/** The log while a peer that has not logged in floods it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ConnectionInfo } from "../../lib/mod.ts";
import type { LogLevel } from "../../lib/events/event_level.ts";
import { eventOf, type Happening } from "../../lib/events/events.ts";
import { EventLog } from "../../lib/telemetry/event_log.ts";
import type { LogFormat } from "../../lib/telemetry/log_lines.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { ManualClock } from "../manual_clock.ts";

function setUp(level: LogLevel = "info", format: LogFormat = "text") {
  const lines: string[] = [];
  const clock = new ManualClock();
  const log = new EventLog(
    { format, stamp: "time", level, write: (line) => lines.push(line) },
    clock,
  );
  const observe = (happening: Happening) => log.observe(eventOf(happening));
  return { lines, clock, log, observe, withoutTimes: () => lines.map((line) => line.slice(25)) };
}

function from(clientAddress: string, username: string | null = null): ConnectionInfo {
  return { ...testConnectionInfo(), connectionId: "7", clientAddress, username };
}

function refused(address: string, reason: "wrong" | "banned", username = "me"): Happening {
  const connection = from(address);
  return { type: "login-failed", connection, username, mechanism: "PLAIN", reason };
}

Deno.test("logins from a banned address are one line, and one more with their number each minute", () => {
  const { observe, clock, lines, withoutTimes } = setUp();
  for (let n = 0; n < 58; n++) observe(refused("192.0.2.7", "banned"));
  assertEquals(lines.length, 1);
  clock.advance(60_000);
  assertEquals(withoutTimes().slice(1), [
    "warn left-out of=login-failed reason=banned address=192.0.2.7 lines=57 seconds=60",
  ]);
  observe(refused("192.0.2.7", "banned"));
  clock.advance(60_000);
  assertEquals([lines.length, clock.pending], [3, 0]);
});

/** All events that a stranger can cause, with their levels. */
const floods: readonly (readonly [string, LogLevel, (address: string) => Happening])[] = [
  ["wrong passwords", "warn", (address) => refused(address, "wrong", "\x1b".repeat(20_000))],
  ["banned logins", "warn", (address) => refused(address, "banned", "\x1b".repeat(20_000))],
  ["connections turned away", "warn", (clientAddress) => ({
    type: "refuse",
    clientAddress,
    reason: "max-connections-per-ip",
  })],
  ["broken PROXY headers", "warn", (clientAddress) => ({
    type: "refuse",
    clientAddress,
    reason: "proxy-header",
    error: new Error("\n".repeat(100_000)),
  })],
  ["broken handshakes", "info", (address) => ({
    type: "error",
    connection: from(address),
    during: "tls",
    error: new Error("x".repeat(100_000)),
  })],
  ["logins while the provider is broken", "error", (address) => ({
    type: "error",
    connection: from(address),
    during: "PASS",
    error: new Error("down"),
  })],
  ["a users file that cannot be read at each login", "error", () => ({
    type: "error",
    connection: null,
    during: "users file",
    error: new Error("down"),
  })],
  ["connections that say nothing", "info", (address) => ({
    type: "close",
    connection: from(address),
    reason: "disconnect",
    milliseconds: 1,
    messagesSent: 0,
    octetsSent: 30,
  })],
  ["commands", "debug", (address) => ({
    type: "command",
    connection: from(address),
    verb: "USER",
    argument: "x".repeat(20_000),
  })],
];

for (const [name, level, flood] of floods) {
  Deno.test(`bounded in size and rate, and counted: ${name}`, () => {
    const { observe, clock, lines } = setUp("debug");
    const count = level === "debug" ? 100_000 : 20_000;
    // From one address, and from many.
    for (let n = 0; n < count; n++) observe(flood("192.0.2.7"));
    for (let n = 0; n < count; n++) {
      observe(flood(`2001:db8:${(n >> 8).toString(16)}:${n & 255}::1`));
    }
    const written = lines.length;
    assert(written <= (level === "debug" ? 60_000 : 600), `${written}`);
    const longest = Math.max(...lines.map((line) => line.length));
    assert(longest < (name === "broken PROXY headers" ? 5_000 : 3_000), `${longest}`);
    clock.advance(60_000);
    const summaries = lines.slice(written);
    assert(summaries.length <= 11, `${summaries.length}`);
    let leftOut = 0;
    for (const line of summaries) {
      assertMatch(line, new RegExp(`^\\S+ ${level} left-out of=`));
      leftOut += Number(/ lines=(\d+) /.exec(line)?.[1]);
    }
    assertEquals(written + leftOut, 2 * count);
  });
}

Deno.test("a user who has logged in gets every line", () => {
  const { observe, lines } = setUp();
  const connection = from("192.0.2.7", "me");
  for (let n = 0; n < 2_000; n++) {
    observe({ type: "login", connection, mechanism: "PASS", messages: 1 });
  }
  assertEquals(lines.length, 2_000);
});

Deno.test("what was left out is summed up at the end of the program, and as JSON", () => {
  const { log, observe, lines, clock } = setUp("info", "json");
  for (let n = 0; n < 3; n++) observe(refused("2001:db8::7", "banned"));
  clock.advance(5_000);
  log[Symbol.dispose]();
  const { time: _, ...told } = JSON.parse(lines[1] ?? "");
  assertEquals(told, {
    level: "warn",
    event: "left-out",
    of: "login-failed",
    reason: "banned",
    address: "2001:db8:0:0::/64",
    addresses: null,
    lines: 2,
    seconds: 5,
  });
  assertEquals(clock.pending, 0);
});

Deno.test("a log that leaves nothing out waits for nothing, and each minute begins with the first line after the last", () => {
  const { log, observe, lines, clock } = setUp();
  observe(refused("192.0.2.7", "banned"));
  assertEquals([lines.length, clock.pending], [1, 0]);
  clock.advance(59_999);
  observe(refused("192.0.2.7", "banned"));
  assertEquals([lines.length, clock.pending], [1, 1]);
  clock.advance(1);
  assertEquals([lines.length, clock.pending], [2, 0]);
  observe(refused("192.0.2.7", "banned"));
  clock.advance(60_000);
  observe(refused("192.0.2.7", "banned"));
  assertEquals([lines.length, clock.pending], [4, 0]);
  clock.advance(30_000);
  log[Symbol.dispose]();
  observe(refused("192.0.2.7", "banned"));
  observe(refused("192.0.2.7", "banned"));
  clock.advance(59_999);
  assertEquals([lines.length, clock.pending], [5, 1]);
  clock.advance(1);
  assertEquals([lines.length, clock.pending], [6, 0]);
});
