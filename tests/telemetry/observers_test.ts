/** Observers that throw, reject, cause events, and are flooded with names. */
import { assertEquals, assertMatch } from "@std/assert";
import { MemoryMailbox, type Pop3Event, Pop3Listener, SingleUserProvider } from "../../lib/mod.ts";
import { ignoreBelow } from "../../lib/events/event_level.ts";
import type { Happening } from "../../lib/events/events.ts";
import { complaints, Observers } from "../../lib/telemetry/observers.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";

const connect: Happening = { type: "connect", connection: testConnectionInfo() };
const logout: Happening = { type: "logout", connection: testConnectionInfo() };

function observed(events: (event: Pop3Event) => unknown) {
  const complaints: string[] = [];
  const observers = new Observers(
    { wire: () => null, onEvent: () => events },
    (what, error) => complaints.push(`${what}: ${error}`),
  );
  return { observers, complaints };
}

const broken: readonly (readonly [string, (event: Pop3Event) => unknown])[] = [
  ["throw", () => {
    throw new Error("bad");
  }],
  ["reject", () => Promise.reject(new Error("bad"))],
  ["reject in a thenable of their own", () => ({
    then(_: unknown, reject: (error: Error) => void) {
      reject(new Error("bad"));
    },
  })],
  ["give something whose then throws", () => ({
    get then() {
      throw new Error("bad");
    },
  })],
];
for (const [name, events] of broken) {
  Deno.test(`events that ${name} are complained of`, async () => {
    const { observers, complaints } = observed(events);
    observers.emit(connect);
    for (let n = 0; n < 5; n++) await Promise.resolve();
    assertEquals(complaints, ["the listener's events failed: Error: bad"]);
  });
}

Deno.test("an event that follows from another is passed on after it", () => {
  const told: string[] = [];
  const { observers } = observed((event) => {
    told.push(`${event.type} begins`);
    if (event.type === "connect") observers.emit(logout);
    told.push(`${event.type} ends`);
  });
  observers.emit(connect);
  assertEquals(told, ["connect begins", "connect ends", "logout begins", "logout ends"]);
});

Deno.test("events that cause events come to an end", () => {
  let told = 0;
  const { observers, complaints } = observed(() => {
    told++;
    observers.emit(connect);
    observers.emit(connect);
  });
  observers.emit(connect);
  assertEquals(told, 1_001);
  assertMatch(complaints[0] ?? "", /events were lost/);
  observers.emit(connect);
  assertEquals(told, 2_002);
});

Deno.test("a broken wire log does not keep an event from other observers", () => {
  const told: string[] = [];
  const wire = {
    observe() {
      throw new Error("bad");
    },
    reply: (_: unknown, reply: never) => reply,
  };
  const observers = new Observers(
    { wire: () => wire, onEvent: () => ({ type }) => void told.push(type) },
    (what) => told.push(what),
  );
  observers.emit(connect);
  assertEquals(told, ["the wire log failed", "connect"]);
});

Deno.test("names are cut before observers get them", () => {
  const told: Pop3Event[] = [];
  const { observers } = observed((event) => told.push(event));
  const connection = testConnectionInfo();
  const long = "n".repeat(14_000);
  observers.emit({
    type: "login-failed",
    connection,
    username: long,
    mechanism: "PLAIN",
    reason: "wrong",
  });
  observers.emit({ type: "command", connection, verb: "USER", argument: long });
  const cut = `${"n".repeat(256)}… (cut, 14000 characters)`;
  assertEquals(
    told.map((event) =>
      "username" in event ? event.username : "argument" in event && event.argument
    ),
    [cut, cut],
  );
});

Deno.test("each event has the time at which it was passed on", () => {
  const times: Date[] = [];
  const { observers } = observed(({ time }) => times.push(time));
  const before = Date.now();
  observers.emit(connect);
  const time = times[0]?.getTime() ?? NaN;
  assertEquals([time >= before, time <= Date.now()], [true, true]);
});

Deno.test("nobody is called with an event that it ignores; what is set later is asked again", () => {
  const told: string[] = [];
  const all = ({ type }: Pop3Event) => void told.push(type);
  let onEvent = ignoreBelow("info", ({ type }: Pop3Event) => void told.push(`info ${type}`));
  const observers = new Observers({ wire: () => null, onEvent: () => onEvent }, () => {});
  observers.emit(connect);
  observers.emit(logout);
  onEvent = all;
  observers.emit(connect);
  assertEquals(told, ["info logout", "connect"]);
});

Deno.test("complaints are seldom, counted, and one line each", () => {
  const lines: string[] = [];
  const clock = new ManualClock();
  const complain = complaints((line) => lines.push(line), clock);
  for (let n = 0; n < 100; n++) complain("it failed", new Error("two\nlines"));
  clock.advance(60_000);
  complain("it failed", "x".repeat(100_000));
  assertEquals(lines[0], "it failed: two\\u000alines");
  assertMatch(lines[1] ?? "", /^it failed: x{2000}… .* \(101 failures so far\)$/);
  assertEquals(lines.length, 2);
});

Deno.test("sessions go on while the events of their listener fail in each way", async () => {
  let told = 0;
  const provider = new SingleUserProvider({
    username: "me",
    password: "passw0rd",
    openMailbox: () => new MemoryMailbox({ a: "Subject: 1\r\n\r\n" }),
  });
  await using pop3 = new Pop3Listener({
    provider,
    wireLog: () => Promise.reject(new Error("so does the wire log")),
    // The compiler accepts an async function.
    onEvent: async (event) => {
      told++;
      if (event.type === "connect") pop3.provider = provider;
      await Promise.resolve();
      throw new Error("the events fail");
    },
  });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  for (let n = 0; n < 3; n++) {
    using client = await LoopbackClient.connect(port);
    assertEquals(await client.logIn(), "+OK Welcome.");
    assertEquals(await client.command("STAT"), "+OK 1 14");
    await client.command("QUIT");
  }
  assertEquals(told > 20, true);
});
