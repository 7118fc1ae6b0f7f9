/** The rooms of `lib/`, and which file imports which, as `deno info` sees it. */
import { dirname } from "@std/path";

/** The rooms from the lowest floor to the highest. A file imports from its own room and from lower ones. */
export const ROOMS = [
  "protocol",
  "time",
  "settings",
  "files",
  "provider",
  "events",
  "transport",
  "auth",
  "session",
  "guard",
  "telemetry",
  "connection",
  "faults",
  "mailbox",
  "providers",
  "check",
  "listener",
  "testing",
  "cli",
] as const;

/** What is run, published or started as a thread. Each is the start of a graph of its own. */
export const ENTRIES = [
  "main.ts",
  "lib/mod.ts",
  "lib/testing/mod.ts",
  "lib/auth/passwords/hash_worker.ts",
] as const;

/** Files that no entry reaches: steps of the build. */
export const BUILD_STEPS: readonly string[] = [
  "lib/protocol/line_mender/embed.ts",
  "lib/protocol/line_mender/line_mender.as.ts",
];

/** One file imports another; both as paths from the root of the repository. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

interface DenoInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
    }[];
  }[];
}

const root = new URL("../../", import.meta.url).href;

/** The imports of all files of this repository that an entry reaches, of types as well as of code, without those from packages. */
export async function importsOf(entry: string): Promise<Import[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: new URL(root),
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const info: DenoInfo = JSON.parse(new TextDecoder().decode(stdout));
  return info.modules.flatMap(({ specifier, dependencies = [] }) =>
    dependencies.flatMap(({ code, type }) =>
      [code?.specifier, type?.specifier].flatMap((to) =>
        isOurs(specifier) && to !== undefined && isOurs(to)
          ? [{ from: specifier.slice(root.length), to: to.slice(root.length) }]
          : []
      )
    )
  );
}

/** The floor of a file's room; -1 for a room that {@linkcode ROOMS} does not hold. Entries may import everything. */
export function floorOf(path: string): number {
  if (!path.startsWith("lib/") || dirname(path) === "lib") return ROOMS.length;
  const room = path.split("/")[1];
  return ROOMS.findIndex((name) => name === room);
}

function isOurs(specifier: string): boolean {
  return specifier.startsWith(root) && specifier.endsWith(".ts") &&
    !specifier.startsWith(`${root}links/`);
}
