/** The figures as a table: medians, with the lowest and the highest round. */
import { median } from "../peers/figures.ts";

const page = new URL("../../../docs/cluster.md", import.meta.url);
const BEGIN = "<!-- measured: deno task bench:cluster --write writes from here -->";
const END = "<!-- to here -->";

export class Report {
  /** Values by figure, then by server. */
  readonly #figures = new Map<string, Map<string, number[]>>();

  record(figure: string, server: string, value: number): void {
    const byServer = this.#figures.get(figure) ?? new Map<string, number[]>();
    this.#figures.set(figure, byServer);
    byServer.set(server, [...byServer.get(server) ?? [], value]);
  }

  table(servers: readonly string[]): string {
    const rows = [...this.#figures].map(([figure, byServer]) => {
      const cells = servers.map((server) => cellOf(byServer.get(server) ?? []));
      return `| ${figure} | ${cells.join(" | ")} |`;
    });
    const head = `| what | ${servers.join(" | ")} |`;
    return [head, `| --- |${" ---: |".repeat(servers.length)}`, ...rows].join("\n");
  }

  /** Writes the table into docs/cluster.md. */
  async write(servers: readonly string[], rounds: number): Promise<void> {
    const text = await Deno.readTextFile(page);
    const [before, rest] = text.split(BEGIN);
    const after = rest?.split(END)[1];
    if (before === undefined || after === undefined) throw new Error(`${page} has lost its marks`);
    const measured = `${machine(rounds)}\n\n${this.table(servers)}`;
    await Deno.writeTextFile(page, `${before}${BEGIN}\n\n${measured}\n\n${END}${after}`);
  }
}

function cellOf(values: readonly number[]): string {
  if (values.length === 0) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const range = values.length === 1 ? "" : ` (${shown(low)} to ${shown(high)})`;
  return `${shown(median(values))}${range}`;
}

function shown(value: number): string {
  return `${Number(value.toPrecision(3))}`;
}

function machine(rounds: number): string {
  const cpu = /model name\s*: (.*)/.exec(Deno.readTextFileSync("/proc/cpuinfo"))?.[1] ?? "unknown";
  return `Medians of ${rounds} rounds, in brackets the lowest and the highest, on ` +
    `${navigator.hardwareConcurrency} cores of ${cpu}, which the clients, the servers and ` +
    `PostgreSQL share; Linux ${Deno.osRelease()}, Deno ${Deno.version.deno}; ` +
    `${new Date().toISOString().slice(0, 10)}.`;
}
