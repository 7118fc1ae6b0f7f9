import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { parseProxyHeader, type ProxyHeader } from "../../lib/transport/proxy_header.ts";

const encoder = new TextEncoder();
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

function v1(line: string): ProxyHeader {
  return parseProxyHeader(encoder.encode(line));
}

function v2(command: number, family: number, payload: readonly number[]): Uint8Array {
  const length = [payload.length >> 8, payload.length & 255];
  return new Uint8Array([...SIGNATURE, command, family, ...length, ...payload]);
}

const V4 = [192, 0, 2, 7, 192, 0, 2, 1, 0xc3, 0x50, 0, 110];
const SSL = [0x20, 0, 5, 1, 0, 0, 0, 0];

Deno.test("version 1", () => {
  assertEquals(v1("PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\r\nUSER me\r\n"), {
    type: "header",
    length: 42,
    client: { address: "192.0.2.7", port: 50_000, isSecure: false },
  });
  const ipv6 = v1("PROXY TCP6 2001:DB8:0:0:0:0:0:7 ::1 1 2\r\n");
  assertEquals(ipv6.type === "header" && ipv6.client?.address, "2001:db8::7");
  const mapped = v1("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n");
  assertEquals(mapped.type === "header" && mapped.client?.address, "192.0.2.7");
  assertEquals(v1("PROXY UNKNOWN\r\n"), { type: "header", length: 15, client: null });
  assertEquals(v1("PROXY UNKNOWN ff:: ff:: 1 2\r\n").type, "header");
});

const malformed: readonly string[] = [
  "",
  "USER me\r\n",
  "PROXY \r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 50000\r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 65536 110\r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\n",
  "PROXY TCP4 192.0.2 192.0.2.1 50000 110\r\n",
  "PROXY TCP4 192.0.2.07 192.0.2.1 50000 110\r\n",
  "PROXY TCP4 192.0.2.256 192.0.2.1 50000 110\r\n",
  "PROXY TCP4 ::1 ::1 50000 110\r\n",
  "PROXY TCP4 192.0.2.7 ::1 50000 110\r\n",
  "PROXY TCP4 192.0.2.7 192.0.2.1 50000 65536\r\n",
  "PROXY TCP6 192.0.2.7 192.0.2.1 50000 110\r\n",
  "PROXY TCP6 fe80::1%eth0 ::1 50000 110\r\n",
  "PROXY TCP4  192.0.2.7 192.0.2.1 50000 110\r\n",
  "PROXY UDP4 192.0.2.7 192.0.2.1 50000 110\r\n",
  `PROXY UNKNOWN ${"x".repeat(107)}`,
  "proxy UNKNOWN\r\n",
];

Deno.test("version 1 that is not as it must be", () => {
  for (const line of malformed) {
    assertEquals(v1(line).type, line === "" ? "incomplete" : "malformed", JSON.stringify(line));
  }
});

Deno.test("version 2", () => {
  assertEquals(parseProxyHeader(v2(0x21, 0x11, V4)), {
    type: "header",
    length: 28,
    client: { address: "192.0.2.7", port: 50_000, isSecure: false },
  });
  const withTls = parseProxyHeader(v2(0x21, 0x11, [...V4, 0x04, 0, 1, 0, ...SSL]));
  assertEquals(withTls.type === "header" && withTls.client?.isSecure, true);
  const ipv6 = [
    0x20,
    1,
    0x0d,
    0xb8,
    ...new Array(11).fill(0),
    7,
    ...new Array(16).fill(0),
    0,
    1,
    0,
    2,
  ];
  const address = parseProxyHeader(v2(0x21, 0x21, ipv6));
  assertEquals(address.type === "header" && address.client, {
    address: "2001:db8::7",
    port: 1,
    isSecure: false,
  });
  for (
    const local of [v2(0x20, 0x00, []), v2(0x20, 0x11, V4), v2(0x21, 0x00, []), v2(0x21, 0x31, [1])]
  ) {
    assertEquals(parseProxyHeader(local), { type: "header", length: local.length, client: null });
  }
});

Deno.test("version 2 that is not as it must be", () => {
  const wrong = [
    v2(0x11, 0x11, V4),
    v2(0x22, 0x11, V4),
    v2(0x21, 0x11, V4.slice(1)),
    v2(0x21, 0x21, V4),
    v2(0x21, 0x11, [...V4, 0x20]),
    v2(0x21, 0x11, [...V4, 0x20, 0, 9, 1]),
  ];
  for (const octets of wrong) {
    assertEquals(parseProxyHeader(octets).type, "malformed", octets.toString());
  }
});

const headers = fc.oneof(
  fc.tuple(fc.ipV4(), fc.ipV4(), fc.nat(65_535), fc.nat(65_535)).map(([from, to, port, toPort]) =>
    encoder.encode(`PROXY TCP4 ${from} ${to} ${port} ${toPort}\r\n`)
  ),
  fc.tuple(fc.ipV6(), fc.ipV6(), fc.nat(65_535)).map(([from, to, port]) =>
    encoder.encode(`PROXY TCP6 ${from} ${to} ${port} 110\r\n`)
  ),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((address) => v2(0x21, 0x11, [...address])),
  fc.uint8Array({ maxLength: 300 }).map((payload) => v2(0x20, 0x00, [...payload])),
);

Deno.test("a header is found whatever follows it, and each part of it is incomplete", () => {
  fc.assert(fc.property(headers, fc.uint8Array(), (header, rest) => {
    const found = parseProxyHeader(new Uint8Array([...header, ...rest]));
    assertEquals(found.type === "header" && found.length, header.length);
    for (let end = 0; end < header.length; end++) {
      assertEquals(parseProxyHeader(header.subarray(0, end)).type, "incomplete", `${end}`);
    }
  }));
});

Deno.test("no octets make it throw, and it never waits for more than there can be", () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.uint8Array({ maxLength: 200 }).map((tail) => new Uint8Array([...SIGNATURE, ...tail])),
    fc.string({ unit: "binary" }).map((tail) => encoder.encode(`PROXY ${tail}`)),
    fc.string({ unit: "binary" }).map((tail) => encoder.encode(`PROXY TCP6 ${tail}\r\n`)),
  );
  fc.assert(fc.property(hostile, (octets) => {
    const header = parseProxyHeader(octets);
    if (header.type === "header") assertEquals(header.length <= octets.length, true);
    if (header.type === "incomplete" && octets[0] === 0x50) assertEquals(octets.length < 107, true);
  }));
});
