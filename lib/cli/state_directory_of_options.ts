/**
 * The state directory, for files that must not lie in mailboxes of other users. It is the first of these that is set:
 * `--state-dir`, `STATE_DIRECTORY` of systemd, `$XDG_STATE_HOME/pop3svc`, `~/.local/state/pop3svc`.
 */
import {
  accessToState,
  canWriteIn,
  eventOf,
  isDiskFull,
  keptKey,
  lookAtGivenOrNull,
  makeStateFolder,
  type Pop3Events,
  quoted,
  realStateDirectory,
  reasonOf,
  serverUid,
  userName,
} from "../program.ts";
import { dirname, isAbsolute, join } from "@std/path";
import { environmentVariable } from "./environment.ts";
import type { ServeOptions } from "./options.ts";

/** What is wrong with the state directory, and what to type. */
export interface StateTrouble {
  readonly reason: string;
  readonly remedy: string | null;
}

/** A directory that can be used, although something may be wrong with it; or the reason why there is none. */
export type ChosenStateDirectory =
  | { readonly type: "usable"; readonly path: string; readonly trouble: StateTrouble | null }
  | { readonly type: "none"; readonly trouble: StateTrouble };

/** The path, whether the directory exists or not; null when no option or variable names it. */
export function statePathOf(options: ServeOptions): string | null {
  return options["state-dir"] ?? usualPlace();
}

/** Creates the directory when it is missing. */
export async function stateDirectoryOf(options: ServeOptions): Promise<ChosenStateDirectory> {
  const path = statePathOf(options);
  if (path === null) {
    const reason = "there is no state directory: give one with --state-dir";
    return { type: "none", trouble: { reason, remedy: null } };
  }
  try {
    await makeStateFolder(path);
  } catch (error) {
    const trouble = troubleOf(path, error);
    // It is made as soon as there is room.
    return isDiskFull(error) ? { type: "usable", path, trouble } : { type: "none", trouble };
  }
  const access = accessToState(path);
  if (access === "write") return { type: "usable", path, trouble: null };
  const trouble = troubleOf(path, new Deno.errors.PermissionDenied());
  return access === "read" ? { type: "usable", path, trouble } : { type: "none", trouble };
}

/** As `stateDirectoryOf`, for a check, which makes nothing. Root may not judge a directory that is to belong to another user. */
export async function lookAtStateDirectory(options: ServeOptions): Promise<ChosenStateDirectory> {
  const path = pathForCheck(options);
  if (path === null) return await stateDirectoryOf(options);
  const usable = { type: "usable", path, trouble: null } as const;
  const info = lookAtGivenOrNull(path);
  if (info !== null) {
    return info.isDirectory && serverUid() === 0 ? usable : await stateDirectoryOf(options);
  }
  let above = dirname(path);
  while (above !== dirname(above) && lookAtGivenOrNull(above) === null) above = dirname(above);
  if (canWriteIn(above)) return usable;
  return { type: "none", trouble: troubleOf(path, new Deno.errors.PermissionDenied()) };
}

function troubleOf(path: string, error: unknown): StateTrouble {
  const uid = serverUid();
  const isDenied = error instanceof Deno.errors.PermissionDenied;
  const info = lookAtGivenOrNull(path);
  const who = isDenied && uid !== null
    ? deniedText(info, uid)
    : isDiskFull(error)
    ? "the disk is full"
    : reasonOf(error);
  const make = info !== null ? "" : `mkdir -p ${quoted(path)} && `;
  return {
    reason: `the state directory ${path} cannot be used: ${who}`,
    remedy: isDenied && uid !== null
      ? `${make}chown ${uid} ${quoted(path)} && chmod 700 ${quoted(path)}`
      : null,
  };
}

/** The directory that the check of a server is about. Root, who is not the server, takes that of the shipped unit. */
export function pathForCheck(options: ServeOptions): string | null {
  const isNamed = options["state-dir"] !== null ||
    environmentVariable("STATE_DIRECTORY") !== undefined;
  return serverUid() === 0 && !isNamed ? OF_UNIT : statePathOf(options);
}

/** `StateDirectory=` of deploy/systemd. */
const OF_UNIT = "/var/lib/pop3svc";

function usualPlace(): string | null {
  const [ofSystemd = ""] = (environmentVariable("STATE_DIRECTORY") ?? "").split(":");
  if (isAbsolute(ofSystemd)) return realStateDirectory(ofSystemd);
  const ofUser = environmentVariable("XDG_STATE_HOME") ?? "";
  if (isAbsolute(ofUser)) return join(ofUser, "pop3svc");
  const home = environmentVariable("HOME") ?? "";
  return isAbsolute(home) ? join(home, ".local", "state", "pop3svc") : null;
}

function deniedText(info: Deno.FileInfo | null, uid: number): string {
  const user = `user ${userName(uid)}`;
  if (info === null) return `${user} may not make it`;
  if (((info.mode ?? 0) & 0o022) !== 0) return "other users may write there";
  const owner = info.uid === null || info.uid === uid
    ? ""
    : `; it belongs to ${userName(info.uid)}`;
  return `${user} may not write there${owner}`;
}

/**
 * The path of the directory, which is created when it is missing; null where none can be used. The log says what is wrong
 * with it, and what that costs.
 *
 * @param besides what it costs besides the mailboxes of other users
 */
export async function usableState(
  options: ServeOptions,
  events: Pop3Events,
  besides: string | null,
): Promise<string | null> {
  const state = await stateDirectoryOf(options);
  const { trouble } = state;
  if (trouble !== null) {
    const refused = "mailboxes that belong to other users than the server's are refused";
    const cost = state.type === "usable"
      ? "nothing can be remembered there"
      : besides === null
      ? refused
      : `${refused}, ${besides}`;
    const remedy = trouble.remedy === null ? "" : `; type: ${trouble.remedy}`;
    complain(events, `${trouble.reason}; ${cost}${remedy}`);
  }
  return state.type === "usable" ? state.path : null;
}

/** The key that is kept in the directory; null where it cannot be kept. */
export async function keyIn(
  directory: string,
  events: Pop3Events,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await keptKey(directory);
  } catch (error) {
    const reason = `no key can be kept in the state directory ${directory}: ${reasonOf(error)}`;
    complain(events, `${reason}; the server makes a new key at each start`);
    return null;
  }
}

function complain(events: Pop3Events, reason: string): void {
  const error = new Error(reason);
  events(eventOf({ type: "error", connection: null, during: "state directory", error }));
}
