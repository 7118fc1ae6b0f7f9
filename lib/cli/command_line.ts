/**
 * Reads what the user wants. The command line wins over the environment, and the environment over the configuration
 * file.
 */
import { parseArgs } from "@std/cli";
import { CliError } from "./cli_error.ts";
import { environmentVariable, givenByEnvironment, refuseUnknownVariables } from "./environment.ts";
import {
  type CheckOptions,
  checkOptions,
  type GivenOption,
  type GivenOptions,
  type HashOptions,
  hashOptions,
  type Option,
  type OptionTable,
  readOptions,
  type ServeOptions,
  serveOptions,
  type StatusOptions,
  statusOptions,
  type ValuesOf,
} from "./options.ts";

/** The command that the user wants, with its options. */
export type Wish =
  | { readonly type: "help" }
  | { readonly type: "version" }
  | { readonly type: "hash"; readonly options: HashOptions }
  | { readonly type: "status"; readonly options: StatusOptions }
  | { readonly type: "serve"; readonly mailbox: string | null; readonly options: ServeOptions }
  | { readonly type: "check"; readonly mailbox: string | null; readonly options: CheckOptions };

const table = Object.entries<Option<unknown>>({
  ...statusOptions,
  ...serveOptions,
  ...hashOptions,
});
const flags = table.filter(([, option]) => option.placeholder === null).map(([name]) => name);
const valued = table.filter(([, option]) => option.placeholder !== null).map(([name]) => name);

/** @throws {CliError} naming the wrong argument and what is allowed */
export async function readCommandLine(args: readonly string[]): Promise<Wish> {
  const parsed: Readonly<Record<string, unknown>> = parseArgs([...args], {
    boolean: [...flags, "help", "version"],
    string: [...valued, "_"],
    collect: valued,
    alias: { help: "h" },
    unknown(arg, key) {
      if (key === undefined) return true;
      throw CliError.usage(`unknown option ${arg}; see pop3svc --help`);
    },
  });
  if (parsed["help"] === true) return { type: "help" };
  if (parsed["version"] === true) return { type: "version" };
  refuseUnknownVariables(table.map(([name]) => name));
  const given = givenFlags(parsed, args);
  const words = Array.isArray(parsed["_"]) ? parsed["_"].map(String) : [];
  const command = ["serve", "check", "hash", "status"].find((name) => name === words[0]);
  if (command !== undefined) words.shift();
  if (command === "hash") {
    const options = readCommand("hash", hashOptions, given);
    if (words.length === 0) return { type: "hash", options };
    throw CliError.usage(
      "hash takes no password on the command line, where others can see it; it asks for one",
    );
  }
  if (command === "status") {
    if (words.length > 0) throw CliError.usage("status takes no MAILBOX: it asks a running server");
    return { type: "status", options: readCommand("status", statusOptions, given) };
  }
  const known = command === "check" ? checkOptions : serveOptions;
  ensureKnown(given, known, command ?? "serve");
  const chosen = { ...givenByEnvironment(known), ...given };
  const file = chosen["config"]?.texts.at(-1);
  const configured: GivenOptions = file === undefined
    ? {}
    : (await import("./config_file.ts")).readConfigFile(file);
  if (words.length > 1) {
    throw CliError.usage(`one MAILBOX at a time, not ${words.length}: ${words.join(" ")}`);
  }
  const mailbox = words[0] ?? (environmentVariable("POP3SVC_MAILBOX") || undefined) ??
    configured["mailbox"]?.texts.at(-1) ?? null;
  const all = { ...configured, ...chosen };
  return command === "check"
    ? { type: "check", mailbox, options: readOptions(checkOptions, all) }
    : { type: "serve", mailbox, options: readOptions(serveOptions, all) };
}

/** Reads the options of a command that has no configuration file. */
function readCommand<T extends OptionTable>(
  command: string,
  known: T,
  given: GivenOptions,
): ValuesOf<T> {
  ensureKnown(given, known, command);
  return readOptions(known, { ...givenByEnvironment(known), ...given });
}

function ensureKnown(given: GivenOptions, known: OptionTable, command: string): void {
  const stray = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (stray !== undefined) {
    throw CliError.usage(`--${stray} is not an option of pop3svc ${command}`);
  }
}

function givenFlags(
  parsed: Readonly<Record<string, unknown>>,
  args: readonly string[],
): GivenOptions {
  const given: Record<string, GivenOption> = {};
  for (const name of flags) {
    if (parsed[name] === true) given[name] = { texts: ["true"], shown: `--${name}` };
    // It wins over the environment and the configuration file.
    const off = `--${name}=false`;
    if (args.includes(off)) given[name] = { texts: ["false"], shown: off };
  }
  for (const name of valued) {
    const values = parsed[name];
    if (!Array.isArray(values) || values.length === 0) continue;
    const texts = values.map(String);
    given[name] = { texts, shown: `--${name} ${texts.join(" ")}`.trimEnd() };
  }
  return given;
}
