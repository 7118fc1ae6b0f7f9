import { assertEquals } from "@std/assert";
import { isLoopback, peerKey } from "../../lib/guard/address.ts";
import { ManualClock } from "../manual_clock.ts";
import { ConnectionLimits } from "../../lib/guard/connection_limits.ts";

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

Deno.test("each peer has its own places, and gives them back", () => {
  const limits = new ConnectionLimits(
    { maxConnections: 3, maxConnectionsPerIp: 2, maxConnectionRatePerIp: 10 },
    new ManualClock(),
  );
  const first = limits.admit("192.0.2.1");
  limits.admit("192.0.2.1");
  assertEquals(limits.admit("192.0.2.1"), { type: "refused", reason: "max-connections-per-ip" });
  assertEquals(limits.admit("192.0.2.2").type, "admitted");
  assertEquals(limits.admit("192.0.2.3"), { type: "refused", reason: "max-connections" });
  if (first.type === "admitted") first.place[Symbol.dispose]();
  assertEquals(limits.admit("192.0.2.1").type, "admitted");
});

Deno.test("so many new connections in a second from one peer, but for this machine", () => {
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
