/**
 * The state directory, for files that must not lie in mailboxes of other users. It is the first of these that is set:
 * `--state-dir`, `STATE_DIRECTORY` of systemd, `$XDG_STATE_HOME/pop3svc`, `~/.local/state/pop3svc`.
 */
import {
  canWriteIn,
  eventOf,
  keptKey,
  lookAtGivenOrNull,
  makeStateFolder,
  type Pop3Events,
  realStateDirectory,
  reasonOf,
  serverUid,
} from "../program.ts";
import { dirname, isAbsolute, join } from "@std/path";
import { environmentVariable } from "./environment.ts";
import type { ServeOptions } from "./options.ts";

/** A directory that can be used, or the reason why there is none. */
export type ChosenStateDirectory =
  | { readonly type: "usable"; readonly path: string }
  | { readonly type: "none"; readonly reason: string };

/** The path, whether the directory exists or not; null when no option or variable names it. */
export function statePathOf(options: ServeOptions): string | null {
  return options["state-dir"] ?? usualPlace();
}

/** Creates the directory when it is missing. */
export async function stateDirectoryOf(options: ServeOptions): Promise<ChosenStateDirectory> {
  const path = statePathOf(options);
  if (path === null) {
    return { type: "none", reason: "there is no state directory: give one with --state-dir" };
  }
  try {
    await makeStateFolder(path);
    return { type: "usable", path };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { type: "none", reason: `the state directory ${path} cannot be used: ${text}` };
  }
}

/**
 * The path of the directory, which is created when it is missing; null where none can be used, and the log says what that
 * costs.
 *
 * @param besides what it costs besides the mailboxes of other users
 */
export async function usableState(
  options: ServeOptions,
  events: Pop3Events,
  besides: string | null,
): Promise<string | null> {
  const state = await stateDirectoryOf(options);
  if (state.type === "usable") return state.path;
  const cost = "mailboxes that belong to other users than the server's are refused";
  complain(events, [`${state.reason}; ${cost}`, ...(besides === null ? [] : [besides])].join(", "));
  return null;
}

/** The key that is kept in the directory; null where it cannot be kept. */
export async function keyIn(
  directory: string,
  events: Pop3Events,
): Promise<Uint8Array<ArrayBuffer> | null> {
  try {
    return await keptKey(directory);
  } catch (error) {
    complain(events, `${reasonOf(error)}; the server makes a new key at each start`);
    return null;
  }
}

function complain(events: Pop3Events, reason: string): void {
  const error = new Error(reason);
  events(eventOf({ type: "error", connection: null, during: "state directory", error }));
}

/** As `stateDirectoryOf`, for a check, which makes nothing. Root may not judge a directory that is to belong to another user. */
export async function lookAtStateDirectory(options: ServeOptions): Promise<ChosenStateDirectory> {
  const path = pathForCheck(options);
  if (path === null) return await stateDirectoryOf(options);
  const info = lookAtGivenOrNull(path);
  if (info !== null) {
    return info.isDirectory && serverUid() === 0
      ? { type: "usable", path }
      : await stateDirectoryOf(options);
  }
  let above = dirname(path);
  while (above !== dirname(above) && lookAtGivenOrNull(above) === null) above = dirname(above);
  return canWriteIn(above)
    ? { type: "usable", path }
    : { type: "none", reason: `the state directory ${path} cannot be made` };
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
