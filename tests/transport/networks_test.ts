import { assertEquals, assertThrows } from "@std/assert";
import { Networks } from "../../lib/transport/networks.ts";

Deno.test("an address is in a network, in either family", () => {
  const networks = new Networks(["192.0.2.0/24", "2001:db8::/32", "10.0.0.1"]);
  const addresses = [
    "192.0.2.7",
    "192.0.3.7",
    "2001:db8:5::1",
    "2001:db9::1",
    "10.0.0.1",
    "10.0.0.2",
    "::ffff:192.0.2.7",
  ];
  assertEquals(addresses.map((address) => networks.has(address)), [
    true,
    false,
    true,
    false,
    true,
    false,
    true,
  ]);
});

Deno.test("an IPv4 network may be written as one of IPv6", () => {
  const networks = new Networks(["::ffff:192.0.2.0/120"]);
  const addresses = ["192.0.2.7", "::ffff:192.0.2.7", "192.0.3.7"];
  assertEquals(addresses.map((address) => networks.has(address)), [true, true, false]);
});

Deno.test("what is no network is named", () => {
  for (
    const text of [
      "",
      "x",
      "192.0.2.0/33",
      "192.0.2/24",
      "::/129",
      "192.0.2.0/-1",
      "0x7f.1/8",
      "::ffff:192.0.2.0/24",
    ]
  ) {
    assertThrows(() => new Networks([text]), RangeError, JSON.stringify(text));
  }
});
