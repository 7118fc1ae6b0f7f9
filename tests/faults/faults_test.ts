/** A server that misbehaves on purpose, as a client meets it. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Transport } from "../../lib/transport/transport.ts";
import { connectionFaults } from "../../lib/faults/connection_faults.ts";
import { MemoryMailbox } from "../../lib/mod.ts";
import {
  type FaultPlan,
  type FaultRule,
  faultyProvider,
  parseFaultPlan,
  Pop3Client,
} from "../../lib/testing/mod.ts";
import { FaultDice } from "../../lib/faults/fault_dice.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { authority, certificate } from "../test_authority.ts";
import { providerOf } from "../transcript_peers.ts";

/** What the listener does by itself; the rest is done by a provider whose clock stands still. */
const OF_CONNECTIONS: ReadonlySet<FaultRule["fault"]> = new Set(["single-bytes", "half-handshake"]);

const loopback = { hostname: "127.0.0.1", port: 0 };

/** A listener with three messages that misbehaves by these rules. */
class Misbehaving implements AsyncDisposable {
  readonly pop3: ObservedListener;
  readonly clock = new ManualClock();
  #port = 0;

  private constructor(rules: readonly FaultRule[]) {
    const plan: FaultPlan = { seed: 1, rules };
    const mailbox = new MemoryMailbox({ a: "Subject: a\r\n\r\n", b: "bb\r\n", c: "c\r\n" });
    this.pop3 = new ObservedListener({
      provider: faultyProvider(providerOf(mailbox), plan, this.clock),
      faults: { seed: 1, rules: rules.filter(({ fault }) => OF_CONNECTIONS.has(fault)) },
      certificate,
    });
  }

  static async start(...rules: readonly FaultRule[]): Promise<Misbehaving> {
    const server = new Misbehaving(rules);
    server.#port = (await server.pop3.listenOn(loopback)).port;
    return server;
  }

