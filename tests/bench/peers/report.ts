/** Writes the measurements as a page with tables and charts, and compares them with the claims. */
import { chart } from "./chart.ts";
import type { Claim } from "./claims.ts";
import { MANY_MESSAGES as MANY } from "./corpus.ts";

/** One figure of one server, once for each round. */
export interface Measurement {
  readonly scenario: string;
  readonly peer: string;
  readonly figure: string;
  readonly values: number[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [upper, lower] = [sorted[middle] ?? NaN, sorted[middle - 1] ?? NaN];
  return sorted.length % 2 === 1 ? upper : (upper + lower) / 2;
}

/** A claim and whether it holds; one that could not be measured does not. */
export interface HeldClaim {
  readonly isHeld: boolean;
  readonly ratio: number;
  readonly text: string;
}

export function held(claim: Claim, measurements: readonly Measurement[]): HeldClaim {
  const { scenario, figure, is, times, than } = claim;
  const ours = valueOf(measurements, scenario, "pop3svc", figure);
  const theirs = valueOf(measurements, scenario, than, figure);
  const ratio = is === "more" ? ours / theirs : theirs / ours;
  const text = `${scenario}, ${figure}: ${ratio.toFixed(1)} times ${is} than ${than}, ` +
    `${times} claimed`;
  return { isHeld: ratio >= times, ratio, text };
}

function valueOf(
  measurements: readonly Measurement[],
  scenario: string,
  peer: string,
  figure: string,
): number {
  return median(
    measurements.find((each) =>
      each.scenario === scenario && each.peer === peer && each.figure === figure
    )?.values ?? [],
  );
}

const docs = new URL("../../../docs/", import.meta.url);
const BEGIN = "<!-- measured: deno task bench:peers writes from here -->";
const END = "<!-- to here -->";

/** Writes the measured part of docs/performance.md, and its charts. */
export async function writeReport(
  measurements: readonly Measurement[],
  claims: readonly Claim[],
  rounds: number,
): Promise<void> {
  const page = new URL("performance.md", docs);
  const text = await Deno.readTextFile(page);
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${page} has lost its marks`);
  const measured = [
    machine(rounds),
    "### Against Dovecot\n\n" + ratios(measurements, claims),
    await charts(measurements),
    "### Shape\n\n" + shape(measurements),
    "### All figures\n\nMedians; in brackets the lowest and the highest round.\n\n" +
    all(measurements),
  ];
  await Deno.writeTextFile(page, `${before}${BEGIN}\n\n${measured.join("\n\n")}\n\n${END}${after}`);
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
      shown(valueOf(measurements, scenario, "pop3svc", figure)),
      `${shown(valueOf(measurements, scenario, than, figure))} (${than})`,
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
    valueOf(measurements, scenario, "pop3svc", figure);
  const linear = (scenario: string) =>
    measurements
      .filter((each) => each.scenario === scenario)
      .map(({ figure, values }) => `${figure.replace(", ms", "")} ${shown(median(values))} ms`)
      .join(", ");
  const crowd = value("sessions, 128 clients", "p99 ms") /
    value("sessions, 128 clients", "median ms");
  const others = "one that disturbs 16 others";
  const alone = value(others, "alone, p99 ms");
  const change = (figure: string) => `${Math.round(100 * (value(others, figure) / alone - 1))} %`;
  return [
    `- Login, STAT, LIST and UIDL, again: ${linear("linear in messages")}.`,
    `- A message: ${linear("linear in octets")}.`,
    `- 128 clients: the slowest hundredth of sessions takes ${crowd.toFixed(1)} times the median.`,
    "- One client that asks for 50 MB and reads nothing changes that hundredth of 16 others by " +
    `${change("beside a stalled download, p99 ms")}; one that logs in to ${MANY} messages again ` +
    `and again, by ${change("beside sessions of a huge mailbox, p99 ms")}.`,
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

/** A number with three significant digits, without an exponent. */
function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 })
    .replaceAll(",", " ");
}

/** The scenarios that have a chart of their own. */
const CHARTS = [
  ["sessions, 16 clients", "rate", "Sessions a second, 16 clients"],
  ["4 KB messages, 8 clients, one RETR at a time", "CPU µs each", "CPU for a message of 4 KB, µs"],
  ["50 MB, CRLF and clean", "rate", "A message of 50 MB, MB/s"],
  ["idle logins", "KB each", "Memory of an idle login, KB"],
] as const;

async function charts(measurements: readonly Measurement[]): Promise<string> {
  const images: string[] = [];
  for (const [index, [scenario, figure, title]] of CHARTS.entries()) {
    const bars = measurements
      .filter((each) => each.scenario === scenario && each.figure === figure)
      .map(({ peer, values }) => ({ label: peer, value: median(values) }));
    const name = `performance-${index + 1}.svg`;
    await Deno.writeTextFile(new URL(name, docs), chart(title, bars));
    images.push(`![${title}](${name})`);
  }
  return images.join("\n\n");
}
