/** The guard asks the provider for few guesses, and refuses all mechanisms alike. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MemoryMailbox, Pop3ResponseError } from "../../lib/mod.ts";
import { eventOf } from "../../lib/events/events.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import {
  answers,
  base64,
  bearer,
  delayOf,
  plain,
  say,
  scram,
  secretsOf,
  Server,
  settle,
  WRONG,
} from "./guarded_sessions.ts";

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
  sessions[2]?.session.abandon("the client has gone");
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
  const [first, , , last] = failed.map((event) => logLine(eventOf(event), "text", "warn"));
  assertMatch(first ?? "", /reason=wrong$/);
  assertMatch(last ?? "", /reason=banned bannedSeconds=9999$/);
});
