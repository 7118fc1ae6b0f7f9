/**
 * Checks the lock file of a release: `release_lock.ts COMMITTED MADE`.
 *
 * The repository's lock file is made with the stand-ins of `links/`, so it names no package of JSR. A release removes
 * the stand-ins (`deno unlink`) and makes its own lock file once; it builds everything from that with `--frozen`, and
 * publishes it. The check: each npm package must have the digest of the repository's lock file, and only `@std`
 * packages may come from JSR, in the versions of the stand-ins. Packages of the tests (`tests/deno.json`) are not in it.
 */
import deno from "../deno.json" with { type: "json" };

/** The parts of a lock file (version 5) that are checked. */
export interface LockFile {
  readonly specifiers?: Readonly<Record<string, string>>;
  readonly npm?: Readonly<Record<string, { readonly integrity?: string }>>;
  readonly jsr?: Readonly<Record<string, { readonly integrity?: string }>>;
}

/** What is wrong with the release's lock file, one line for each fault. */
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
    if (!name.startsWith("@std/")) faults.push(`jsr:${name} is not a package of @std`);
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
