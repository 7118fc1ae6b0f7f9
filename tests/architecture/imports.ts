/** The rooms of `lib/`, and which file imports which, as `deno info` sees it. */
import { dirname } from "@std/path";

/** The rooms from the lowest floor to the highest, and what is in each. A file imports from its own room and from lower ones. */
export const ROOMS: readonly (readonly [name: string, content: string])[] = [
  ["protocol", "pure: commands, replies, capabilities, unique-ids, line ends, byte-stuffing, TOP"],
  ["time", "the clock, deadlines, long work in slices"],
  ["settings", "a setting: its default and its limits, for the library and the command line"],
  ["files", "every call to the file system"],
  ["provider", "the contract that a provider of mail implements"],
  ["events", "the types of all events"],
  ["transport", "octets to and from a peer: TCP, TLS, ports, the PROXY header"],
  ["auth", "SASL mechanisms, password hashes"],
  [
    "border",
    "the border to the code of a provider: every question, its answer checked and watched",
  ],
  ["session", "states, the table of verbs, a file for each verb, the texts of replies"],
  ["guard", "limits, bans, and who may try to log in"],
  ["telemetry", "log lines, wire logs, OpenTelemetry"],
  ["connection", "one peer: lines in, replies out, time limits"],
  ["faults", "faults on purpose, for people who test a client"],
  ["mailbox", "storage: memory, folder, Maildir, mbox; deletions that are all or nothing"],
  ["providers", "providers that are ready-made: one user, a users file"],
  ["postgres", "accounts and mail in PostgreSQL; an entry of its own"],
  ["check", "what is wrong with a mailbox or a set-up, as values"],
  ["listener", "`Pop3Listener`: its settings, its ports, which connections it accepts"],
  ["testing", "for authors of providers and clients: a conformance suite, transcripts, a client"],
  ["cli", "the program: options, commands, what is printed"],
];

/** What is run, published or started as a thread. Each is the start of a graph of its own. */
export const ENTRIES = [
  "main.ts",
  "lib/mod.ts",
  "lib/testing/mod.ts",
  "lib/program.ts",
  "lib/postgres/mod.ts",
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
async function importsOf(entry: string): Promise<Import[]> {
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

/** The imports of all entries, each once. */
export async function allImports(): Promise<readonly Import[]> {
  const found = new Map<string, Import>();
  for (const entry of ENTRIES) {
    for (const each of await importsOf(entry)) found.set(`${each.from} ${each.to}`, each);
  }
  return [...found.values()];
}

/**
 * The floor of a file's room; -1 for a room that {@linkcode ROOMS} does not hold. The entries of the library lie above all
 * rooms but `cli`, which is made of them.
 */
export function floorOf(path: string): number {
  if (!path.startsWith("lib/")) return ROOMS.length;
  if (dirname(path) === "lib") return ROOMS.length - 1.5;
  return ROOMS.findIndex(([name]) => name === roomOf(path));
}

/** A table of the rooms, with the arrows between them. */
export function drawRooms(imports: readonly Import[]): string {
  const rows = ROOMS.map(([name, content]) => {
    const below = ROOMS.map(([other]) => other).filter((other) =>
      other !== name &&
      imports.some(({ from, to }) => roomOf(from) === name && roomOf(to) === other)
    );
    const entries = name === "cli"
      ? "`mod.ts`, `program.ts`, `testing/mod.ts`, `postgres/mod.ts`"
      : "nothing";
    return `| \`${name}/\` | ${content} | ${
      name === "cli" ? entries : below.join(", ") || entries
    } |`;
  });
  return ["| room | what is in it | imports from |", "| --- | --- | --- |", ...rows].join("\n");
}

function roomOf(path: string): string | null {
  return path.startsWith("lib/") && dirname(path) !== "lib" ? path.split("/")[1] ?? null : null;
}

function isOurs(specifier: string): boolean {
  return specifier.startsWith(root) && specifier.endsWith(".ts") &&
    !specifier.startsWith(`${root}links/`);
}
