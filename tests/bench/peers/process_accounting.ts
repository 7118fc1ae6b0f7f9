/**
 * What a server has used, as the operating system accounts for it: of its first process and all that come from it,
 * those that are over, too. Linux only.
 */

/** As many ticks a second in /proc, on every Linux there is. */
const TICKS_PER_SECOND = 100;

interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Its own and those of its children that are over. */
  readonly ticks: number;
}

/** Seconds of CPU that a process and its descendants have used. */
export function cpuSeconds(pid: number): number {
  return treeOf(pid).reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND;
}

/** Octets of memory of a process and its descendants; what several share counts once in total (PSS). */
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
  // It grows while it is walked through.
  for (const { pid } of tree) tree.push(...processes.filter(({ parent }) => parent === pid));
  return tree;
}

function statOf(pid: number): ProcessStat {
  // The name in brackets may hold anything.
  const fields = read(`/proc/${pid}/stat`).split(") ").at(-1)?.split(" ") ?? [];
  const number = (index: number) => Number(fields[index] ?? 0);
  return { pid, parent: number(1), ticks: number(11) + number(12) + number(13) + number(14) };
}

/** Empty when the process is over meanwhile. */
function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
