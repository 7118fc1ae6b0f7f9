/**
 * The permissions of Deno that the program needs: this file is the one place that names them. `deploy/compile.ts` puts
 * {@linkcode EXECUTABLE_PERMISSIONS} into the executable; `main` asks for {@linkcode permissionsFor} before it begins; the
 * tests compare the tasks, the pages, the unit and the containers with both.
 */
import { dirname, fromFileUrl, relative } from "@std/path";
import { lookAtGivenOrNull } from "../files/look.ts";
import type { Wish } from "./command_line.ts";
import type { ServeOptions } from "./options.ts";
import { portsOf } from "./ports_of_options.ts";
import { SAMPLE_MAILBOX } from "./provider_of_options.ts";
import { statePathOf } from "./state_directory_of_options.ts";

/** The variables that the program reads, or Deno for it. Whatever else a library asks for is undefined. */
const VARIABLES = [
  "POP3SVC_*",
  "STATE_DIRECTORY",
  "XDG_STATE_HOME",
  "HOME",
  "JOURNAL_STREAM",
  "NOTIFY_SOCKET",
  "OTEL_DENO",
];

/**
 * The flags of the executable, whose ports and files are not known when it is made. It can run no program, load no
 * library, read no other variable and ask for nothing more.
 */
export const EXECUTABLE_PERMISSIONS: readonly string[] = [
  "--no-prompt",
  "--allow-net",
  "--allow-read",
  "--allow-write",
  `--allow-env=${VARIABLES.join(",")}`,
  "--ignore-env",
  "--allow-sys=uid",
];

/** What one use needs, by kind of permission. */
export type Needs = Readonly<Record<"net" | "read" | "write" | "env" | "sys", readonly string[]>>;

const NOTHING: Needs = { net: [], read: [], write: [], env: [], sys: [] };

/** The code of the threads that hash passwords: a thread is loaded as a file is read. Empty where it is no file. */
const HASHING = new URL("../auth/passwords", import.meta.url);

/** As few permissions as a command needs with its options. Homes that a users file names are not among them. */
export function permissionsFor(wish: Wish): Needs {
  switch (wish.type) {
    case "help":
    case "version":
    case "hash":
      return NOTHING;
    case "status":
      return { ...NOTHING, net: [`127.0.0.1:${wish.options.admin}`] };
    case "serve":
    case "check":
      return permissionsToServe(wish.mailbox ?? SAMPLE_MAILBOX, wish.options);
  }
}

function permissionsToServe(mailbox: string, options: ServeOptions): Needs {
  const isMany = options.users !== null;
  const mail = isMany ? options["mail-root"] : folderOf(mailbox, options);
  // Where no variable may be read, there is no such folder unless an option names it, and the start says so.
  const state = isMany ? statePathOf(options) : null;
  const isWritten = !options["read-only"] || options.lock;
  const threads = isMany && HASHING.protocol === "file:"
    ? relative(Deno.cwd(), fromFileUrl(HASHING))
    : null;
  return {
    net: [
      ...options.host.flatMap((host) =>
        portsOf(options).map(({ port }) => `${bracketed(host)}:${port}`)
      ),
      ...(options.admin === "off" ? [] : [`127.0.0.1:${options.admin}`]),
    ],
    read: given(
      mail,
      options.users,
      options.cert,
      options.key,
      options["password-file"],
      options.faults,
      state,
      threads,
    ),
    write: given(isWritten ? mail : null, state, options["wire-log"]),
    env: isMany || options["password-file"] !== null ? [] : ["POP3SVC_PASSWORD"],
    sys: Deno.build.os === "windows" ? [] : ["uid"],
  };
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** Locks, and what replaces an mbox, lie beside it. */
function folderOf(mailbox: string, { format }: ServeOptions): string {
  return (format ?? (isFile(mailbox) ? "mbox" : null)) === "mbox" ? dirname(mailbox) : mailbox;
}

function isFile(path: string): boolean {
  return lookAtGivenOrNull(path)?.isFile === true;
}

function given(...values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))];
}

/** As they are written on Deno's command line. */
export function flagsOf(needs: Needs): readonly string[] {
  return Object.entries(needs)
    .filter(([, values]) => values.length > 0)
    .map(([kind, values]) => `--allow-${kind}=${values.join(",")}`);
}

/** Those that are missing, and will not be asked for: nobody is there to answer. */
export function missingPermissions(needs: Needs): Needs {
  const canAsk = Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
  const isMissing = (descriptor: Deno.PermissionDescriptor) => {
    const { state } = Deno.permissions.querySync(descriptor);
    return state === "denied" || (state === "prompt" && !canAsk);
  };
  return {
    net: needs.net.filter((host) => isMissing({ name: "net", host })),
    read: needs.read.filter((path) => isMissing({ name: "read", path })),
    write: needs.write.filter((path) => isMissing({ name: "write", path })),
    env: needs.env.filter((variable) => isMissing({ name: "env", variable })),
    sys: needs.sys.some((kind) => kind === "uid") && isMissing({ name: "sys", kind: "uid" })
      ? ["uid"]
      : [],
  };
}
