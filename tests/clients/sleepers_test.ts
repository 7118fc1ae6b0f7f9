/** Many clients of two server processes use SLEE and WAKE on one mailbox. */
import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const MESSAGES = 500;
const IN_USE = /^-ERR \[IN-USE\]/;

/** Wakes, deletes some messages and sleeps, until none is left. Gives the unique-ids that it deleted. */
async function emptyMailbox(port: number): Promise<readonly string[]> {
  const deleted: string[] = [];
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  const until = async (command: string) => {
    for (;;) {
      const reply = await client.command(command) ?? "";
      if (!IN_USE.test(reply)) return reply;
    }
  };
  assertEquals(await until("XLOG me passw0rd"), "+OK Welcome.");
  for (;;) {
    await client.send("UIDL\r\n");
    await client.readLine();
    const uniqueIds = (await client.readLines()).map((line) => line.split(" ")[1] ?? "");
    const some = uniqueIds.slice(0, 9);
    for (const uniqueId of some) await client.command(`DELE UID:${uniqueId}`);
    assertEquals(await client.command("SLEE"), `+OK Zzzzz. Deleted ${some.length} messages.`);
    deleted.push(...some);
    if (uniqueIds.length === some.length) return deleted;
    assertEquals(await until("WAKE"), "+OK [ACTIVITY/NONE] Welcome back.");
  }
}

Deno.test("each of 500 messages is deleted exactly once, across two server processes", async () => {
  await using folder = await TemporaryFolder.create();
  for (let n = 0; n < MESSAGES; n++) {
    await Deno.writeTextFile(join(folder.path, `${n}.eml`), `Subject: ${n}\n\n`);
  }
  await using one = await RunningProgram.start([folder.path, "--lock"]);
  await using other = await RunningProgram.start([folder.path, "--lock"]);
  const clients = [one, other].flatMap(({ port }) =>
    Array.from({ length: 6 }, () => emptyMailbox(port))
  );
  const deleted = (await Promise.all(clients)).flat();
  assertEquals([deleted.length, new Set(deleted).size], [MESSAGES, MESSAGES]);
  assertEquals(folder.names().filter((name) => !name.startsWith(".")), []);
});
