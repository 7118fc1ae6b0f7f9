/** Whatever clients try at once, and however the provider answers: every attempt ends, and no network guesses beyond its strikes. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StrikeBanEngine } from "../../lib/guard/strike_ban_engine.ts";
import { BanningGuard } from "../../lib/guard/banning_guard.ts";
import { ManualClock } from "../manual_clock.ts";

const STRIKES = 3;
const peers = ["192.0.2.7", "192.0.2.8", "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:2::1"];
const attempt = fc.record({
  type: fc.constant("attempt" as const),
  address: fc.constantFrom(...peers, "127.0.0.1"),
  username: fc.constantFrom("me", "you"),
  secret: fc.constantFrom("right", "a", "b", "c", "d", "e", "f", null),
});
const step = fc.oneof(
  { weight: 4, arbitrary: attempt },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("answer" as const),
      index: fc.nat({ max: 9 }),
      fails: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant("abandon" as const), index: fc.nat({ max: 9 }) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("wait" as const) }) },
);

async function settle(): Promise<void> {
  for (let n = 0; n < 3; n++) await new Promise((resolve) => setTimeout(resolve, 0));
}

interface Question {
  readonly address: string;
  readonly isRight: boolean;
  readonly answer: (outcome: true | null | Error) => void;
}

Deno.test("every attempt ends, and no peer guesses more than its strikes before a ban", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new ManualClock();
      const engine = new StrikeBanEngine({ strikes: STRIKES, clock });
      const guard = new BanningGuard(() => engine, clock);
      const open: Question[] = [];
      const running = new Map<number, () => void>();
      /** Of each IPv4 address: guesses that the provider was asked while nobody there had ever logged in. */
      const guesses = new Map<string, Set<string>>();
      const loggedIn = new Set<string>();
      let begun = 0;
      for (const step of steps) {
        if (step.type === "attempt") {
          const { address, username, secret } = step;
          const id = begun++;
          const one = guard.begin(address);
          running.set(id, () => one.abandon());
          const credential = secret === null
            ? { type: "proof" as const, username }
            : { type: "password" as const, username, secret };
          const isRight = secret === "right";
          const ask = () => {
            if (!isRight && !loggedIn.has(address)) {
              const set = guesses.get(address) ?? new Set();
              guesses.set(address, set.add(`${username} ${secret ?? id}`));
            }
            return new Promise<true | null>((resolve, reject) =>
              open.push({
                address,
                isRight,
                answer: (outcome) => outcome instanceof Error ? reject(outcome) : resolve(outcome),
              })
            );
          };
          one.ask(credential, ask)
            .then((answer) => one.end(username, answer !== null))
            .then((refusal) => void (refusal === null && loggedIn.add(address)))
            .catch(() => one.releaseTurn())
            .finally(() => running.delete(id));
        } else if (step.type === "answer") {
          const [question] = open.splice(step.index % Math.max(1, open.length), 1);
          question?.answer(step.fails ? new Error() : question.isRight ? true : null);
        } else if (step.type === "abandon") {
          running.get(step.index)?.();
        } else {
          clock.advance(500);
        }
        await settle();
      }
      for (let turn = 0; running.size > 0 && turn < 500; turn++) {
        const question = open.shift();
        question?.answer(question.isRight ? true : null);
        await settle();
      }
      assertEquals([running.size, open.length], [0, 0]);
      for (const [address, tried] of guesses) {
        if (address === "127.0.0.1" || address.includes(":")) continue;
        // A guess for which the provider failed is no strike, and another may follow it.
        const failed = steps.filter((step) => step.type === "answer" && step.fails).length;
        assertEquals(tried.size <= STRIKES + failed, true, `${address} ${[...tried]}`);
      }
    }),
    { numRuns: 300 },
  );
});
