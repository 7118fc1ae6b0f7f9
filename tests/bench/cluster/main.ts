/**
 * `deno task bench:cluster`: mail in PostgreSQL beside the same mail in Maildirs, in one run: one server after the other in
 * each of several rounds, so that what else the machine does meets all of them. It prints tables; with --write, it writes
 * them into docs/cluster.md.
 *
 *     deno task bench:cluster [--rounds=5] [--messages=100000] [--asleep=1000] [--megabytes=50] [--write]
 *     deno task bench:cluster --quick        # small numbers: does it run?
 */
import { parseArgs } from "@std/cli";
import { type Figures, largeMessage, smallMessages } from "../peers/measurements.ts";
import type { RunningPeer } from "../peers/peers.ts";
import {
  manyMessages,
  memoryOfDownloads,
  polls,
  restart,
  sessions,
  statements,
  takeover,
} from "./measurements.ts";
import { Report } from "./report.ts";
import { Bench, type Sizes } from "./set_up.ts";

const options = parseArgs(Deno.args, {
  string: ["rounds", "messages", "asleep", "megabytes"],
  boolean: ["quick", "write"],
});
const isQuick = options["quick"] === true;
const number = (given: unknown, usual: number, quick: number) =>
  Number(given ?? (isQuick ? quick : usual));
const sizes: Sizes = {
  rounds: number(options["rounds"], 5, 1),
  messages: number(options["messages"], 100_000, 1_000),
  asleep: number(options["asleep"], 1_000, 32),
  octets: 1e6 * number(options["megabytes"], 50, 5),
};

const FOLDER = "Maildir";
const ONE = "PostgreSQL";
const TWO = "PostgreSQL, two processes";
const LEASES = "PostgreSQL, --lock";

const report = new Report();
console.error("making the mail…");
await using bench = await Bench.create(sizes);
const { cluster } = bench;

/** Measures one thing of one server. */
async function measure(what: string, server: string, work: () => Promise<Figures>): Promise<void> {
  console.error(`  ${what}: ${server}`);
  for (const [figure, value] of Object.entries(await work())) {
    report.record(`${what}: ${figure}`, server, value);
  }
}

{
  await using folder = await bench.folder();
  await using first = await bench.database();
  await using second = await bench.database();
  const both: readonly (readonly [string, RunningPeer])[] = [[FOLDER, folder], [ONE, first]];
  for (let round = 1; round <= sizes.rounds; round++) {
    console.error(`round ${round} of ${sizes.rounds}`);
    const groups = [
      ...both.map(([name, server]) => [name, [server]] as const),
      [TWO, [first, second]] as const,
    ];
    for (const [name, servers] of groups) {
      await measure("sessions of 16 clients", name, () => sessions(servers, cluster));
    }
    for (const [name, server] of both) {
      await measure("RETR of 4 KB, 8 clients", name, () => smallMessages(server, 8, 1));
      await measure(
        `RETR of ${sizes.octets / 1e6} MB`,
        name,
        () => largeMessage(server, "large", "none"),
      );
      await measure(`${sizes.messages} messages`, name, () => manyMessages(server));
      await measure(`WAKE of ${sizes.asleep} mailboxes`, name, () => polls(server, sizes.asleep));
    }
  }
}
await logStatements(true);
{
  await using first = await bench.database();
  await using locking = await bench.database("--lock");
  for (const [name, server] of [[ONE, first], [LEASES, locking]] as const) {
    for (const commands of [["STAT"], ["STAT", "RETR 1"], ["DELE 1"]]) {
      await measure(
        `statements of login, ${commands.join(", ")}, QUIT`,
        name,
        () => statements(server, cluster, commands),
      );
    }
  }
}
await logStatements(false);
for (let round = 1; round <= Math.min(sizes.rounds, 3); round++) {
  await measure("memory of a download", FOLDER, () => memoryOfDownloads(() => bench.folder()));
  await measure("memory of a download", ONE, () => memoryOfDownloads(() => bench.database()));
  await measure("from kill to login", ONE, () => takeover(cluster));
}
cluster.environment = { POP3SVC_LOCK: "true" };
for (const server of ["pop3svc-1", "pop3svc-2", "pop3svc-3"] as const) {
  await restart(cluster, server);
}
await measure("from kill to login", LEASES, () => takeover(cluster));

/** Makes PostgreSQL write each statement of the servers' role to its log, in connections that begin from now on. */
async function logStatements(on: boolean): Promise<void> {
  await cluster.sql(
    `alter role pop3svc ${on ? "set log_statement = 'all'" : "reset log_statement"}`,
  );
}

console.log(report.table([FOLDER, ONE, TWO, LEASES]));
if (options["write"] === true) await report.write([FOLDER, ONE, TWO, LEASES], sizes.rounds);
