import { assertEquals } from "@std/assert";
import { lockWithinProcess } from "../../lib/files/lock_within_process.ts";

Deno.test("holders of one folder's lock run one at a time, in order of asking; other folders do not wait", async () => {
  const order: string[] = [];
  const hold = async (folder: string, name: string) => {
    using _lock = await lockWithinProcess(folder);
    order.push(`${name} in`);
    await Promise.resolve();
    order.push(`${name} out`);
  };
  await Promise.all([hold("/a", "1"), hold("/a", "2"), hold("/a", "3")]);
  assertEquals(order, ["1 in", "1 out", "2 in", "2 out", "3 in", "3 out"]);
  using _held = await lockWithinProcess("/a");
  using _other = await lockWithinProcess("/b");
});
