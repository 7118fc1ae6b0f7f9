import { assertEquals } from "@std/assert";
import { StrikeBanEngine } from "../../lib/guard/ban_engine.ts";
import { BanningGuard } from "../../lib/guard/login_guard.ts";
import { ManualClock } from "../manual_clock.ts";

/** Fails once from there, and says after how many milliseconds the client hears of it. */
async function millisecondsToRefuse(
  guard: BanningGuard,
  clock: ManualClock,
  address: string,
  providerTakes: number,
): Promise<number> {
  const startedAt = clock.now();
  const attempt = await guard.begin(address);
  if (!attempt.isBanned) clock.advance(providerTakes);
  const refused = attempt.fail("me", "wrong");
  let isRefused = false;
  refused.then(() => isRefused = true);
  while (!isRefused) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (!isRefused && clock.pending > 0) clock.advance(1);
  }
  return clock.now() - startedAt;
}

Deno.test("a banned peer waits as long as one with a wrong password, and one on this machine not at all", async () => {
  const clock = new ManualClock();
  const engine = new StrikeBanEngine({ strikes: 1 }, clock);
  const guard = new BanningGuard(() => engine, clock);
  assertEquals(await millisecondsToRefuse(guard, clock, "192.0.2.7", 300), 1_000);
  assertEquals(engine.isBanned("192.0.2.7"), true);
  assertEquals(await millisecondsToRefuse(guard, clock, "192.0.2.7", 300), 1_000);
  assertEquals(await millisecondsToRefuse(guard, clock, "127.0.0.1", 300), 300);
});

Deno.test("an engine of one's own is told of attempts by a name that tells nothing of them", async () => {
  const told: (string | null)[] = [];
  const guard = new BanningGuard(() => ({
    isBanned: () => false,
    registerFailedAttempt: (_address, attempt) => void told.push(attempt),
  }), new ManualClock());
  for (
    const [user, secret] of [["me", "x"], ["me", "x"], ["me", "y"], ["you", "x"], ["me", null]]
  ) {
    await (await guard.begin("127.0.0.1")).fail(user ?? "", secret ?? null);
  }
  const [first, again, other, otherUser, unknown] = told;
  assertEquals(first, again);
  assertEquals(new Set([first, other, otherUser]).size, 3);
  assertEquals(unknown, null);
  assertEquals(told.some((attempt) => /^(me|x|y)$/.test(attempt ?? "")), false);
});
