/** A build downloads each piece by its digest, and nothing that is not needed. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import deno from "../../deno.json" with { type: "json" };
import testsConfig from "../deno.json" with { type: "json" };
import { faultsOfLock } from "../../deploy/release_lock.ts";

const root = fromFileUrl(new URL("../..", import.meta.url));
interface LockedPackage {
  readonly integrity: string;
  readonly dependencies?: readonly string[];
  readonly optionalDependencies?: readonly string[];
}

interface Lock {
  readonly specifiers: Readonly<Record<string, string>>;
  readonly npm: Readonly<
    Record<string, LockedPackage>
  >;
}
const lock: Lock = JSON.parse(await Deno.readTextFile(join(root, "deno.lock")));
const read = (name: string) => Deno.readTextFile(join(root, name));

async function* filesBelow(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(root, folder))) {
    const path = join(folder, name);
    if (isDirectory) yield* filesBelow(path);
    else yield path;
  }
}

Deno.test("actions are named by their commit, images by their digest", async () => {
  let count = 0;
  for (const name of ["ci.yml", "release.yml"]) {
    const text = await read(`.github/workflows/${name}`);
    for (const [, used = ""] of text.matchAll(/\buses: (\S+)/g)) {
      if (used.startsWith("./")) continue;
      assertMatch(used, /^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      count++;
    }
  }
  for (const name of ["Dockerfile", "compose.yaml"]) {
    const text = await read(`deploy/docker/${name}`);
    for (const [, image = ""] of text.matchAll(/^\s*(?:FROM|image:) (\S+)/gm)) {
      assertMatch(image, /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
      count++;
    }
  }
  assert(count >= 8);
});

Deno.test("every workflow uses the version of Deno with which the project is tested", async () => {
  const ci = await read(".ci/run");
  const [version = ""] = /deno@([\d.]+)/.exec(ci)?.slice(1) ?? [];
  for (const name of ["ci.yml", "release.yml"]) {
    const versions = (await read(`.github/workflows/${name}`)).match(/deno-version: \S+/g) ?? [];
    assert(versions.length > 0);
    for (const each of versions) assertEquals(each, `deno-version: v${version}`);
  }
  assertMatch(await read("deploy/docker/Dockerfile"), new RegExp(`denoland/deno:${version}@`));
});

/** The specifiers that the files of some folders import. */
async function importsOf(...folders: readonly string[]): Promise<Set<string>> {
  const imported = new Set<string>();
  for (const folder of folders) {
    for await (const file of filesBelow(folder)) {
      if (!file.endsWith(".ts")) continue;
      const text = await read(file);
      for (const [, name = ""] of text.matchAll(/(?:\bfrom|\bimport\(?)\s*"([^."][^"]*)"/g)) {
        imported.add(name);
      }
    }
  }
  return imported;
}

Deno.test("deno.json names only the packages of lib/, and tests/deno.json those of the tests", async () => {
  const program = await importsOf("lib");
  const tests = await importsOf("tests");
  assertEquals(Object.keys(deno.imports).filter((name) => !program.has(name)), []);
  assertEquals(Object.keys(testsConfig.imports).filter((name) => !tests.has(name)), []);
});

Deno.test("a build without the tests has the configuration of each member of the workspace", async () => {
  const ignored = (await read(".dockerignore")).split("\n");
  assert(!ignored.includes("tests"));
  for (const member of deno.workspace) {
    assert(ignored.includes(`!${join(member, "deno.json")}`), member);
  }
});

Deno.test("the lock file holds the imported packages and their dependencies, and nothing else", async () => {
  const named = [...Object.values(deno.imports), ...Object.values(testsConfig.imports)];
  const imported = new Set(named.filter((each) => each.startsWith("npm:")));
  for (const name of await importsOf("lib", "links", "tests", "examples", "deploy")) {
    const [specifier] = /^npm:(?:@[^/]+\/)?[^/]+/.exec(name) ?? [];
    if (specifier !== undefined) imported.add(specifier);
  }
  assertEquals(Object.keys(lock.specifiers).toSorted(), [...imported].toSorted());
  const packages = lock.npm;
  const needed = new Set([...imported].map((specifier) => specifier.slice("npm:".length)));
  // The loop also visits the dependencies that it adds.
  for (const name of needed) {
    const locked: Partial<LockedPackage> = packages[name] ?? {};
    const { dependencies = [], optionalDependencies = [] } = locked;
    for (const dependency of [...dependencies, ...optionalDependencies]) {
      // After an underscore, the name has the versions of peers: "pg-pool@3.14.0_pg@8.23.1".
      const key = Object.keys(packages).find((each) =>
        each === dependency || each.replace(/@[^@_]+(?:_.*)?$/, "") === dependency
      );
      if (key !== undefined) needed.add(key);
    }
  }
  assertEquals(Object.keys(packages).filter((name) => !needed.has(name)), []);
  for (const [name, { integrity }] of Object.entries(lock.npm)) {
    assertMatch(integrity, /^sha512-/, name);
  }
});

Deno.test("every npm import names an exact version, and no task runs without a lock file", () => {
  const specifiers = [...Object.values(deno.imports), ...Object.values(testsConfig.imports)];
  for (const specifier of specifiers) {
    if (specifier.startsWith("npm:")) assertMatch(specifier, /@\d+\.\d+\.\d+$/);
  }
  for (const { command } of Object.values(deno.tasks)) {
    assertEquals(command.includes("--no-lock"), false);
    if (command.includes("npm:")) assertMatch(command, /--lock=\S+ --frozen /);
  }
});

Deno.test("the lock file of a release has only what the repository's lock file or its stand-ins allow", () => {
  const digest = "0".repeat(64);
  const standIns = ["@std/path@1.1.6"];
  const committed = {
    npm: { "a@1.0.0": { integrity: "sha512-a" }, "b@1.0.0": { integrity: "x" } },
  };
  const good = {
    npm: { "a@1.0.0": { integrity: "sha512-a" } },
    jsr: { "@std/path@1.1.6": { integrity: digest }, "@std/internal@1.0.0": { integrity: digest } },
  };
  assertEquals(faultsOfLock(committed, good, standIns), []);
  const npm = (integrity: string) => ({ ...good, npm: { "a@1.0.0": { integrity } } });
  assertEquals(faultsOfLock(committed, npm("sha512-b"), standIns).length, 1);
  assertEquals(faultsOfLock({}, good, standIns).length, 1);
  assertEquals(faultsOfLock(committed, { ...good, jsr: {} }, standIns).length, 1);
  const jsr = (more: Readonly<Record<string, { readonly integrity?: string }>>) => ({
    ...good,
    jsr: { ...good.jsr, ...more },
  });
  assertEquals(faultsOfLock(committed, jsr({ "@x/y@1.0.0": { integrity: digest } }), standIns), [
    "jsr:@x/y@1.0.0 is not a package of @std",
  ]);
  assertEquals(faultsOfLock(committed, jsr({ "@std/path@1.1.6": {} }), standIns), [
    "jsr:@std/path@1.1.6 has no digest",
  ]);
});

Deno.test("a release is built with the lock file that was checked", async () => {
  const release = await read(".github/workflows/release.yml");
  const makes = release.match(/deno (task compile|check|install|run) .*/g) ?? [];
  for (const step of makes.filter((each) => /compile|check|sbom/.test(each))) {
    assertMatch(step, /--frozen/);
  }
  for (const job of ["executables", "jsr"]) {
    const [, steps = ""] = release.split(`\n  ${job}:\n`);
    assertMatch(steps, /^ {4}needs: \[.*\block\b.*\]$/m);
  }
});
