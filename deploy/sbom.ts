/** Prints the components of the executable as CycloneDX 1.6: the packages that main.ts and the threads import. */
import deno from "../deno.json" with { type: "json" };

interface NpmPackage {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
}

/** The output of `deno info --json`. It lists every npm package of the lock file; only those that modules reach count. */
interface Graph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  readonly packages: Readonly<Record<string, string>>;
  readonly npmPackages: Readonly<Record<string, NpmPackage>>;
}

const components = new Map<string, { name: string; version: string; purl: string }>();
for (const entry of ["main.ts", "lib/auth/passwords/hash_worker.ts"]) {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: new URL("..", import.meta.url),
  }).output();
  if (!success) throw new Error(`deno info ${entry} failed`);
  const graph: Partial<Graph> = JSON.parse(new TextDecoder().decode(stdout));
  const reached = new Set(graph.modules?.flatMap(({ npmPackage }) => npmPackage ?? []));
  // The loop also visits the dependencies that it adds.
  for (const key of reached) {
    const found = graph.npmPackages?.[key];
    if (found === undefined) continue;
    for (const dependency of found.dependencies) reached.add(dependency);
    const { name, version } = found;
    const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
    components.set(purl, { name, version, purl });
  }
  for (const resolved of Object.values(graph.packages ?? {})) {
    const [, name = resolved, version = ""] = /^(@.+)@(.+)$/.exec(resolved) ?? [];
    const purl = `pkg:jsr/${name}@${version}`;
    components.set(purl, { name, version, purl });
  }
}
const runtime = `pkg:github/denoland/deno@v${Deno.version.deno}`;
components.set(runtime, { name: "deno", version: Deno.version.deno, purl: runtime });

const bom = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  version: 1,
  metadata: {
    timestamp: new Date().toISOString(),
    component: {
      type: "application",
      name: "pop3svc",
      version: deno.version,
      licenses: [{ license: { id: deno.license } }],
    },
  },
  components: [...components.values()].map((component) => ({
    type: "library",
    "bom-ref": component.purl,
    ...component,
  })),
};
console.log(JSON.stringify(bom, null, 2));
