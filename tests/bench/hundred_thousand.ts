/**
 * Measures the login to a huge mailbox: the first ever, the next, and after a restart. Not a test: it prints a table.
 *
 *     deno run -A tests/bench/hundred_thousand.ts [MESSAGES]
 */
import { join } from "@std/path";
import { LoopbackClient } from "../loopback_client.ts";
import { RunningProgram } from "../running_program.ts";
import { TemporaryFolder } from "../temporary_folder.ts";

const count = Number(Deno.args[0] ?? 100_000);
await using folder = await TemporaryFolder.create();
const body = "x".repeat(70) + "\r\n";
for (let number = 0; number < count; number++) {
  const text = `Subject: ${number}\r\n\r\n${body.repeat(10 + number % 50)}`;
  Deno.writeTextFileSync(join(folder.path, `${number}.eml`), text);
}
// The folder gets an old time, like a mailbox without recent deliveries.
Deno.utimeSync(folder.path, 1_000, 1_000);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start);
}

async function session(port: number): Promise<Record<string, number>> {
  using client = await LoopbackClient.connect(port);
  await client.readLine();
  await client.command("USER me");
  const login = await timed(() => client.command("PASS passw0rd"));
  const stat = await timed(() => client.command("STAT"));
  const list = await timed(async () => (await client.command("LIST"), await client.readLines()));
  const uidl = await timed(async () => (await client.command("UIDL"), await client.readLines()));
  await client.command("QUIT");
  return { login, STAT: stat, LIST: list, UIDL: uidl };
}

const table: Record<string, Record<string, number>> = {};
{
  await using program = await RunningProgram.start([folder.path]);
  table["first ever"] = await session(program.port);
  table["second"] = await session(program.port);
  table["third"] = await session(program.port);
  await program.end("SIGTERM");
}
{
  await using program = await RunningProgram.start([folder.path]);
  table["after a restart"] = await session(program.port);
  table["again"] = await session(program.port);
}
console.log(`${count} messages, milliseconds`);
console.table(table);
