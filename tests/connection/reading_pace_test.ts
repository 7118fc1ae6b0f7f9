import { assertEquals } from "@std/assert";
import { ReadingPace } from "../../lib/connection/reading_pace.ts";

const idleTimeout = 600_000;

Deno.test("a peer may pause for as long as the idle limit", () => {
  assertEquals(new ReadingPace().patience(idleTimeout), idleTimeout);
});

Deno.test("a peer that reads at the slowest allowed pace keeps its patience, and never gains more", () => {
  const pace = new ReadingPace();
  for (let minute = 0; minute < 100; minute++) pace.took(500 * 60, 60_000);
  assertEquals(pace.patience(idleTimeout), idleTimeout);
  pace.took(50_000_000, 1);
  assertEquals(pace.patience(idleTimeout), idleTimeout);
});

Deno.test("a peer that reads an octet a minute is closed after about the idle limit", () => {
  const pace = new ReadingPace();
  let minutes = 0;
  for (; pace.patience(idleTimeout) > 0; minutes++) pace.took(1, 60_000);
  assertEquals(minutes, 11);
});
