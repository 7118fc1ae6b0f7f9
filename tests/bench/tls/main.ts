/**
 * Compares the TLS engines for implicit TLS: one server after the other in each of several rounds, so that what else
 * the machine does meets all of them.
 *
 *     deno task bench:tls [--rounds=10] [--also=NAME=CHECKOUT]
 *
 * `--also` measures another checkout, too, as it is.
 */
import { parseArgs } from "@std/cli";
import { join } from "@std/path";
import { TemporaryFolder } from "../../temporary_folder.ts";
import { authority, certificate } from "../../test_authority.ts";
import { LARGE_OCTETS, message, numbers, PASSWORD, writeMaildir } from "../peers/corpus.ts";
import { type Figures, idle, largeMessage, sessionsOf } from "../peers/measurements.ts";
import type { Peer, RunningPeer } from "../peers/peers.ts";
import { median } from "../peers/figures.ts";
import { realClients } from "./clients.ts";
import { server } from "./servers.ts";

const options = parseArgs(Deno.args, { string: ["rounds", "also"] });
const rounds = Number(options["rounds"] ?? 10);
const IDLE_CONNECTIONS = 1_000;
/** Memory is the same each time, and a fresh server takes long. */
const IDLE_ROUNDS = 3;

await using folder = await TemporaryFolder.create();
const root = join(folder.path, "mail");
const random = numbers(1);
const small = () => message(random, 4_096, "\r\n", false);
await writeMaildir(join(root, "few"), Array.from({ length: 7 }, small));
await writeMaildir(join(root, "large"), [message(random, LARGE_OCTETS, "\r\n", false)]);
const ca = join(folder.path, "ca.pem");
await Deno.writeTextFile(ca, authority.pem);
await Deno.writeTextFile(join(folder.path, "cert.pem"), certificate.cert);
await Deno.writeTextFile(join(folder.path, "key.pem"), certificate.key);
await Deno.writeTextFile(
  join(folder.path, "users"),
  `few:{PLAIN}${PASSWORD}\nlarge:{PLAIN}${PASSWORD}\n`,
);

const places = { folder: folder.path, root };
const servers = ["node", "deno"].map((engine) => server(engine, places, engine));
const [also, checkout] = String(options["also"] ?? "").split("=");
if (also !== undefined && checkout !== undefined) {
  servers.unshift(server(also, places, undefined, checkout));
}
const clients = await realClients(ca, folder.path);

/** Values by figure, then by server. */
const measured = new Map<string, Map<string, number[]>>();

async function measure(peer: Peer, running: RunningPeer): Promise<void> {
  record(peer, "50 MB", await largeMessage(running, "large", "implicit"));
  record(peer, "session", await sessionsOf(running, 1, "implicit"));
  record(peer, "session, 16 clients", await sessionsOf(running, 16, "implicit"));
  for (const { name, visit } of clients) {
    const began = performance.now();
    await visit(running.tlsPort);
    record(peer, name, { "ms": performance.now() - began });
  }
}

function record({ name }: Peer, what: string, figures: Figures): void {
  for (const [figure, value] of Object.entries(figures)) {
    const key = `${what}: ${figure}`;
    const byServer = measured.get(key) ?? new Map<string, number[]>();
    measured.set(key, byServer);
    byServer.set(name, [...byServer.get(name) ?? [], value]);
  }
}

{
  await using stack = new AsyncDisposableStack();
  const running: [Peer, RunningPeer][] = [];
  for (const peer of servers) running.push([peer, stack.use(await peer.start())]);
  for (let round = 1; round <= rounds; round++) {
    console.error(`round ${round} of ${rounds}`);
    for (const [peer, there] of running) await measure(peer, there);
  }
}
for (let round = 1; round <= Math.min(rounds, IDLE_ROUNDS); round++) {
  console.error(`idle, round ${round}`);
  for (const peer of servers) record(peer, "idle", await idle(peer, "implicit", IDLE_CONNECTIONS));
}

console.log(`| what | ${servers.map(({ name }) => name).join(" | ")} |`);
console.log(`| --- |${" ---: |".repeat(servers.length)}`);
for (const [figure, byServer] of measured) {
  const cells = servers.map(({ name }) => {
    const values = byServer.get(name) ?? [];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return `${shown(median(values))} (${shown(low)} to ${shown(high)})`;
  });
  console.log(`| ${figure} | ${cells.join(" | ")} |`);
}

function shown(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}
