import { assertEquals, assertRejects } from "@std/assert";
import type { BanEngine } from "../../lib/guard/ban_engine.ts";
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import type { Credential, Refusal } from "../../lib/session/login_guard.ts";
import { BanningGuard } from "../../lib/guard/banning_guard.ts";
import { ManualClock } from "../manual_clock.ts";

const CLIENT = "192.0.2.7";
const DAY = 86_400_000;

/** Runs everything that waits for promises only. */
async function settle(): Promise<void> {
  for (let n = 0; n < 4; n++) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** A provider that a test answers for; it remembers the questions in order. */
class Questions {
  readonly #open: { readonly what: string; readonly answer: (isRight: boolean | Error) => void }[] =
    [];
  /** All questions. */
  readonly asked: string[] = [];

  ask(what: string): Promise<true | null> {
    this.asked.push(what);
    return new Promise((resolve, reject) => {
      this.#open.push({
        what,
        answer: (isRight) =>
          isRight instanceof Error ? reject(isRight) : resolve(isRight ? true : null),
      });
    });
  }

  /** The questions without an answer. */
  get open(): readonly string[] {
    return this.#open.map(({ what }) => what);
  }

  /** Answers the oldest open question. */
  async answer(isRight: boolean | Error): Promise<void> {
    this.#open.shift()?.answer(isRight);
    await settle();
  }
}

interface Tried {
  /** `in`, the reason of the refusal, or that the provider failed; null before there is an outcome. */
  outcome: string | null;
  readonly refusal: Promise<Refusal | null>;
  readonly abandon: () => void;
}

class Scene {
  readonly clock = new ManualClock();
  readonly engine: StrikeBanEngine;
  readonly guard: BanningGuard;
  readonly questions = new Questions();

  constructor(strikes?: number, engine?: BanEngine) {
    this.engine = new StrikeBanEngine({
      strikes: strikes ?? 3,
      seconds: 10_000,
      clock: this.clock,
    });
    const used = engine ?? this.engine;
    this.guard = new BanningGuard(() => used, this.clock);
  }

  /** Tries a password as PASS does, or a proof as APOP does where it is null; does not wait. */
  try(secret: string | null, { address = CLIENT, username = "me" } = {}): Tried {
    const attempt = this.guard.begin(address);
    const credential: Credential = secret === null
      ? { type: "proof", username }
      : { type: "password", username, secret };
    const run = async () => {
      const isRight = await attempt.ask(credential, () => this.questions.ask(secret ?? "proof"));
      return await attempt.end(username, isRight !== null);
    };
    const refusal = run();
    const tried: Tried = { outcome: null, refusal, abandon: () => attempt.abandon() };
    refusal.then(
      (refused) => tried.outcome = refused?.reason ?? "in",
      () => {
        attempt.releaseTurn();
        tried.outcome = "failed";
      },
    );
    return tried;
  }

  /** Tries, and answers for the provider if it is asked. */
  async tryOnce(
    secret: string | null,
    isRight: boolean,
    from: { readonly address?: string; readonly username?: string } = {},
  ): Promise<string | null> {
    const tried = this.try(secret, from);
    await settle();
    await this.questions.answer(isRight);
    return tried.outcome;
  }

  async ban(address = CLIENT): Promise<void> {
    for (const secret of ["ban1", "ban2", "ban3"]) {
      await this.tryOnce(secret, false, { address, username: "nobody" });
    }
    assertEquals(this.engine.isBanned(address), true);
    this.questions.asked.length = 0;
  }
}

function outcomes(tries: readonly Tried[]): (string | null)[] {
  return tries.map(({ outcome }) => outcome);
}

Deno.test("the same wrong password at the same time is one question and one strike", async () => {
  const scene = new Scene();
  const tries = Array.from({ length: 20 }, () => scene.try("wrong"));
  await settle();
  assertEquals(scene.questions.open, ["wrong"]);
  await scene.questions.answer(false);
  assertEquals(outcomes(tries), Array(20).fill("wrong"));
  assertEquals(scene.questions.asked, ["wrong"]);
  assertEquals(scene.engine.standingOf(CLIENT).strikesLeft, [{ network: CLIENT, strikes: 2 }]);
});

