import { assertEquals, assertThrows } from "@std/assert";
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import { ManualClock } from "../manual_clock.ts";

function strike(engine: StrikeBanEngine, address: string, attempts: readonly string[]): void {
  for (const attempt of attempts) engine.registerFailedAttempt(address, attempt);
}

Deno.test("three different failed attempts begin a ban, two do not", () => {
  const engine = new StrikeBanEngine({ clock: new ManualClock() });
  strike(engine, "192.0.2.7", ["a", "b"]);
  assertEquals(engine.isBanned("192.0.2.7"), false);
  strike(engine, "192.0.2.7", ["c"]);
  assertEquals(engine.isBanned("192.0.2.7"), true);
  assertEquals(engine.isBanned("192.0.2.8"), false);
});

Deno.test("a repeated attempt is no further strike; one that cannot be recognized is", () => {
  const engine = new StrikeBanEngine({ clock: new ManualClock() });
  strike(engine, "192.0.2.7", ["a", "a", "b", "a", "b"]);
  assertEquals(engine.isBanned("192.0.2.7"), false);
  for (let n = 0; n < 3; n++) engine.registerFailedAttempt("192.0.2.9", null);
  assertEquals(engine.isBanned("192.0.2.9"), true);
});

Deno.test("an IPv6 peer is its /64, a mapped address its IPv4 address, and loopback is exempt", () => {
  const engine = new StrikeBanEngine({ strikes: 1, clock: new ManualClock() });
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

Deno.test("a ban ends some time after the last strike; another wrong attempt prolongs it, asking or a repeated attempt does not", () => {
  const clock = new ManualClock();
  const engine = new StrikeBanEngine({ strikes: 1, seconds: 100, clock });
  strike(engine, "192.0.2.7", ["a"]);
  clock.advance(99_000);
  assertEquals(engine.isBanned("192.0.2.7"), true);
  strike(engine, "192.0.2.7", ["a"]);
  assertEquals(engine.standingOf("192.0.2.7").bannedSeconds, 1);
  strike(engine, "192.0.2.7", ["b"]);
  assertEquals(engine.standingOf("192.0.2.7").bannedSeconds, 100);
  clock.advance(99_000);
  engine.registerFailedAttempt("192.0.2.7", null);
  clock.advance(99_999);
  assertEquals([engine.isBanned("192.0.2.7"), engine.bans()], [true, [
    { address: "192.0.2.7", seconds: 1 },
  ]]);
  clock.advance(1);
  assertEquals([engine.isBanned("192.0.2.7"), engine.bans()], [false, []]);
});

Deno.test("strikes are forgotten some time after the last one", () => {
  const clock = new ManualClock();
  const engine = new StrikeBanEngine({ strikes: 2, seconds: 100, clock });
  strike(engine, "192.0.2.7", ["a"]);
  clock.advance(100_000);
  strike(engine, "192.0.2.7", ["b"]);
  assertEquals(engine.isBanned("192.0.2.7"), false);
});

Deno.test("a device with an old password gets one strike while it tries, and another when that one is forgotten", () => {
  const clock = new ManualClock();
  const engine = new StrikeBanEngine({ strikes: 2, seconds: 100, clock });
  for (let n = 0; n < 50; n++) {
    strike(engine, "192.0.2.7", ["stale"]);
    clock.advance(9_000);
    assertEquals(engine.isBanned("192.0.2.7"), false);
  }
});

const ipv4 = (n: number) => `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`;
const ipv6 = (n: number, network = "2001:db8:0") => `${network}:${n.toString(16)}::1`;

Deno.test("memory is bounded: the oldest ban is forgotten first", () => {
  const engine = new StrikeBanEngine({ strikes: 1, clock: new ManualClock() });
  for (let n = 0; n <= 10_000; n++) strike(engine, ipv4(n), ["a"]);
  assertEquals([0, 1, 10_000].map((n) => engine.isBanned(ipv4(n))), [false, true, true]);
  assertEquals(engine.bans().length, 10_000);
});

Deno.test("attempts from elsewhere push out no ban, in IPv4 or IPv6, /64 or /48", () => {
  const engine = new StrikeBanEngine({ strikes: 2, clock: new ManualClock() });
  const banned = ["192.0.2.7", "2001:db8:1:2::3", ipv6(0, "2001:db8:2")];
  for (const address of banned.slice(0, 2)) strike(engine, address, ["a", "b"]);
  for (let n = 0; n < 32; n++) strike(engine, ipv6(n, "2001:db8:2"), [`${n}`]);
  for (let n = 0; n < 10_500; n++) {
    strike(engine, ipv4(n), ["a"]);
    strike(engine, ipv6(n), [`${n}`]);
    strike(engine, `2001:${n.toString(16)}::1`, ["a"]);
  }
  assertEquals(banned.map((address) => engine.isBanned(address)), [true, true, true]);
  // Bans of another kind of network do not, either.
  for (let n = 0; n < 10_500; n++) strike(engine, `2002:${n.toString(16)}::1`, ["a", "b"]);
  assertEquals([banned[0], banned[2]].map((address) => engine.isBanned(address ?? "")), [
    true,
    true,
  ]);
});

Deno.test("a /48 has sixteen times the strikes of a /64, whichever peers of it get them; a repeated attempt is one", () => {
  const engine = new StrikeBanEngine({ clock: new ManualClock() });
  for (let n = 0; n < 47; n++) strike(engine, ipv6(n), [`${n}`, `${n}`]);
  strike(engine, ipv6(99), ["46"]);
  assertEquals(engine.isBanned(ipv6(0x9999)), false);
  assertEquals(engine.standingOf(ipv6(0x9999)).strikesLeft, [
    { network: "2001:db8:0:9999::/64", strikes: 3 },
    { network: "2001:db8:0:0::/48", strikes: 1 },
  ]);
  engine.registerFailedAttempt(ipv6(48), null);
  assertEquals(engine.isBanned(ipv6(0x9999)), true);
  assertEquals(engine.isBanned(ipv6(0, "2001:db8:1")), false);
  assertEquals(engine.bans(), [{ address: "2001:db8:0:0::/48", seconds: 10_000 }]);
});

Deno.test("lifting an address ends its own ban and that of its /48; lifting a network ends that alone", () => {
  const engine = new StrikeBanEngine({ strikes: 1, clock: new ManualClock() });
  const banAll = () => {
    for (let n = 0; n < 16; n++) strike(engine, ipv6(n), [`${n}`]);
  };
  banAll();
  assertEquals([engine.lift(ipv6(3)), engine.isBanned(ipv6(3))], [true, false]);
  assertEquals(engine.isBanned(ipv6(4)), true);
  assertEquals(engine.lift(ipv6(3)), false);
  banAll();
  assertEquals([engine.lift("2001:db8:0:0::/48"), engine.lift("2001:db8:0:0::/48")], [true, false]);
  assertEquals([engine.isBanned(ipv6(99)), engine.isBanned(ipv6(4))], [false, true]);
  assertEquals([engine.lift("2001:db8:0:4::/64"), engine.isBanned(ipv6(4))], [true, false]);
  assertEquals(["nonsense", "", "constructor"].map((address) => engine.lift(address)), [
    false,
    false,
    false,
  ]);
});

Deno.test("only what is exempt is never banned", () => {
  const addresses = ["127.0.0.1", "::1", "192.0.2.255", "192.0.3.0", "::ffff:192.0.2.7"]
    .concat("2001:db8::1", "2001:DB8:0:0:ffff::1%eth0", "2001:db9::1", "198.51.100.7");
  const banned = (exempt: readonly string[]): readonly string[] => {
    const engine = new StrikeBanEngine({ strikes: 1, exempt });
    for (const address of addresses) strike(engine, address, ["a"]);
    return addresses.filter((address) => engine.isBanned(address));
  };
  assertEquals(banned([]), addresses);
  assertEquals(banned(["0.0.0.0/0"]), addresses.filter((address) => /^[^.]+$/.test(address)));
  assertEquals(banned(["192.0.2.0/24", "2001:db8::/32", "198.51.100.7"]), [
    "127.0.0.1",
    "::1",
    "192.0.3.0",
    "2001:db9::1",
  ]);
  assertEquals(banned(["::1", "2001:db8:0:0::0.0.0.1/128"]).length, addresses.length - 2);
});

Deno.test("what is exempt must be an address or a network", () => {
  for (
    const exempt of ["", "localhost", "10.0.0", "10.0.0.256", "10.0.0.0/33", "::1/129", "10.0.0.0/"]
      .concat("1:2:3", "[::1]", "::1/x", "::1]@[::2")
  ) {
    assertThrows(() => new StrikeBanEngine({ exempt: [exempt] }), RangeError, "is no network");
  }
});
