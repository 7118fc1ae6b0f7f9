import { assertEquals, assertRejects } from "@std/assert";
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import { ManualClock } from "../manual_clock.ts";
import { CLIENT, outcomes, Scene, settle } from "./guard_scene.ts";

Deno.test("no refusal is due sooner than a second after the attempt, nor after its turn", async () => {
  const scene = new Scene();
  /** After how many milliseconds the refusal may be sent. */
  const due = async (address: string, secret: string, answerAfter: number | null) => {
    const startedAt = scene.clock.now();
    const attempt = scene.guard.begin(address);
    const ended = attempt.ask(
      { type: "password", username: "me", secret },
      () => scene.questions.ask(secret),
    ).catch(() => null);
    await settle();
    if (answerAfter !== null) {
      scene.clock.advance(answerAfter);
      await scene.questions.answer(secret === "fails" ? new Error() : false);
    }
    await ended;
    let isDue = false;
    attempt.refusalDue().then(() => isDue = true);
    await settle();
    while (!isDue) {
      scene.clock.advance(50);
      await settle();
    }
    return scene.clock.now() - startedAt;
  };
  assertEquals(await due(CLIENT, "a", 300), 1_000);
  assertEquals(await due(CLIENT, "a", 0), 1_000);
  assertEquals(await due(CLIENT, "fails", 0), 1_000);
  assertEquals(await due(CLIENT, "b", 1_500), 1_500);
  await scene.tryOnce("c", false);
  assertEquals(scene.engine.isBanned(CLIENT), true);
  assertEquals(await due(CLIENT, "d", null), 1_000);
  assertEquals(await due("127.0.0.1", "e", 300), 300);

  // An attempt that waits for a turn is refused a second after that turn, not as soon as there is an outcome.
  scene.try("x", { address: "198.51.100.9" });
  scene.try("y", { address: "198.51.100.9" });
  await settle();
  const waiting = due("198.51.100.9", "z", null);
  await settle();
  scene.clock.advance(5_000);
  await scene.questions.answer(true);
  assertEquals(scene.questions.open, ["y", "z"]);
  await scene.questions.answer(true);
  await scene.questions.answer(false);
  assertEquals(await waiting, 6_000);
});

Deno.test("an answer of the engine from before the end of an attempt is not used after it", async () => {
  const strikes = new StrikeBanEngine({ strikes: 1, clock: new ManualClock() });
  const answers: (() => void)[] = [];
  const scene = new Scene(1, {
    isBanned: (address) => strikes.isBanned(address),
    registerFailedAttempt: (address, attempt) => strikes.registerFailedAttempt(address, attempt),
    standingOf: (address) => {
      const standing = strikes.standingOf(address);
      return new Promise((resolve) => answers.push(() => resolve(standing)));
    },
  });
  const answerAll = async () => {
    // The newest first: the oldest is out of date.
    for (const answer of answers.splice(0).reverse()) {
      answer();
      await settle();
    }
  };
  const first = scene.try("a");
  await settle();
  await answerAll();
  assertEquals(scene.questions.open, ["a"]);
  const second = scene.try("b");
  await settle();
  await scene.questions.answer(false);
  for (let n = 0; n < 3; n++) await answerAll();
  assertEquals(outcomes([first, second]), ["wrong", "banned"]);
  assertEquals(scene.questions.asked, ["a"]);
});

Deno.test("what a question throws is passed on, and its turn is released", async () => {
  const scene = new Scene();
  for (let n = 0; n < 3; n++) {
    const attempt = scene.guard.begin(CLIENT);
    const asked = attempt.ask(
      { type: "password", username: "me", secret: `${n}` },
      () => Promise.reject(new Error("broken")),
    );
    await assertRejects(() => asked, Error, "broken");
  }
  assertEquals(await scene.tryOnce("right", true), "in");
});
