/** The guard with APOP and SCRAM, where the client proves that it knows a secret. */
import { assertEquals, assertMatch } from "@std/assert";
import { createHash } from "node:crypto";
import { hmac } from "../../lib/auth/scram.ts";
import {
  answers,
  base64,
  delayOf,
  encoder,
  say,
  scram,
  secretsOf,
  Server,
  WRONG,
} from "./guarded_sessions.ts";

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

/** The response of a SCRAM client to the challenge. */
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

Deno.test("SCRAM: other exchanges that are open do not hold up the right proof", async () => {
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
