/**
 * Compares pop3svc with the servers that are installed: the same mail, users and certificate, on loopback, one server
 * after the other in each of several rounds. It writes docs/performance.md, or with --check compares the ratios with the
 * claims.
 *
 *     deno task bench:peers [--rounds=5] [--only=TEXT] [--messages=100000] [--courier=FOLDER]
 *     deno task bench:check
 */
import { parseArgs } from "@std/cli";
import { join } from "@std/path";
import { TemporaryFolder } from "../../temporary_folder.ts";
import { claims } from "./claims.ts";
import { makeCorpus } from "./corpus.ts";
import { courier } from "./courier.ts";
import { type Figures, verify } from "./measurements.ts";
import {
  type Bench,
  dovecot,
  isInstalled,
  type Peer,
  pop3svc,
  prepare,
  type RunningPeer,
  yardstick,
} from "./peers.ts";
import { type Measurement, median } from "./figures.ts";
import { held, writeReport } from "./report.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

const options = parseArgs(Deno.args, {
  string: ["rounds", "only", "messages", "courier"],
  boolean: ["check"],
});
const rounds = Number(options["rounds"] ?? 5);
const many = Number(options["messages"] ?? 100_000);
const only = String(options["only"] ?? "");

await using folder = await TemporaryFolder.create();
await Deno.chmod(folder.path, 0o755);
const root = join(folder.path, "mail");
await Deno.mkdir(root);
console.error("making the mail…");
const corpus = await makeCorpus(root, many);
const bench: Bench = { folder: folder.path, corpus };
await prepare(bench);
const peers = [pop3svc(bench)];
if (await isInstalled("dovecot", "--version")) {
  peers.push(dovecot(bench, "fast"), dovecot(bench, "default"));
} else {
  console.error("SKIPPED: Dovecot is not installed (apt install dovecot-pop3d)");
}
const courierPeer = await courier(bench, String(options["courier"] ?? ""));
if (courierPeer !== null) peers.push(courierPeer);
// Dovecot and Courier refuse to serve mail of root.
if (Deno.uid() === 0) {
  const roots = new Set(peers.map((peer) => peer.root));
  await new Deno.Command("chown", { args: ["-R", "nobody", ...roots] }).output();
}
const yardsticks = new Map((["replay", "bare copy"] as const).map((name) => [
  name,
  yardstick(bench, name),
]));
const chosen = scenarios(corpus, many).filter(({ name }) => name.includes(only));

const measurements: Measurement[] = [];
{
  await using stack = new AsyncDisposableStack();
  const running = new Map<Peer, RunningPeer>();
  const starts = new Map<Peer, number>();
  for (const peer of [...peers, ...yardsticks.values()]) {
    const began = performance.now();
    running.set(peer, stack.use(await peer.start()));
    starts.set(peer, performance.now() - began);
  }
  for (const peer of peers) {
    const there = running.get(peer);
    if (there === undefined) continue;
    console.error(`${peer.name}: is every octet right?`);
    await verify(there, corpus);
  }
  for (let round = 1; round <= rounds; round++) {
    for (const scenario of chosen) {
      console.error(`round ${round} of ${rounds}: ${scenario.name}`);
      for (const peer of peersOf(scenario)) {
        const there = running.get(peer);
        const figures = await measure(scenario, peer, there);
        for (const [figure, value] of Object.entries(figures)) {
          record(scenario.name, peer.name, figure, value);
        }
      }
    }
    const began = performance.now();
    await using _fresh = await pop3svc(bench).start();
    record("start until ready", "pop3svc", "ms", performance.now() - began);
  }
}

if (options["check"] === true) {
  const broken = claims(many)
    .filter(({ scenario }) => chosen.some(({ name }) => name === scenario))
    .map((claim) => held(claim, measurements))
    .filter(({ isHeld }) => !isHeld);
  for (const { text } of broken) console.error(`NOT HELD: ${text}`);
  Deno.exitCode = broken.length === 0 ? 0 : 1;
} else if (only === "") {
  await writeReport(measurements, claims(many), rounds);
}
for (const { scenario, peer, figure, values } of measurements) {
  console.log(`${scenario} | ${peer} | ${figure} | ${median(values).toPrecision(4)}`);
}

function peersOf(scenario: Scenario): readonly Peer[] {
  const own = scenario.peers === "pop3svc" ? peers.slice(0, 1) : peers;
  const other = scenario.yardstick === undefined ? undefined : yardsticks.get(scenario.yardstick);
  return other === undefined ? own : [...own, other];
}

async function measure(
  { measure, measureFresh }: Scenario,
  peer: Peer,
  running: RunningPeer | undefined,
): Promise<Figures> {
  if (measureFresh !== undefined) return await measureFresh(peer);
  return measure === undefined || running === undefined ? {} : await measure(running);
}

function record(scenario: string, peer: string, figure: string, value: number): void {
  const known = measurements.find((each) =>
    each.scenario === scenario && each.peer === peer && each.figure === figure
  );
  if (known === undefined) measurements.push({ scenario, peer, figure, values: [value] });
  else known.values.push(value);
}
