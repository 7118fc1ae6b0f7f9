import { assertEquals } from "@std/assert";
import { CLIENT, outcomes, Scene, settle } from "./guard_scene.ts";

const DAY = 86_400_000;

Deno.test("with an engine that does not count strikes, each peer has one attempt at a time", async () => {
  const told: (readonly [string, string | null])[] = [];
  const scene = new Scene(3, {
    isBanned: (address) =>
      Promise.resolve(told.filter(([struck]) => struck === address).length >= 3),
    registerFailedAttempt: (address, attempt) =>
      Promise.resolve().then(() => void told.push([address, attempt])),
  });
  for (let n = 0; n < 62; n++) scene.try(`${n}`);
  scene.try("0", { address: "198.51.100.9" });
  await settle();
  // The other peer waits for the outcome of the same password.
  assertEquals(scene.questions.open, ["0"]);
  while (scene.questions.open.length > 0) await scene.questions.answer(false);
  assertEquals(scene.questions.asked.length, 3);
  assertEquals(told.length, 4);
  assertEquals(new Set(told.map(([, attempt]) => attempt)).size, 3);
  assertEquals(told.some(([, attempt]) => attempt === null || /^(me|\d+)$/.test(attempt)), false);
});

Deno.test("right passwords, questions and refused attempts prolong no ban", async () => {
  const scene = new Scene();
  await scene.tryOnce("right", true);
  await scene.ban();
  for (let n = 1; n < 10; n++) {
    scene.clock.advance(1_000_000);
    assertEquals(await scene.tryOnce("right", true), "in");
    assertEquals(await scene.tryOnce("ban1", true, { username: "stranger" }), "banned");
    assertEquals(await scene.tryOnce(null, true, { username: "stranger" }), "banned");
  }
  assertEquals(scene.questions.asked, Array(9).fill("right"));
  scene.clock.advance(1_000_000);
  assertEquals(await scene.tryOnce("right", true, { username: "stranger" }), "in");
});

Deno.test("a user who has logged in from a banned address may try every ten seconds, and a wrong try prolongs the ban", async () => {
  const scene = new Scene();
  await scene.tryOnce("right", true);
  await scene.ban();
  scene.clock.advance(5_000_000);
  assertEquals(await scene.tryOnce("guess1", false), "wrong");
  assertEquals(scene.engine.standingOf(CLIENT).bannedSeconds, 10_000);
  scene.clock.advance(9_999);
  assertEquals(await scene.tryOnce("right", true), "banned");
  scene.clock.advance(1);
  assertEquals(await scene.tryOnce("right", true), "in");
  // Only from that address; and of two tries at once, one.
  await scene.ban("198.51.100.9");
  assertEquals(await scene.tryOnce("right", true, { address: "198.51.100.9" }), "banned");
  scene.clock.advance(10_000);
  const tries = [scene.try("guess2"), scene.try("guess3")];
  await settle();
  tries.push(scene.try(null));
  await settle();
  assertEquals(scene.questions.open, ["guess2"]);
  await scene.questions.answer(false);
  assertEquals(outcomes(tries), ["wrong", "banned", "banned"]);
});

Deno.test("an old password that is tried again and again prolongs a ban once", async () => {
  const scene = new Scene();
  await scene.tryOnce("right", true);
  await scene.ban();
  await scene.tryOnce("stale", false);
  for (let n = 1; n < 100; n++) {
    scene.clock.advance(100_000);
    assertEquals(await scene.tryOnce("stale", false), "wrong");
  }
  assertEquals(scene.engine.standingOf(CLIENT).bannedSeconds, 100);
});

Deno.test("a login is remembered for seven days", async () => {
  for (const [elapsed, outcome] of [[7 * DAY - 1, "in"], [7 * DAY, "banned"]] as const) {
    const scene = new Scene();
    await scene.tryOnce("right", true);
    scene.clock.advance(elapsed);
    await scene.ban();
    assertEquals(await scene.tryOnce("right", true), outcome);
  }
});

Deno.test("a user who proves a secret may do so while banned: the challenge and its answer are one try", async () => {
  const scene = new Scene();
  await scene.tryOnce(null, true);
  await scene.ban();
  const attempt = scene.guard.begin(CLIENT);
  assertEquals(await attempt.ask({ type: "proof", username: "me" }, () => "secret"), "secret");
  attempt.releaseTurn();
  assertEquals(await attempt.resume(), true);
  assertEquals(await attempt.end("me", true), null);
});

Deno.test("a challenge from before a ban is refused during it, and an unanswered challenge holds no turn", async () => {
  const scene = new Scene();
  const open = Array.from({ length: 5 }, () => scene.guard.begin(CLIENT));
  for (const attempt of open) {
    await attempt.ask({ type: "proof", username: "me" }, () => "secret");
    attempt.releaseTurn();
  }
  const results: unknown[] = [];
  for (const attempt of open) {
    results.push(await attempt.resume());
    await attempt.end("me", false);
  }
  assertEquals(results, [true, true, true, false, false]);
});

Deno.test("a refusal says how long the ban lasts, from the attempt that made it", async () => {
  const scene = new Scene();
  await scene.tryOnce("a", false);
  const second = scene.try("b");
  const third = scene.try("c");
  await settle();
  await scene.questions.answer(false);
  await scene.questions.answer(false);
  assertEquals(await second.refusal, { reason: "wrong" });
  assertEquals(await third.refusal, { reason: "wrong", bannedSeconds: 10_000 });
  scene.clock.advance(4_000_000);
  assertEquals(await scene.try("d").refusal, { reason: "banned", bannedSeconds: 6_000 });
});
