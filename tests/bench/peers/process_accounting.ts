/**
 * The CPU and memory that a server has used, according to the operating system: of its first process and all its
 * descendants, also those that have ended. Linux only.
 */

/** Ticks in a second in /proc; the same on every Linux. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** The ticks of the process itself and of its children that have ended. */
  readonly ticks: number;
}

/** Seconds of CPU that a process and its descendants have used. */
export function cpuSeconds(pid: number): number {
  return treeOf(pid).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND;
}

/** Octets of memory of a process and its descendants; shared memory counts once in total (PSS). */
export function memoryOctets(pid: number): number {
  return treeOf(pid).reduce((sum, process) => sum + proportionalShare(process.pid), 0);
}

function proportionalShare(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1];
  return 1_024 * Number(kilobytes ?? 0);
}

function treeOf(root: number): ProcessStat[] {
  const processes = [...Deno.readDirSync("/proc")]
    .filter(({ name }) => /^\d+$/.test(name))
    .map(({ name }) => statOf(Number(name)));
  const tree = processes.filter(({ pid }) => pid === root);
  // The loop also visits the children that it adds.
  for (const { pid } of tree) tree.push(...processes.filter(({ parent }) => parent === pid));
  return tree;
}

function statOf(pid: number): ProcessStat {
  // The name of the process, in brackets, may hold spaces and brackets.
  const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  const number = (index: number) => Number(fields[index] ?? 0);
  return { pid, parent: number(1), ticks: number(11) + number(12) + number(13) + number(14) };
}

/** The text of a file; empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
