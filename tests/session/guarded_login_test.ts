/** What the guard is to sessions: one step in front of the provider, for every mechanism. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createHash } from "node:crypto";
import { hmac } from "../../lib/auth/scram.ts";
import { StrikeBanEngine } from "../../lib/guard/ban_engine.ts";
import { LoginDelay } from "../../lib/guard/login_delay.ts";
import { BanningGuard } from "../../lib/guard/banning_guard.ts";
import {
  type MailboxProvider,
  MemoryMailbox,
  type Pop3Event,
  Pop3ResponseError,
} from "../../lib/mod.ts";
import type { Reply } from "../../lib/protocol/reply.ts";
import { Session } from "../../lib/session/session.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { ObservedListener } from "../observed_listener.ts";
import { hurriedClock, sessionContext } from "../transcript_peers.ts";

const encoder = new TextEncoder();
const WRONG = "[AUTH] Wrong username or password.";

/** Lets everything go on that waits for nothing but promises. */
async function settle(): Promise<void> {
  for (let n = 0; n < 10; n++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** The reply as text. */
function textOf(reply: Reply): string {
  if (reply.type === "challenge") return `+ ${new TextDecoder().decode(reply.challenge)}`;
  return reply.type === "error"
    ? `${reply.code === null ? "" : `[${reply.code}] `}${reply.text}`
    : reply.text;
}

/** Sessions of one server, whose time stands still. */
class Server {
  readonly clock = new ManualClock();
  readonly events: Pop3Event[] = [];
  readonly greetings = new WeakMap<Session, string>();
  readonly #provider: MailboxProvider;
  readonly #guard: BanningGuard;
  readonly #delay: LoginDelay;

  constructor(provider: Partial<MailboxProvider>, { loginDelay = 0 } = {}) {
    const engine = new StrikeBanEngine({ clock: this.clock });
    this.#provider = { name: "test", authenticate: () => null, ...provider };
    this.#guard = new BanningGuard(() => engine, this.clock);
    this.#delay = new LoginDelay(() => loginDelay, this.clock);
  }

  connect(clientAddress = "192.0.2.7"): Session {
    const context = sessionContext({ provider: this.#provider, allowsInsecureLogin: true });
    const session = new Session({
      ...context,
      info: { ...context.info, clientAddress, isSecure: true },
      guard: this.#guard,
      admitLogin: (username) => this.#delay.admit(username),
      emit: (event) => void this.events.push(event),
    });
    this.greetings.set(session, session.greeting().text);
    return session;
  }

  /** Why each refused login was refused. */
  get refusals(): string[] {
    return this.events.flatMap((event) => event.type === "login-failed" ? [event.reason] : []);
  }
}

function say(session: Session, line: string): Promise<string> {
  return session.respond(encoder.encode(line)).then(textOf);
}

/** What each says, once nobody has anything to wait for but time, of which so much goes by. */
async function answers(
  server: Server,
  replies: readonly Promise<string>[],
  milliseconds = 1_000,
): Promise<(string | null)[]> {
  const heard: (string | null)[] = replies.map(() => null);
  replies.forEach((reply, n) => reply.then((text) => heard[n] = text));
  await settle();
  server.clock.advance(milliseconds);
  await settle();
  return heard;
}

/** The milliseconds until a reply comes. */
async function delayOf(server: Server, reply: Promise<string>): Promise<number> {
  const startedAt = server.clock.now();
  let isHeard = false;
  reply.then(() => isHeard = true);
  await settle();
  while (!isHeard) {
    server.clock.advance(100);
    await settle();
  }
  return server.clock.now() - startedAt;
}

const base64 = (text: string) => encoder.encode(text).toBase64();
const plain = (password: string) => `AUTH PLAIN ${base64(`\0me\0${password}`)}`;
const bearer = (token: string) =>
  `AUTH XOAUTH2 ${base64(`user=me\x01auth=Bearer ${token}\x01\x01`)}`;

Deno.test("the same wrong password by PASS, XLOG, PLAIN and LOGIN is asked once, and refused as late", async () => {
  let asked = 0;
  const server = new Server({
    authenticate: () => {
      asked++;
      return null;
    },
  });
  const [passing, saslLogin] = [server.connect(), server.connect()];
  await say(passing, "USER me");
  await say(saslLogin, "AUTH LOGIN");
  await say(saslLogin, base64("me"));
  server.clock.advance(30_000);
  const refused = [
    say(server.connect(), "XLOG me wrong"),
    say(passing, "PASS wrong"),
    say(server.connect(), plain("wrong")),
    say(saslLogin, base64("wrong")),
  ];
  assertEquals(await answers(server, refused, 999), [null, null, null, null]);
  assertEquals(await answers(server, refused, 1), [WRONG, WRONG, WRONG, WRONG]);
  assertEquals([asked, server.refusals], [1, ["wrong", "wrong", "wrong", "wrong"]]);
});

Deno.test("62 guesses at once: three are asked, whatever the mechanism, and the others hear the same as late", async () => {
  for (
    const lineOf of [
      (n: number) => `XLOG me ${n}`,
      (n: number) => plain(`${n}`),
      (n: number) => `XLOG me${n} wrong`,
    ]
  ) {
    let asked = 0;
    const server = new Server({
      authenticate: () => {
        asked++;
        return null;
      },
    });
    const replies = Array.from({ length: 62 }, (_, n) => say(server.connect(), lineOf(n)));
    assertEquals(await answers(server, replies), Array(62).fill(WRONG));
    assertEquals(asked, 3);
    assertEquals(server.refusals.filter((reason) => reason === "banned").length, 59);
  }
});

Deno.test("tokens: three are asked, and the challenge that explains a refusal comes as late", async () => {
  let asked = 0;
  const server = new Server({
    authenticateToken: () => {
      asked++;
      return null;
    },
  });
  const sessions = Array.from({ length: 62 }, () => server.connect());
  const challenges = sessions.map((session, n) => say(session, bearer(`token${n}`)));
  assertEquals(await answers(server, challenges, 999), Array(62).fill(null));
  const [challenge] = await answers(server, challenges, 1);
  assertStringIncludes(challenge ?? "", "401");
  assertEquals(asked, 3);
  // The strikes are there although no client has answered.
  assertEquals(await answers(server, [say(server.connect(), "XLOG me right")]), [WRONG]);
  assertEquals(server.refusals, ["banned"]);
  const ends = sessions.map((session) => say(session, "*"));
  assertEquals(await answers(server, ends), Array(62).fill(WRONG));
});

/** A provider that knows the password of `me`, and how often it was asked to let somebody in. */
function secretsOf(password: string): { provider: Partial<MailboxProvider>; opened: () => number } {
  let opened = 0;
  return {
    provider: {
      secrets: {
        offers: "apop-and-scram",
        secretOf: (_info, username) => username === "me" ? { type: "plain", password } : null,
        openMailbox: () => {
          opened++;
          return new MemoryMailbox();
        },
      },
    },
    opened: () => opened,
  };
}

Deno.test("APOP: after three wrong digests the right one is refused, too", async () => {
  const { provider, opened } = secretsOf("right");
  const server = new Server(provider);
  const sessions = Array.from({ length: 10 }, () => server.connect());
  const replies = sessions.map((session, n) => {
    const [timestamp = ""] = /<.*>/.exec(server.greetings.get(session) ?? "") ?? [];
    const password = n < 3 ? "wrong" : "right";
    return say(session, `APOP me ${createHash("md5").update(timestamp + password).digest("hex")}`);
  });
  assertEquals(await answers(server, replies), Array(10).fill(WRONG));
  assertEquals([opened(), server.refusals.length], [0, 10]);
});

/** What a SCRAM client sends last, once it has the challenge. */
async function proofOf(challenge: string, password: string): Promise<string> {
  const [, nonce = "", salt = "", iterations = ""] = /r=(.*),s=(.*),i=(\d+)/.exec(challenge) ?? [];
  const salted = await crypto.subtle.deriveBits(
    {
      name: "PBKDF2",
      hash: "SHA-256",
      salt: Uint8Array.fromBase64(salt),
      iterations: Number(iterations),
    },
    await crypto.subtle.importKey("raw", encoder.encode(password), "PBKDF2", false, ["deriveBits"]),
    256,
  );
  const clientKey = await hmac(new Uint8Array(salted), encoder.encode("Client Key"));
  const storedKey = new Uint8Array(await crypto.subtle.digest("SHA-256", clientKey));
  const withoutProof = `c=biws,r=${nonce}`;
  const message = `n=me,r=abc,${challenge.slice(2)},${withoutProof}`;
  const signature = await hmac(storedKey, encoder.encode(message));
  const proof = clientKey.map((octet, n) => octet ^ (signature[n] ?? 0));
  return base64(`${withoutProof},p=${proof.toBase64()}`);
}

const scram = `AUTH SCRAM-SHA-256 ${base64("n,,n=me,r=abc")}`;

Deno.test("SCRAM: of exchanges that were begun at once three proofs are looked at; the right one comes too late", async () => {
  const { provider, opened } = secretsOf("right");
  const server = new Server(provider);
  const sessions = Array.from({ length: 8 }, () => server.connect());
  const finals: string[] = [];
  for (const session of sessions) {
    const challenge = await say(session, scram);
    finals.push(await proofOf(challenge, finals.length < 3 ? "wrong" : "right"));
  }
  const replies: (string | null)[] = [];
  for (const [n, session] of sessions.entries()) {
    replies.push(...await answers(server, [say(session, finals[n] ?? "")]));
  }
  assertEquals(replies, Array(8).fill(WRONG));
  assertEquals(opened(), 0);
  assertEquals(server.refusals, [...Array(3).fill("wrong"), ...Array(5).fill("banned")]);
});

Deno.test("SCRAM: the right proof is in, and what was open meanwhile held nobody up", async () => {
  const { provider, opened } = secretsOf("right");
  const server = new Server(provider);
  for (let n = 0; n < 5; n++) assertMatch(await say(server.connect(), scram), /^\+ r=/);
  const session = server.connect();
  const final = await proofOf(await say(session, scram), "right");
  assertMatch(await say(session, final), /^\+ v=/);
  assertEquals(await say(session, ""), "Welcome.");
  assertEquals([opened(), server.refusals], [1, []]);
});

Deno.test("SCRAM: an exchange that is given up after the challenge is a strike, however it is given up", async () => {
  for (const end of ["*", "not base64!", base64("nonsense"), null]) {
    const server = new Server(secretsOf("right").provider);
    for (let n = 0; n < 3; n++) {
      const session = server.connect();
      await say(session, scram);
      const ended = end === null ? session.end().then(() => WRONG) : say(session, end);
      assertEquals(await answers(server, [ended]), [WRONG]);
    }
    assertEquals(server.refusals, ["wrong", "wrong", "wrong"]);
    assertEquals(await answers(server, [say(server.connect(), "XLOG me right")]), [WRONG]);
    assertEquals(server.refusals.at(-1), "banned");
  }
});

Deno.test("SCRAM: a banned peer that takes its time is refused as late as one with a wrong proof", async () => {
  const server = new Server(secretsOf("right").provider);
  for (const reason of ["wrong", "wrong", "wrong", "banned"]) {
    const session = server.connect();
    const final = await proofOf(await say(session, scram), "wrong");
    server.clock.advance(5_000);
    assertEquals(await delayOf(server, say(session, final)), 1_000);
    assertEquals(server.refusals.at(-1), reason);
  }
});

Deno.test("what fails before the challenge is no strike", async () => {
  const server = new Server(secretsOf("right").provider);
  for (let n = 0; n < 5; n++) {
    const session = server.connect();
    await say(session, "AUTH SCRAM-SHA-256");
    assertEquals(await say(session, "*"), "Authentication cancelled.");
    await say(session, "AUTH LOGIN");
    await say(session, base64("me"));
    assertEquals(await say(session, "*"), "Authentication cancelled.");
  }
  assertEquals(server.refusals, []);
});

Deno.test("every refusal comes a second after the attempt, also that of a provider that fails or is busy", async () => {
  const busy = new Pop3ResponseError("Too many logins at once.", { code: "SYS/TEMP" });
  const server = new Server({
    authenticate: (_info, username) => {
      if (username === "busy") throw busy;
      if (username === "broken") throw new Error("broken");
      if (username === "list") {
        return Object.assign(new MemoryMailbox(), {
          listMessageUniqueIds: () => {
            throw busy;
          },
        });
      }
      return username === "me" ? new MemoryMailbox() : null;
    },
    secrets: {
      offers: "apop-and-scram",
      secretOf: () => {
        throw busy;
      },
      openMailbox: () => null,
    },
  }, { loginDelay: 60 });
  assertEquals(await delayOf(server, say(server.connect(), "XLOG me x")), 0);
  const lines = [
    "XLOG me x",
    "XLOG busy x",
    "XLOG broken x",
    "XLOG list x",
    "XLOG stranger x",
    `APOP me ${"0".repeat(32)}`,
    `AUTH PLAIN ${base64("\0broken\0x")}`,
    scram,
  ];
  for (const line of lines) {
    assertEquals([line, await delayOf(server, say(server.connect(), line))], [line, 1_000]);
    assertEquals([line, await delayOf(server, say(server.connect("127.0.0.1"), line))], [line, 0]);
  }
});

Deno.test("a session that is over while it waits for its turn asks nothing", async () => {
  const asked: string[] = [];
  const server = new Server({
    authenticate: (_info, _username, password) => {
      asked.push(password);
      return new Promise(() => {});
    },
  });
  const sessions = ["a", "b", "c"].map((password) => {
    const session = server.connect();
    return { session, reply: say(session, `XLOG me ${password}`) };
  });
  await settle();
  sessions[2]?.session.abandon();
  assertEquals(await answers(server, sessions.map(({ reply }) => reply)), [
    null,
    null,
    "The session is over.",
  ]);
  assertEquals([asked, server.refusals], [["a", "b"], []]);
});

Deno.test("an event and a log line say how long the ban lasts", async () => {
  const server = new Server({});
  for (const password of ["a", "b", "c", "d"]) {
    await answers(server, [say(server.connect(), `XLOG me ${password}`)]);
  }
  const failed = server.events.filter((event) => event.type === "login-failed");
  assertEquals(failed.map(({ bannedSeconds }) => bannedSeconds), [
    undefined,
    undefined,
    10_000,
    9_999,
  ]);
  const [first, , , last] = failed.map((event) => logLine(event, new Date(0), "text", "warn"));
  assertMatch(first ?? "", /reason=wrong$/);
  assertMatch(last ?? "", /reason=banned bannedSeconds=9999$/);
});

Deno.test("over real connections: one address that floods keeps nobody else from logging in", async () => {
  const held: (() => void)[] = [];
  const provider: MailboxProvider = {
    name: "slow",
    authenticate: (_info, _username, password) =>
      password === "right"
        ? new MemoryMailbox()
        : new Promise((resolve) => held.push(() => resolve(null))),
  };
  await using pop3 = new ObservedListener(
    { provider, allowInsecureLogin: true, maxConnectionsPerIp: 100 },
    hurriedClock,
  );
  const bound = await pop3.listenOn({
    hostname: "127.0.0.1",
    port: 0,
    trustedProxies: ["127.0.0.1"],
  });
  await using clients = new AsyncDisposableStack();
  const connectFrom = async (address: string): Promise<LoopbackClient> => {
    const client = clients.use(await LoopbackClient.connect(bound.port));
    const family = address.includes(":") ? "TCP6" : "TCP4";
    const to = address.includes(":") ? "2001:db8:ffff::1" : "192.0.2.1";
    await client.send(`PROXY ${family} ${address} ${to} 50000 110\r\n`);
    await client.readLine();
    return client;
  };
  const flood: LoopbackClient[] = [];
  for (let n = 0; n < 62; n++) {
    const client = await connectFrom(n % 2 === 0 ? "192.0.2.7" : `2001:db8::${n}`);
    await client.send(`XLOG me wrong${n}\r\n`);
    flood.push(client);
  }
  for (let n = 0; n < 15; n++) {
    const client = await connectFrom(`198.51.100.${n}`);
    assertEquals(await client.command(`XLOG user${n} right`), "+OK Welcome.");
  }
  // Two of each of the two peers, and after them the third.
  assertEquals(held.length, 4);
  const refused = Promise.all(flood.map((client) => client.readLine()));
  while (pop3.all("login-failed").length < 62) {
    held.splice(0).forEach((refuse) => refuse());
    await settle();
  }
  assertEquals(await refused, Array(62).fill(`-ERR ${WRONG}`));
  assertEquals(pop3.all("login-failed").filter(({ reason }) => reason === "wrong").length, 6);
});

Deno.test("over real connections: whoever waits for a turn hears no [SYS/TEMP], and leaves when the login's time is over", async () => {
  const clock = new ManualClock();
  let asked = 0;
  const provider: MailboxProvider = {
    name: "hangs",
    authenticate: () => {
      asked++;
      return new Promise(() => {});
    },
  };
  const pop3 = new ObservedListener(
    { provider, allowInsecureLogin: true, loginTimeout: 30 },
    clock,
  );
  const bound = await pop3.listenOn({
    hostname: "127.0.0.1",
    port: 0,
    trustedProxies: ["127.0.0.1"],
  });
  const clients: LoopbackClient[] = [];
  for (const password of ["a", "b", "c"]) {
    const client = await LoopbackClient.connect(bound.port);
    await client.send(`PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\r\nXLOG me ${password}\r\n`);
    await client.readLine();
    clients.push(client);
  }
  await pop3.until("command", 3);
  await settle();
  assertEquals(asked, 2);
  clock.advance(30_000);
  await pop3.until("close", 3);
  assertEquals(await Promise.all(clients.map((client) => client.readLine())), [null, null, null]);
  assertEquals([asked, pop3.all("login-failed").length], [2, 0]);
  for (const client of clients) client.close();
  const stopped = pop3.stop();
  clock.advance(3_000);
  await stopped;
});