  connect(): Promise<Pop3Client> {
    return Pop3Client.connect({ port: this.#port, caCerts: [authority.pem] });
  }

  async logIn(): Promise<Pop3Client> {
    const client = await this.connect();
    await client.logIn("me", "passw0rd");
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.pop3.stop();
  }
}

Deno.test("sys-temp and in-use, where and as often as the rule says", async () => {
  await using server = await Misbehaving.start(
    { fault: "in-use", times: 2 },
    { fault: "sys-temp", at: "delete" },
  );
  using client = await server.connect();
  const codes: (string | null)[] = [];
  for (let n = 0; n < 3; n++) codes.push((await client.say("XLOG me passw0rd")).code);
  assertEquals(codes, ["IN-USE", "IN-USE", null]);
  await client.say("DELE 1");
  assertEquals((await client.say("QUIT")).code, "SYS/TEMP");
  using again = await server.logIn();
  assertEquals((await again.say("STAT")).text, "3 21");
});

Deno.test("the option faults of a listener is enough for faults of the provider, too", async () => {
  const faults: FaultPlan = { seed: 1, rules: [{ fault: "in-use", times: 1 }] };
  await using pop3 = new ObservedListener({ provider: providerOf(new MemoryMailbox()), faults });
  const { port } = await pop3.listenOn(loopback);
  using client = await Pop3Client.connect({ port });
  assertEquals((await client.say("XLOG me passw0rd")).code, "IN-USE");
  assertEquals((await client.say("XLOG me passw0rd")).code, null);
});

Deno.test("delay, by the clock", async () => {
  await using server = await Misbehaving.start({ fault: "delay", at: "list", milliseconds: 5_000 });
  using client = await server.connect();
  let isAnswered = false;
  const reply = client.say("XLOG me passw0rd").finally(() => isAnswered = true);
  while (server.clock.pending === 0) await new Promise((go) => setTimeout(go, 0));
  server.clock.advance(4_999);
  for (let turn = 0; turn < 10; turn++) await new Promise((go) => setTimeout(go, 0));
  assertEquals(isAnswered, false);
  server.clock.advance(1);
  assertEquals((await reply).isOk, true);
});

Deno.test("expired-login, at the login and at WAKE", async () => {
  await using atLogin = await Misbehaving.start({ fault: "expired-login" });
  using refused = await atLogin.connect();
  assertEquals((await refused.say("XLOG me passw0rd")).code, "AUTH");
  await using atWake = await Misbehaving.start({ fault: "expired-login", at: "wake", times: 1 });
  using client = await atWake.logIn();
  await client.say("SLEE");
  assertEquals((await client.say("WAKE")).code, "AUTH");
  assertEquals((await client.say("WAKE")).code, "ACTIVITY/NONE");
});

Deno.test("vanish, wrong-size and drop, of one message", async () => {
  await using server = await Misbehaving.start(
    { fault: "vanish", message: 1 },
    { fault: "wrong-size", message: 2, octets: -2 },
    { fault: "drop", message: 3 },
  );
  using client = await server.logIn();
  assertEquals(await client.listing("LIST"), ["1 14", "2 2", "3 3"]);
  assertEquals((await client.say("RETR 1")).text, "That message is gone.");
  assertEquals(await client.listing("RETR 2"), ["bb"]);
  assertEquals((await client.say("RETR 3")).isOk, true);
  await assertRejects(() => client.lines());
});

Deno.test("duplicate and changing unique ids reach the client", async () => {
  await using duplicate = await Misbehaving.start({ fault: "duplicate-unique-ids" });
  using one = await duplicate.logIn();
  assertEquals(await one.listing("UIDL"), ["1 a", "2 b", "3 a"]);
  await using changing = await Misbehaving.start({ fault: "changing-unique-ids" });
  using other = await changing.logIn();
  assertEquals(await other.listing("UIDL"), ["1 list-1-1", "2 list-1-2", "3 list-1-3"]);
  assertEquals(await other.listing("RETR 2"), ["bb"]);
  await other.say("SLEE");
  assertEquals((await other.say("WAKE")).code, "ACTIVITY/NEW");
});

Deno.test("single-bytes: each write is one octet", async () => {
  const writes: number[] = [];
  const line: Transport = {
    read: () => Promise.resolve(null),
    write(octets) {
      writes.push(octets.length);
      return Promise.resolve(octets.length);
    },
    closeWrite: () => Promise.resolve(),
    close() {},
  };
  const faulty = connectionFaults({ seed: 1, rules: [{ fault: "single-bytes" }] }).ofTransport(
    line,
  );
  assertEquals(await faulty.write(new Uint8Array(9)), 1);
  assertEquals(writes, [1]);
  await using server = await Misbehaving.start({ fault: "single-bytes" });
  using client = await server.logIn();
  assertEquals(await client.listing("RETR 2"), ["bb"]);
});

Deno.test("half-handshake", async () => {
  await using server = await Misbehaving.start({ fault: "half-handshake", times: 1 });
  using broken = await server.connect();
  await assertRejects(() => broken.stls());
  using whole = await server.connect();
  await whole.stls();
  assertEquals((await whole.say("NOOP")).isOk, true);
});

Deno.test("a listener that misbehaves listens on this machine only", async () => {
  await using server = await Misbehaving.start({ fault: "drop" });
  await assertRejects(() => server.pop3.listenOn({ hostname: "0.0.0.0", port: 0 }), TypeError);
});

Deno.test("the same seed strikes the same, another differently", () => {
  const strikes = (seed: number) => {
    const dice = new FaultDice({ seed, rules: [{ fault: "drop", chance: 0.3 }] });
    return Array.from({ length: 200 }, () => dice.strikes("drop").length).join("");
  };
  assertEquals(strikes(7), strikes(7));
  assertEquals(strikes(7) === strikes(8), false);
  const often = strikes(7).replaceAll("0", "").length;
  assertEquals(often > 30 && often < 90, true, `${often} of 200`);
});

Deno.test("a wrong plan is refused, with what is wrong", () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["[]", '"seed": 1'],
    ['{"rules": []}', '"seed" is a whole number'],
    ['{"seed": 1, "rules": []}', '"rules" is a list'],
    [
      '{"seed": 1, "rules": [{"fault": "drop"}, {"fault": "dorp"}]}',
      'rule 2: "fault" is one of delay',
    ],
    ['{"seed": 1, "rules": [{"fault": "drop", "mesage": 1}]}', 'rule 1: unknown key "mesage"'],
    ['{"seed": 1, "rules": [{"fault": "drop", "chance": 2}]}', '"chance" is a number from 0 to 1'],
    ['{"seed": 1, "rules": [{"fault": "delay", "at": "noon"}]}', '"at" is one of login'],
  ];
  for (const [json, message] of wrong) {
    assertThrows(() => parseFaultPlan(json), SyntaxError, message);
  }
});
