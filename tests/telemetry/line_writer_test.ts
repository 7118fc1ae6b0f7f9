/** The writer of logs, on sinks that fail, hang and recover. */
import { assertEquals } from "@std/assert";
import { type LineSink, LineWriter } from "../../lib/telemetry/line_writer.ts";
import { ManualClock } from "../manual_clock.ts";

const lost = (lines: number) => `${lines} lost`;

/** Takes as many octets as a test says, and holds writes for as long as a test wants. */
class Place implements LineSink {
  text = "";
  /** Octets for which it has room. */
  room = Infinity;
  isNew = false;
  #gate: Promise<void> = Promise.resolve();

  /** Holds every write until the function that it returns is called. */
  hang(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  async write(octets: Uint8Array): Promise<number> {
    await this.#gate;
    if (this.room === 0) throw new Error("No space left on device");
    const taken = octets.subarray(0, this.room);
    this.room -= taken.length;
    this.text += new TextDecoder().decode(taken);
    return taken.length;
  }

  prepare(): Promise<boolean> {
    const { isNew } = this;
    this.isNew = false;
    if (isNew) this.room = Infinity;
    return Promise.resolve(isNew);
  }
}

/** Runs everything that waits for no time. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

Deno.test("lines are written in order, several in one write", async () => {
  const writes: number[] = [];
  const writer = new LineWriter({
    write: ({ length }) => Promise.resolve((writes.push(length), length)),
  }, { lost });
  for (const line of ["a", "b", "c"]) writer.write(line);
  await writer.flush();
  assertEquals(writes, [6]);
});

Deno.test("a write that hangs holds nobody up; lost lines are counted where they are missing", async () => {
  const place = new Place();
  const clock = new ManualClock();
  const writer = new LineWriter(place, { lost, mostOctets: 40 }, clock);
  const goOn = place.hang();
  writer.write("first");
  await settle();
  for (let n = 0; n < 100; n++) writer.write(`line ${n}`);
  const flushed = writer.flush();
  clock.advance(200);
  await flushed;
  assertEquals(place.text, "");
  goOn();
  await settle();
  writer.write("last");
  await settle();
  assertEquals(place.text, "first\nline 0\nline 1\nline 2\nline 3\n96 lost\nlast\n");
});

Deno.test("a full disk tears and loses no line once there is room again, and is reported once", async () => {
  const place = new Place();
  const clock = new ManualClock();
  const failures: unknown[] = [];
  const writer = new LineWriter(
    place,
    { lost, onFailure: (error) => failures.push(error) },
    clock,
  );
  place.room = 8;
  writer.write("first");
  writer.write("second");
  await settle();
  assertEquals(place.text, "first\nse");
  for (let n = 0; n < 20; n++) {
    clock.advance(5_000);
    await settle();
  }
  writer.write("third");
  place.room = Infinity;
  clock.advance(5_000);
  await settle();
  assertEquals([place.text, failures.length], ["first\nsecond\nthird\n", 1]);
});

Deno.test("a line that begins in one file does not end in the next", async () => {
  const place = new Place();
  const clock = new ManualClock();
  const writer = new LineWriter(place, { lost }, clock);
  place.room = 8;
  writer.write("first");
  writer.write("second");
  writer.write("third");
  await settle();
  place.text = "";
  place.isNew = true;
  clock.advance(5_000);
  await settle();
  assertEquals(place.text, "third\n1 lost\n");
});

Deno.test("an observer of failures may fail, and what could not be written is given up at the end", async () => {
  const clock = new ManualClock();
  const place = new Place();
  place.room = 0;
  {
    await using writer = new LineWriter(place, {
      lost,
      onFailure() {
        throw new Error("and so do I");
      },
    }, clock);
    writer.write("line");
    await settle();
    clock.advance(100);
    await settle();
    queueMicrotask(() => clock.advance(200));
  }
  assertEquals([place.text, clock.pending], ["", 0]);
});

Deno.test("a write of no octets is repeated later, and not at once for ever", async () => {
  const clock = new ManualClock();
  let writes = 0;
  const writer = new LineWriter({ write: () => Promise.resolve((writes++, 0)) }, { lost }, clock);
  writer.write("line");
  for (let n = 0; n < 10; n++) await settle();
  assertEquals(writes, 1);
});

Deno.test("there is one gap and not many, although short lines would fit between long ones", async () => {
  const place = new Place();
  const writer = new LineWriter(place, { lost, mostOctets: 100 }, new ManualClock());
  const goOn = place.hang();
  for (let n = 0; n < 100; n++) writer.write(n % 2 === 0 ? "a line that is long" : "x");
  goOn();
  await settle();
  writer.write("last");
  await writer.flush();
  const lines = place.text.trimEnd().split("\n");
  const told = lines.filter((line) => line.endsWith(" lost"));
  assertEquals([told, lines.at(-1)], [[`${100 - (lines.length - 2)} lost`], "last"]);
});
