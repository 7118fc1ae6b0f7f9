import { assertEquals } from "@std/assert";
import { StrikeBanEngine } from "../../lib/guard/ban_engine.ts";
import { ManualClock } from "../manual_clock.ts";

function strike(engine: StrikeBanEngine, address: string, attempts: readonly string[]): void {
  for (const attempt of attempts) engine.registerFailedAttempt(address, attempt);
}

Deno.test("three different attempts make a ban, two do not", () => {
  const engine = new StrikeBanEngine({}, new ManualClock());
  strike(engine, "192.0.2.7", ["a", "b"]);
  assertEquals(engine.isBanned("192.0.2.7"), false);
  strike(engine, "192.0.2.7", ["c"]);
  assertEquals(engine.isBanned("192.0.2.7"), true);
  assertEquals(engine.isBanned("192.0.2.8"), false);
});

Deno.test("the same attempt again is no further strike; one that cannot be known again is", () => {
  const engine = new StrikeBanEngine({}, new ManualClock());
  strike(engine, "192.0.2.7", ["a", "a", "b", "a", "b"]);
  assertEquals(engine.isBanned("192.0.2.7"), false);
  for (let n = 0; n < 3; n++) engine.registerFailedAttempt("192.0.2.9", null);
  assertEquals(engine.isBanned("192.0.2.9"), true);
});

Deno.test("an IPv6 peer is its /64, a mapped address its IPv4 address, and loopback is exempt", () => {
  const engine = new StrikeBanEngine({ strikes: 1 }, new ManualClock());
  for (
    const address of ["2001:db8:1:2::1", "::ffff:192.0.2.7", "127.0.0.1", "::1", "::ffff:127.0.0.1"]
  ) {
    strike(engine, address, ["a"]);
  }
  const banned = ["2001:db8:1:2:ffff::9", "2001:db8:1:3::1", "192.0.2.7", "127.0.0.1", "::1"];
  assertEquals(banned.map((address) => engine.isBanned(address)), [
    true,
    false,
    true,
    false,
    false,
  ]);
});

Deno.test("a ban ends when nothing was tried for so long, and each attempt renews it", () => {
  const clock = new ManualClock();
  const engine = new StrikeBanEngine({ strikes: 1, seconds: 100 }, clock);
  strike(engine, "192.0.2.7", ["a"]);
  for (let n = 0; n < 3; n++) {
    clock.advance(99_000);
    assertEquals(engine.isBanned("192.0.2.7"), true);
  }
  clock.advance(100_000);
  assertEquals(engine.isBanned("192.0.2.7"), false);
});

Deno.test("strikes are counted since the last one", () => {
  const clock = new ManualClock();
  const engine = new StrikeBanEngine({ strikes: 2, seconds: 100 }, clock);
  strike(engine, "192.0.2.7", ["a"]);
  clock.advance(100_000);
  strike(engine, "192.0.2.7", ["b"]);
  assertEquals(engine.isBanned("192.0.2.7"), false);
});

Deno.test("memory is bounded: who was quiet for longest is forgotten first", () => {
  const engine = new StrikeBanEngine({ strikes: 1 }, new ManualClock());
  const address = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
  for (let n = 0; n < 10_000; n++) strike(engine, address(n), ["a"]);
  assertEquals(engine.isBanned(address(0)), true);
  strike(engine, "192.0.2.7", ["a"]);
  assertEquals(
    [address(0), address(1), address(2), "192.0.2.7"].map((peer) => engine.isBanned(peer)),
    [
      true,
      false,
      true,
      true,
    ],
  );
});