Deno.test("the same right password at the same time lets all in, each by its own question", async () => {
  const scene = new Scene();
  const tries = [scene.try("right"), scene.try("right"), scene.try("right")];
  await settle();
  for (let n = 0; n < 3; n++) await scene.questions.answer(true);
  assertEquals(outcomes(tries), ["in", "in", "in"]);
  assertEquals(scene.questions.asked.length, 3);
});

Deno.test("when the provider fails, the next waiting attempt asks it", async () => {
  const scene = new Scene();
  const tries = [scene.try("right"), scene.try("right")];
  await settle();
  await scene.questions.answer(new Error("busy"));
  await scene.questions.answer(true);
  assertEquals(outcomes(tries), ["failed", "in"]);
});

Deno.test("the same wrong password is asked again later: by then it may be right; it is no second strike", async () => {
  const scene = new Scene();
  assertEquals(await scene.tryOnce("x", false), "wrong");
  assertEquals(await scene.tryOnce("x", false), "wrong");
  assertEquals(scene.engine.standingOf(CLIENT).strikesLeft[0]?.strikes, 2);
  // From another address it is a strike there.
  assertEquals(await scene.tryOnce("x", false, { address: "198.51.100.9" }), "wrong");
  assertEquals(scene.engine.standingOf("198.51.100.9").strikesLeft[0]?.strikes, 2);
  assertEquals(await scene.tryOnce("x", true), "in");
  assertEquals(scene.questions.asked, ["x", "x", "x", "x"]);
});

Deno.test("a wrong token is not taken for a wrong password, nor are name and password that only look the same together", async () => {
  const scene = new Scene(10);
  await scene.tryOnce("x", false, { username: "me" });
  assertEquals(await scene.tryOnce("ex", true, { username: "m" }), "in");
  const attempt = scene.guard.begin(CLIENT);
  const answer = attempt.ask(
    { type: "token", username: "me", secret: "x" },
    () => scene.questions.ask("token"),
  );
  await settle();
  await scene.questions.answer(true);
  assertEquals(await answer, true);
});

Deno.test("a peer has two attempts in progress; its further ones wait, other peers do not", async () => {
  const scene = new Scene(100);
  const tries = ["a", "b", "c", "d"].map((secret) => scene.try(secret));
  const mapped = scene.try("e", { address: `::ffff:${CLIENT}` });
  const other = scene.try("other", { address: "198.51.100.9" });
  await settle();
  assertEquals(scene.questions.open, ["a", "b", "other"]);
  await scene.questions.answer(false);
  assertEquals(scene.questions.open, ["b", "other", "c"]);
  for (let n = 0; n < 5; n++) await scene.questions.answer(true);
  assertEquals(outcomes([...tries, mapped, other]), ["wrong", "in", "in", "in", "in", "in"]);
});

Deno.test("a /64 is one peer; a proof takes a turn as a password does", async () => {
  const scene = new Scene(100);
  for (const n of [1, 2, 3]) scene.try(null, { address: `2001:db8::${n}` });
  scene.try(null, { address: "2001:db8:0:1::1" });
  await settle();
  assertEquals(scene.questions.open.length, 3);
});

Deno.test("each address of this machine has two attempts in progress, all together have 32; strikes do not count", async () => {
  const scene = new Scene(1);
  for (let n = 0; n < 10; n++) scene.try(`${n}`, { address: "127.0.0.1" });
  await settle();
  assertEquals(scene.questions.open, ["0", "1"]);
  for (let n = 0; n < 60; n++) scene.try(`other${n}`, { address: `127.0.1.${n >> 1}` });
  await settle();
  assertEquals(scene.questions.open.length, 32);
  scene.try("right");
  await settle();
  assertEquals(scene.questions.open.at(-1), "right");
  while (scene.questions.open.length > 0) await scene.questions.answer(false);
  assertEquals(scene.questions.asked.length, 71);
});

