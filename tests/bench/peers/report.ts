/** Writes the measurements as a page with tables and charts, and compares them with the claims. */
import { chart } from "./chart.ts";
import type { Claim } from "./claims.ts";
import { MANY_MESSAGES as MANY } from "./corpus.ts";
import { type Measurement, median, shown, valueOf } from "./figures.ts";
import { costs, sentences } from "./first_screen.ts";
import { SLOW_DISK } from "./scenarios.ts";

/** A claim and whether it holds; one that could not be measured does not. */
export interface HeldClaim {
  readonly isHeld: boolean;
  readonly ratio: number;
  readonly text: string;
}

export function held(claim: Claim, measurements: readonly Measurement[]): HeldClaim {
  const { scenario, figure, is, times, than } = claim;
  const ours = valueOf(measurements, { scenario, peer: "pop3svc", figure });
  const theirs = valueOf(measurements, { scenario, peer: than, figure });
  const ratio = is === "more" ? ours / theirs : theirs / ours;
  const text = `${scenario}, ${figure}: ${ratio.toFixed(1)} times ${is} than ${than}, ` +
    `${times} claimed`;
  return { isHeld: ratio >= times, ratio, text };
}

const docs = new URL("../../../docs/", import.meta.url);
const FIRST_SCREEN = "<!-- first screen: deno task bench:peers writes from here -->";
const TABLES = "<!-- measured: deno task bench:peers writes from here -->";
const END = "<!-- to here -->";

/** Writes the measured parts of docs/performance.md, and its chart. */
export async function writeReport(
  measurements: readonly Measurement[],
  claims: readonly Claim[],
  rounds: number,
): Promise<void> {
  await Deno.writeTextFile(
    new URL("performance.svg", docs),
    chart("What it costs: shorter is better", costs(measurements, MANY)),
  );
  const firstScreen = [
    "![What a session, a message and a login cost, beside Dovecot](performance.svg)",
    sentences(measurements, MANY),
  ];
  const tables = [
    machine(rounds),
    "### Against Dovecot\n\n" + ratios(measurements, claims),
    "### Shape\n\n" + shape(measurements),
    "### All figures\n\nMedians; in brackets the lowest and the highest round.\n\n" +
    all(measurements),
  ];
  const page = new URL("performance.md", docs);
  const text = await Deno.readTextFile(page);
  await Deno.writeTextFile(
    page,
    replaced(replaced(text, FIRST_SCREEN, firstScreen), TABLES, tables),
  );
}

function replaced(text: string, begin: string, parts: readonly string[]): string {
  const from = text.indexOf(begin);
  const to = text.indexOf(END, from);
  if (from === -1 || to === -1) throw new Error(`docs/performance.md has lost its mark ${begin}`);
  return `${text.slice(0, from)}${begin}\n\n${parts.join("\n\n")}\n\n${text.slice(to)}`;
}

function machine(rounds: number): string {
  const cpu = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? "unknown";
  const memory = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  return `Medians of ${rounds} rounds on ${navigator.hardwareConcurrency} cores of ${cpu} with ` +
    `${memory} GB, Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}, Dovecot ${dovecot()}; ` +
    `${new Date().toISOString().slice(0, 10)}.`;
}

function dovecot(): string {
  try {
    const { stdout } = new Deno.Command("dovecot", { args: ["--version"] }).outputSync();
    return new TextDecoder().decode(stdout).split(" ")[0] ?? "";
  } catch {
    return "not installed";
  }
}

function ratios(measurements: readonly Measurement[], claims: readonly Claim[]): string {
  const rows = claims.map((claim) => {
    const { scenario, figure, than, aim } = claim;
    const { ratio } = held(claim, measurements);
    const cells = [
      scenario,
      figure,
      shown(valueOf(measurements, { scenario, peer: "pop3svc", figure })),
      `${shown(valueOf(measurements, { scenario, peer: than, figure }))} (${than})`,
      `**${ratio.toFixed(1)} ×**`,
      `${aim} ×${ratio >= aim ? "" : ", not reached"}`,
    ];
    return `| ${cells.join(" | ")} |`;
  });
  return [
    "| what | figure | pop3svc | compared with | ratio | aim |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

/** Says whether times are linear, and whether one client disturbs the others. */
function shape(measurements: readonly Measurement[]): string {
  const value = (scenario: string, figure: string) =>
    valueOf(measurements, { scenario, peer: "pop3svc", figure });
  const linear = (scenario: string) =>
    measurements
      .filter((each) => each.scenario === scenario)
      .map(({ figure, values }) => `${figure.replace(", ms", "")} ${shown(median(values))} ms`)
      .join(", ");
  const crowd = value("sessions, 128 clients", "p99 ms") /
    value("sessions, 128 clients", "median ms");
  const change = (scenario: string, beside: string) =>
    `${Math.round(100 * (value(scenario, beside) / value(scenario, "alone, p99 ms") - 1))} %`;
  const others = "one that disturbs 16 others";
  const slow =
    measurements.find(({ scenario, figure }) =>
      scenario === SLOW_DISK && figure.startsWith("beside")
    )?.figure ?? "";
  const folder = `a folder of ${MANY} messages, one delivery before each login`;
  const login = value(folder, "login and STAT, ms");
  const listing = value(folder, "bare listing that lets others go on, ms");
  return [
    `- Login, STAT, LIST and UIDL, again: ${linear("linear in messages")}.`,
    `- A message: ${linear("linear in octets")}.`,
    `- 128 clients: the slowest hundredth of sessions takes ${crowd.toFixed(1)} times the median.`,
    "- One client that asks for 50 MB and reads nothing changes that hundredth of 16 others by " +
    `${
      change(others, "beside a stalled download, p99 ms")
    }; one that logs in to ${MANY} messages again ` +
    `and again, by ${change(others, "beside sessions of a huge mailbox, p99 ms")} (aim: 20 %).`,
    slow === ""
      ? "- Beside a slow disk: not measured, since none could be mounted."
      : `- Eight clients that read from a disk that answers in 200 ms change it by ` +
        `${change(SLOW_DISK, slow)} (aim: 20 %).`,
    `- A folder of ${MANY} messages, one delivery before each login: ${shown(login)} ms, ` +
    `${(login / listing).toFixed(1)} times a bare listing that lets others go on (aim: 1.3).`,
    `- Ten sessions with ${MANY} messages each: the process takes ` +
    `${shown(value(`${MANY} messages, open in ten sessions`, "MB"))} MB (aim: below 150).`,
    `- From start to ready: ${shown(value("start until ready", "ms"))} ms, from the checkout.`,
  ].join("\n");
}

function all(measurements: readonly Measurement[]): string {
  const rows = measurements.map(({ scenario, figure, peer, values }) => {
    const range = `${shown(Math.min(...values))} to ${shown(Math.max(...values))}`;
    return `| ${scenario} | ${figure} | ${peer} | ${shown(median(values))} (${range}) |`;
  });
  return ["| what | figure | server | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
