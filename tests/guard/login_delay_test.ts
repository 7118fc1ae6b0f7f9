import { assertEquals } from "@std/assert";
import { LoginDelay } from "../../lib/guard/login_delay.ts";
import { ManualClock } from "../manual_clock.ts";

Deno.test("a login counts from when it succeeded; each user alone", () => {
  const clock = new ManualClock();
  const delay = new LoginDelay(() => 60, clock);
  assertEquals(delay.admit("me"), 0);
  clock.advance(500);
  assertEquals([delay.admit("me"), delay.admit("you")], [60, 0]);
  clock.advance(59_000);
  assertEquals(delay.admit("me"), 1);
  clock.advance(500);
  assertEquals([delay.admit("me"), delay.admit("me")], [0, 60]);
});

Deno.test("the number of remembered users is bounded; a user who must wait pushes nobody out by trying again", () => {
  const delay = new LoginDelay(() => 60, new ManualClock());
  for (let user = 0; user < 100_000; user++) delay.admit(`${user}`);
  assertEquals([delay.admit("99999"), delay.admit("1"), delay.admit("0")], [60, 60, 60]);
  assertEquals(delay.admit("another"), 0);
  assertEquals([delay.admit("1"), delay.admit("0")], [60, 0]);
});

Deno.test("a delay of 0 delays nobody", () => {
  const delay = new LoginDelay(() => 0, new ManualClock());
  assertEquals([delay.admit("me"), delay.admit("me")], [0, 0]);
});

Deno.test("a login that has failed after all delays no other", () => {
  const delay = new LoginDelay(() => 60, new ManualClock());
  assertEquals(delay.admit("me"), 0);
  delay.takeBack("me");
  assertEquals([delay.admit("me"), delay.admit("me")], [0, 60]);
});