Deno.test("a flood of wrong passwords from one address keeps nobody else from logging in", async () => {
  const scene = new Scene();
  const flood = Array.from({ length: 62 }, (_, n) => scene.try(`wrong${n}`));
  const rights = Array.from(
    { length: 15 },
    (_, n) => scene.try("right", { address: `198.51.100.${n}`, username: `user${n}` }),
  );
  await settle();
  assertEquals(scene.questions.open.length, 2 + 15);
  await scene.questions.answer(false);
  await scene.questions.answer(false);
  for (let n = 0; n < 15; n++) await scene.questions.answer(true);
  await scene.questions.answer(false);
  assertEquals(outcomes(rights), Array(15).fill("in"));
  assertEquals(outcomes(flood), [...Array(3).fill("wrong"), ...Array(59).fill("banned")]);
});

Deno.test("no more guesses reach the provider than strikes are left, whatever the address", async () => {
  for (
    const addresses of [[CLIENT], [CLIENT, `::ffff:${CLIENT}`], ["2001:db8::1", "2001:db8::2"]]
  ) {
    for (const secretOf of [(n: number) => `${n}`, () => null]) {
      const scene = new Scene();
      const tries = Array.from(
        { length: 62 },
        (_, n) => scene.try(secretOf(n), { address: addresses[n % addresses.length] ?? CLIENT }),
      );
      await settle();
      while (scene.questions.open.length > 0) await scene.questions.answer(false);
      assertEquals(scene.questions.asked.length, 3);
      assertEquals(outcomes(tries).filter((outcome) => outcome === "banned").length, 59);
    }
  }
});

Deno.test("no more guesses of a /48 reach the provider than it has strikes left, at once or later", async () => {
  const scene = new Scene(1);
  for (let n = 0; n < 40; n++) scene.try(`${n}`, { address: `2001:db8:0:${n.toString(16)}::1` });
  scene.try("right", { address: "2001:db8:1::1" });
  await settle();
  assertEquals(scene.questions.open.length, 16 + 1);
  while (scene.questions.open.length > 0) await scene.questions.answer(false);
  assertEquals(scene.questions.asked.length, 16 + 1);
});

Deno.test("with one strike left, right passwords go on one after the other", async () => {
  const scene = new Scene(1);
  const tries = ["a", "b", "c"].map((username) => scene.try("right", { username }));
  await settle();
  for (let n = 0; n < 3; n++) {
    assertEquals(scene.questions.open.length, 1);
    await scene.questions.answer(true);
  }
  assertEquals(outcomes(tries), ["in", "in", "in"]);
});

Deno.test("an attempt that waits ends with its session, without a question or a strike", async () => {
  const scene = new Scene(100);
  const [, , third, fourth] = ["a", "b", "c", "d"].map((secret) => scene.try(secret));
  const same = scene.try("a", { address: "198.51.100.9" });
  await settle();
  third?.abandon();
  same.abandon();
  await settle();
  assertEquals([third?.outcome, await third?.refusal, same.outcome], ["in", null, "in"]);
  await scene.questions.answer(true);
  assertEquals(scene.questions.asked, ["a", "b", "d"]);
  await scene.questions.answer(true);
  await scene.questions.answer(true);
  assertEquals(fourth?.outcome, "in");
  assertEquals(scene.engine.standingOf(CLIENT).strikesLeft[0]?.strikes, 100);
});

Deno.test("an attempt that the provider never answers blocks others for a minute", async () => {
  const scene = new Scene();
  scene.try("a");
  scene.try("b");
  await settle();
  scene.clock.advance(59_999);
  const early = scene.try("c");
  await settle();
  assertEquals(scene.questions.open, ["a", "b"]);
  scene.clock.advance(1);
  scene.try("a");
  scene.try("d");
  await settle();
  assertEquals(scene.questions.open, ["a", "b", "a", "d"]);
  await scene.questions.answer(true);
  await scene.questions.answer(true);
  await scene.questions.answer(true);
  assertEquals(early.outcome, null);
  await scene.questions.answer(true);
  assertEquals(scene.questions.open, ["c"]);
});

Deno.test("an engine that fails leaves no turn taken", async () => {
  let isBroken = true;
  const scene = new Scene(3, {
    isBanned: () => false,
    registerFailedAttempt: () => {
      if (isBroken) throw new Error("no connection");
    },
  });
  for (const secret of ["a", "b", "c"]) {
    assertEquals(await scene.tryOnce(secret, false), "failed");
  }
  isBroken = false;
  assertEquals(await scene.tryOnce("right", true), "in");
});

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
