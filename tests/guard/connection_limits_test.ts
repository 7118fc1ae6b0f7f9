import { assert, assertEquals } from "@std/assert";
import { isLoopback, peerKey } from "../../lib/transport/address.ts";
import { ManualClock } from "../manual_clock.ts";
import { type Admission, ConnectionLimits } from "../../lib/guard/connection_limits.ts";

Deno.test("one peer is an IPv4 address, mapped or not, or an IPv6 /64", () => {
  const keys: readonly (readonly [string, string])[] = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::99", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:0DB8:0001::1", "2001:db8:1:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
  ];
  for (const [address, key] of keys) assertEquals(peerKey(address), key, address);
});

Deno.test("loopback is 127.0.0.0/8 and ::1", () => {
  for (const address of ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"]) {
    assertEquals(isLoopback(address), true, address);
  }
  for (const address of ["128.0.0.1", "10.0.0.1", "::2", "127.evil.example"]) {
    assertEquals(isLoopback(address), false, address);
  }
});

function limitsOf(maxConnectionsPerIp: number, maxConnectionRatePerIp = 1_000_000) {
  const limits = { maxConnections: 1_000_000, maxConnectionsPerIp, maxConnectionRatePerIp };
  return new ConnectionLimits(limits, new ManualClock());
}

const tooMany: Admission = { type: "refused", reason: "max-connections-per-ip" };

Deno.test("each peer has its own share, and releases it once", () => {
  const limits = limitsOf(2);
  const first = limits.admit("192.0.2.1");
  limits.admit("192.0.2.1");
  assertEquals(limits.admit("192.0.2.1"), tooMany);
  assertEquals(limits.admit("192.0.2.2").type, "admitted");
  assert(first.type === "admitted");
  first.share[Symbol.dispose]();
  first.share[Symbol.dispose]();
  assertEquals(limits.admit("192.0.2.1").type, "admitted");
  assertEquals(limits.admit("192.0.2.1"), tooMany);
});

/** How many connections are admitted, each from another address, before one is refused; up to a bound. */
function admitted(limits: ConnectionLimits, addressOf: (n: number) => string): number {
  let n = 0;
  while (n < 1_000 && limits.admit(addressOf(n)).type === "admitted") n++;
  return n;
}

const hex = (n: number) => n.toString(16);

Deno.test("a /56 may have four times the connections and new connections of a /64, a /48 sixteen times", () => {
  for (const makeLimits of [() => limitsOf(3), () => limitsOf(1_000_000, 3)]) {
    const inOne64 = (n: number) => `2001:db8:1:200::${hex(n)}`;
    const inOne56 = (n: number) => `2001:db8:1:2${hex(n % 256).padStart(2, "0")}::1`;
    const inOne48 = (n: number) => `2001:db8:1:${hex(n % 65_536 * 256 % 65_536)}::1`;
    const inOne32 = (n: number) => `2001:db8:${hex(n)}::1`;
    assertEquals(admitted(makeLimits(), inOne64), 3);
    assertEquals(admitted(makeLimits(), inOne56), 12);
    assertEquals(admitted(makeLimits(), inOne48), 48);
    assertEquals(admitted(makeLimits(), inOne32), 1_000);
    // Peers outside of the network are not affected.
    const limits = makeLimits();
    admitted(limits, inOne56);
    assertEquals(limits.admit("2001:db8:1:300::1").type, "admitted");
    admitted(limits, inOne48);
    assertEquals(limits.admit("2001:db8:2::1").type, "admitted");
  }
});

Deno.test("a network releases its shares, too", () => {
  const limits = limitsOf(1);
  const shares = Array.from(
    { length: 16 },
    (_, n) => limits.admit(`2001:db8:1:${hex(n * 256)}::1`),
  );
  assertEquals(limits.admit("2001:db8:1:ff00::1"), tooMany);
  for (const admission of shares) {
    if (admission.type === "admitted") admission.share[Symbol.dispose]();
  }
  assertEquals(admitted(limits, (n) => `2001:db8:1:${hex(n * 256)}::1`), 16);
});

Deno.test("when all places are taken, others are freed for as long as that is possible", () => {
  const held: Disposable[] = [];
  let canMakeRoom = true;
  const limits = { maxConnections: 2, maxConnectionsPerIp: 9, maxConnectionRatePerIp: 9 };
  const places = new ConnectionLimits(limits, new ManualClock(), () => {
    if (canMakeRoom) held.shift()?.[Symbol.dispose]();
    return canMakeRoom;
  });
  const take = () => {
    const place = places.takePlace();
    if (place !== null) held.push(place);
    return place !== null;
  };
  assertEquals([take(), take(), take(), held.length], [true, true, true, 2]);
  canMakeRoom = false;
  assertEquals(take(), false);
  held.shift()?.[Symbol.dispose]();
  assertEquals([take(), take()], [true, false]);
  // There are fewer places than before: more than one connection has to end.
  canMakeRoom = true;
  limits.maxConnections = 1;
  assertEquals([take(), held.length], [true, 1]);
});

Deno.test("the new connections of one peer in a second are limited, but not those of this machine", () => {
  const clock = new ManualClock();
  const limits = new ConnectionLimits(
    { maxConnections: 100, maxConnectionsPerIp: 100, maxConnectionRatePerIp: 2 },
    clock,
  );
  const admit = (address: string) => limits.admit(address).type;
  assertEquals(
    ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "::ffff:192.0.2.1"].map(admit),
    ["admitted", "admitted", "refused", "admitted", "refused"],
  );
  assertEquals(limits.admit("192.0.2.1"), {
    type: "refused",
    reason: "max-connection-rate-per-ip",
  });
  clock.advance(1_000);
  assertEquals(admit("192.0.2.1"), "admitted");
  for (let n = 0; n < 10; n++) assertEquals(admit("127.0.0.1"), "admitted");
});
