/** Every option of a listener is checked when the listener is made and when it is set later. */
import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import {
  type ListenOptions,
  MemoryMailbox,
  Pop3Listener,
  type Pop3ListenerOptions,
} from "../../lib/mod.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { providerOf } from "../transcript_peers.ts";

/** Gives an option as JavaScript can, without a check of its type. */
function listenerOf(options: object): Pop3Listener {
  const untyped: Pop3ListenerOptions = options;
  return new Pop3Listener(untyped);
}

const notAllowed: readonly (readonly [object, string])[] = [
  [{ maxConnections: -1 }, "maxConnections: -1: give a whole number from 1 to 1000000"],
  [{ maxConnectionsPerIp: 1.5 }, "maxConnectionsPerIp: 1.5: give a whole number from 1 to 1000000"],
  [{ loginTimeout: NaN }, "loginTimeout: NaN: give seconds from 1 to 86400"],
  [{ idleTimeout: 0 }, "idleTimeout: 0: give seconds from 1 to 86400"],
  [{ stopGrace: Infinity }, "stopGrace: Infinity: give seconds from 0 to 3600"],
  [{ expire: -3 }, "expire: -3: give a whole number from 0 to 36500"],
  [{ serviceName: "" }, 'serviceName: "": give 1 to 100 characters of printable ASCII'],
  [
    { serviceName: "a\r\n+OK injected" },
    'serviceName: "a\\r\\n+OK injected": give 1 to 100 characters of printable ASCII',
  ],
];

for (const [options, message] of notAllowed) {
  Deno.test(`refused with a RangeError: ${message}`, () => {
    assertThrows(() => listenerOf(options), RangeError, message);
    const pop3 = new Pop3Listener();
    assertThrows(() => Object.assign(pop3, options), RangeError, message);
  });
}

Deno.test("a greeting of one's own is said whole, and APOP's timestamp follows it", async () => {
  const greeting = "mail.example: no spam, please";
  await using pop3 = new Pop3Listener({ provider: providerOf(new MemoryMailbox()), greeting });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  assertMatch(
    await client.readLine() ?? "",
    /^\+OK mail\.example: no spam, please <[^<>@]+@pop3svc>$/,
  );
  for (const text of ["<1@example>", "a <x@y> b", "a < b", "", "a\r\nb", "ä"]) {
    assertThrows(() => pop3.greeting = text, RangeError, "clients take <…@…> for APOP's timestamp");
  }
});

const wrongKind: readonly (readonly [object, string])[] = [
  [{ maxConnections: "12" }, 'maxConnections: "12": give a whole number from 1 to 1000000'],
  [{ maxConnections: 12n }, "maxConnections: 12n: give a whole number from 1 to 1000000"],
  [{ allowInsecureLogin: "no" }, 'allowInsecureLogin: "no": give true or false'],
  [{ provider: {} }, "provider: this object: give a provider: an object with authenticate()"],
  [{ provider: null }, "provider: null: give a provider: an object with authenticate()"],
  [{ onEvent: null }, "onEvent: null: give a function"],
  [
    { certificate: "cert.pem" },
    'certificate: "cert.pem": give a certificate: { cert, key } in PEM',
  ],
  [{ maxConections: 3 }, "maxConections: there is no such option"],
];

for (const [options, message] of wrongKind) {
  Deno.test(`refused with a TypeError: ${message}`, () => {
    assertThrows(() => listenerOf(options), TypeError, message);
  });
}

Deno.test("an undefined option has its default", () => {
  assertEquals(listenerOf({ maxConnections: undefined }).maxConnections, 10_000);
});

Deno.test("a fixed setting cannot be set later", () => {
  const pop3 = new Pop3Listener();
  for (const name of ["faults", "wireLog", "clock"]) {
    assertThrows(() => Object.assign(pop3, { [name]: null }), TypeError);
  }
});

Deno.test("open sessions obey a changed setting", async () => {
  await using pop3 = new Pop3Listener({ provider: providerOf(new MemoryMailbox({ a: "a" })) });
  const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
  using client = await LoopbackClient.connect(port);
  await client.logIn();
  const expires = async () => {
    await client.send("CAPA\r\n");
    return (await client.readLines()).find((line) => line.startsWith("EXPIRE"));
  };
  assertEquals(await expires(), "EXPIRE NEVER");
  pop3.expire = 7;
  assertEquals(await expires(), "EXPIRE 7");
});

const places: readonly (readonly [object, string])[] = [
  [{ port: -1 }, "port: -1: give a whole number from 0 to 65535"],
  [{ port: 0, tsl: true }, "tsl: there is no such option"],
  [{ port: 0, hostname: "" }, 'hostname: "": give an address of this machine'],
  [{ port: 0, trustedProxies: "127.0.0.1" }, 'trustedProxies: "127.0.0.1": give an array'],
  [{}, "port: undefined: give a whole number from 0 to 65535"],
];

for (const [place, message] of places) {
  Deno.test(`listenOn refuses ${message}`, async () => {
    await using pop3 = new Pop3Listener();
    const untyped: ListenOptions = Object.assign({ port: 0 }, place);
    if (!("port" in place)) Reflect.deleteProperty(untyped, "port");
    await assertRejects(() => pop3.listenOn(untyped), Error, message);
    assertEquals(pop3.status().ports, []);
  });
}
