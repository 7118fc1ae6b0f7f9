/**
 * Checks the lock file of a release: `release_lock.ts COMMITTED MADE`.
 *
 * The lock file in the repository is made with the stand-ins of `links/` and so knows no package of JSR. A release takes
 * the stand-ins away (`deno unlink`) and makes its own, once; every executable and the package are then made with
 * `--frozen`, and it is published beside them. What this checks: nothing of npm is in it that the repository does not
 * have, octet for octet, and from JSR come `@std` packages alone, in the versions that the stand-ins stand in for. Packages of
 * the tests (`tests/deno.json`) are not in it.
 */
import deno from "../deno.json" with { type: "json" };

/** The parts of a lock file (version 5) that are looked at. */
export interface LockFile {
  readonly specifiers?: Readonly<Record<string, string>>;
  readonly npm?: Readonly<Record<string, { readonly integrity?: string }>>;
  readonly jsr?: Readonly<Record<string, { readonly integrity?: string }>>;
}

/** What is wrong with the lock file that was made, a line for each. */
export function faultsOfLock(
  committed: LockFile,
  made: LockFile,
  standIns: readonly string[],
): string[] {
  const faults: string[] = [];
  for (const [name, { integrity }] of Object.entries(made.npm ?? {})) {
    if (integrity === undefined || committed.npm?.[name]?.integrity !== integrity) {
      faults.push(`npm:${name} is not as in the repository`);
    }
  }
  const packages = Object.entries(made.jsr ?? {});
  for (const [name, { integrity = "" }] of packages) {
    if (!name.startsWith("@std/")) faults.push(`jsr:${name} is none of @std`);
    if (!/^[0-9a-f]{64}$/.test(integrity)) faults.push(`jsr:${name} has no digest`);
  }
  for (const standIn of standIns) {
    const isLocked = packages.some(([name]) => name === standIn);
    if (!isLocked) faults.push(`jsr:${standIn}, which links/ stands in for, is not in it`);
  }
  return faults;
}

if (import.meta.main) {
  const [committed = "deno.lock", made = "deno.lock"] = Deno.args;
  const read = (path: string): LockFile => JSON.parse(Deno.readTextFileSync(path));
  const standIns = [...Deno.readDirSync("links")].flatMap(({ name }) => {
    const link: { name: string; version: string } = JSON.parse(
      Deno.readTextFileSync(`links/${name}/deno.json`),
    );
    return link.name in deno.imports ? [`${link.name}@${link.version}`] : [];
  });
  const faults = faultsOfLock(read(committed), read(made), standIns);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) Deno.exit(1);
}
