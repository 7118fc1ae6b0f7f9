import { assertEquals } from "@std/assert";
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import { ManualClock } from "../manual_clock.ts";
import { CLIENT, outcomes, Scene, settle } from "./guard_scene.ts";

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

Deno.test("an attempt that waits for some that are never answered goes on after a minute, and half a second", async () => {
  const scene = new Scene();
  scene.try("a");
  scene.try("b");
  await settle();
  scene.try("c");
  await settle();
  assertEquals(scene.questions.open, ["a", "b"]);
  scene.clock.advance(60_500);
  await settle();
  assertEquals(scene.questions.open, ["a", "b", "c"]);
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

Deno.test("the end of an attempt decides those that wait one by one, not all of them again", async () => {
  let standings = 0;
  const strikes = new StrikeBanEngine({ clock: new ManualClock() });
  const scene = new Scene(3, {
    isBanned: (address) => strikes.isBanned(address),
    registerFailedAttempt: (address, digest) => strikes.registerFailedAttempt(address, digest),
    standingOf: (address) => {
      standings++;
      return strikes.standingOf(address);
    },
  });
  const tries = Array.from({ length: 100 }, (_, n) => scene.try(`right ${n}`));
  await settle();
  standings = 0;
  for (const _ of tries) await scene.questions.answer(true);
  assertEquals(outcomes(tries), tries.map(() => "in"));
  // For each end: the one that is let in, and the next, which finds no room.
  assertEquals(standings <= 2 * tries.length, true, `${standings} standings`);
});

Deno.test("one that leaves, or is refused, while it waits hands its turn on", async () => {
  const scene = new Scene();
  const first = [scene.try("right 1"), scene.try("right 2")];
  await settle();
  const leaving = scene.try("right 3");
  const same = scene.try("right 4");
  const last = scene.try("right 5");
  await settle();
  leaving.abandon();
  await scene.questions.answer(true);
  await scene.questions.answer(true);
  assertEquals(outcomes(first), ["in", "in"]);
  assertEquals(scene.questions.open, ["right 4", "right 5"]);
  await scene.questions.answer(true);
  await scene.questions.answer(true);
  assertEquals(outcomes([same, last]), ["in", "in"]);
});

Deno.test("all that wait are let in together when more room has come than one", async () => {
  let room = 1;
  const scene = new Scene(3, {
    isBanned: () => false,
    registerFailedAttempt: () => {},
    standingOf: () => ({
      bannedSeconds: null,
      strikesLeft: [{ network: "a network", strikes: room }],
    }),
  });
  const tries = Array.from(
    { length: 6 },
    (_, n) => scene.try(`right ${n}`, { address: `192.0.2.${n + 1}` }),
  );
  await settle();
  assertEquals(scene.questions.open.length, 1);
  room = 4;
  await scene.questions.answer(true);
  assertEquals(scene.questions.open.length, 4);
  for (let n = 0; n < 5; n++) await scene.questions.answer(true);
  assertEquals(outcomes(tries), tries.map(() => "in"));
});
