/**
 * The permissions of Deno that the program needs; no other file names them. `deploy/compile.ts` puts
 * {@linkcode EXECUTABLE_PERMISSIONS} into the executable; `main` checks {@linkcode permissionsFor} before it starts;
 * tests compare the tasks, the pages, the systemd unit and the containers with both.
 */
import { lookAtGivenOrNull } from "../program.ts";
import { dirname, fromFileUrl, relative } from "@std/path";
import type { Wish } from "./command_line.ts";
import { placeOf } from "./database_of_options.ts";
import type { ServeOptions } from "./options.ts";
import { portsOf } from "./ports_of_options.ts";
import { SAMPLE_MAILBOX } from "./provider_of_options.ts";
import { statePathOf } from "./state_directory_of_options.ts";

/** The variables that the program or Deno reads. All others are undefined for libraries. */
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
 * The flags of the executable: its ports and files are not known when it is compiled. It cannot run a program, load a
 * library, read other variables or ask for more permissions.
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

/** What a command needs, by kind of permission. */
export type Needs = Readonly<Record<"net" | "read" | "write" | "env" | "sys", readonly string[]>>;

const NOTHING: Needs = { net: [], read: [], write: [], env: [], sys: [] };

/** The variables that npm:pg reads at a connection. What is in them changes nothing. */
const LIBRARY_VARIABLES: readonly string[] = ["PGBINARY", "PGOPTIONS", "PGREPLICATION"];

const UID: readonly string[] = Deno.build.os === "windows" ? [] : ["uid"];

/** The folder of the code of the password threads: starting a thread needs permission to read its file. */
const HASHING = new URL("../auth/passwords", import.meta.url);

/** The least permissions that a command needs with its options, without the homes that a users file names. */
export function permissionsFor(wish: Wish): Needs {
  switch (wish.type) {
    case "help":
    case "version":
    case "hash":
      return NOTHING;
    case "status":
      // It also connects to the POP3 ports that the server names; one that it may not reach is reported.
      return { ...NOTHING, net: given("127.0.0.1", hostOf(wish.options.admin)) };
    case "serve":
    case "check":
      return permissionsToServe(wish.mailbox ?? SAMPLE_MAILBOX, wish.options);
    case "migrate":
    case "add-user":
    case "deliver":
      return permissionsToAsk(wish.options.postgres);
    case "import": {
      const needs = permissionsToAsk(wish.options.postgres);
      const mail = folderOf(wish.mailbox, wish.options);
      return { ...needs, read: given(mail, ...needs.read), sys: UID };
    }
  }
}

/** What the connection to a database needs. */
function permissionsToAsk(url: string | null): Needs {
  const place = placeOf(url);
  if (place === null) return NOTHING;
  const { host, port, authority } = place;
  const socket = host.startsWith("/") ? `${host}/.s.PGSQL.${port}` : null;
  return {
    ...NOTHING,
    net: socket === null ? [`${bracketed(host)}:${port}`] : [],
    read: given(socket, authority),
    write: given(socket),
    env: LIBRARY_VARIABLES,
  };
}

function permissionsToServe(mailbox: string, options: ServeOptions): Needs {
  const isMany = options.users !== null || options.postgres !== null;
  const database = permissionsToAsk(options.postgres);
  const mail = isMany ? options["mail-root"] : folderOf(mailbox, options);
  // Without permission to read variables, only --state-dir can name the folder; the start warns when it is missing.
  const isOnDisk = options.postgres === null || options["accounts-query"] !== null;
  const state = isMany && isOnDisk ? statePathOf(options) : null;
  // Opening them for reading, too, does not wait at a FIFO.
  const logs = [options["wire-log"], options["log-file"]];
  const isWritten = !options["read-only"] || options.lock;
  const threads = isMany && HASHING.protocol === "file:"
    ? relative(Deno.cwd(), fromFileUrl(HASHING))
    : null;
  return {
    net: [
      ...options.host.flatMap((host) =>
        portsOf(options).map(({ port }) => `${bracketed(host)}:${port}`)
      ),
      ...(options.admin === "off"
        ? []
        : [`${bracketed(options.admin.hostname)}:${options.admin.port}`]),
      ...database.net,
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
      ...logs,
      ...database.read,
    ),
    write: given(isWritten ? mail : null, state, ...logs, ...database.write),
    env: isMany || options["password-file"] !== null ? database.env : ["POP3SVC_PASSWORD"],
    sys: UID,
  };
}

function hostOf(admin: ServeOptions["admin"]): string | null {
  return admin === "off" || /^(0\.0\.0\.0|::)$/.test(admin.hostname)
    ? null
    : bracketed(admin.hostname);
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** The folder to read and write: for an mbox its parent, where locks and the replacing file are made. */
function folderOf(mailbox: string, { format }: Pick<ServeOptions, "format">): string {
  return (format ?? (isFile(mailbox) ? "mbox" : null)) === "mbox" ? dirname(mailbox) : mailbox;
}

function isFile(path: string): boolean {
  return lookAtGivenOrNull(path)?.isFile === true;
}

function given(...values: readonly (string | null)[]): readonly string[] {
  return [...new Set(values.filter((value) => value !== null))];
}

/** The permissions as flags of Deno's command line. */
export function flagsOf(needs: Needs): readonly string[] {
  return Object.entries(needs)
    .filter(([, values]) => values.length > 0)
    .map(([kind, values]) => `--allow-${kind}=${values.join(",")}`);
}

/** The permissions that are denied, or that Deno would ask for although no terminal is there to answer. */
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
    env: needs.env.filter((variable) =>
      isMissing({ name: "env", variable }) && !isIgnored(variable)
    ),
    sys: needs.sys.some((kind) => kind === "uid") && isMissing({ name: "sys", kind: "uid" })
      ? ["uid"]
      : [],
  };
}

/** Whether `--ignore-env` hides a variable from a library, which is as good as the permission. */
function isIgnored(variable: string): boolean {
  if (!LIBRARY_VARIABLES.includes(variable)) return false;
  if (Deno.permissions.querySync({ name: "env", variable }).state === "prompt") return false;
  try {
    Deno.env.get(variable);
    return true;
  } catch {
    return false;
  }
}
