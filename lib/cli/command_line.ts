/**
 * Reads what the user wants. The command line wins over the environment, and the environment over the configuration
 * file.
 */
import { parseArgs } from "@std/cli";
import { CliError } from "./cli_error.ts";
import {
  type AddUserOptions,
  addUserOptions,
  type DeliverOptions,
  deliverOptions,
  type HashOptions,
  hashOptions,
  type ImportOptions,
  importOptions,
  type MigrateOptions,
  migrateOptions,
  type StatusOptions,
  statusOptions,
} from "./command_options.ts";
import { environmentVariable, givenByEnvironment, refuseUnknownVariables } from "./environment.ts";
import {
  type CheckOptions,
  checkOptions,
  type GivenOption,
  type GivenOptions,
  type Option,
  type OptionTable,
  readOptions,
  type ServeOptions,
  serveOptions,
  type ValuesOf,
} from "./options.ts";

/** The command that the user wants, with its options. */
export type Wish =
  | { readonly type: "help" }
  | { readonly type: "version" }
  | { readonly type: "hash"; readonly options: HashOptions }
  | { readonly type: "status"; readonly options: StatusOptions }
  | { readonly type: "serve"; readonly mailbox: string | null; readonly options: ServeOptions }
  | { readonly type: "check"; readonly mailbox: string | null; readonly options: CheckOptions }
  | DatabaseWish;

/** A command for the database. */
export type DatabaseWish =
  | { readonly type: "migrate"; readonly options: MigrateOptions }
  | { readonly type: "add-user"; readonly user: string; readonly options: AddUserOptions }
  | {
    readonly type: "import";
    readonly user: string;
    readonly mailbox: string;
    readonly options: ImportOptions;
  }
  | { readonly type: "deliver"; readonly user: string; readonly options: DeliverOptions };

const COMMANDS = ["serve", "check", "hash", "status", "postgres", "deliver"] as const;

const table = Object.entries<Option<unknown>>({
  ...statusOptions,
  ...migrateOptions,
  ...addUserOptions,
  ...importOptions,
  ...deliverOptions,
  ...serveOptions,
});
const flags = [
  "json",
  ...table.filter(([, option]) => option.placeholder === null).map(([name]) => name),
];
const valued = table.filter(([, option]) => option.placeholder !== null).map(([name]) => name);

/** @throws {CliError} naming the wrong argument and what is allowed */
export async function readCommandLine(args: readonly string[]): Promise<Wish> {
  const unknown: string[] = [];
  const parsed: Readonly<Record<string, unknown>> = parseArgs([...args], {
    boolean: [...flags, "help", "version"],
    string: [...valued, "_"],
    collect: valued,
    alias: { help: "h" },
    unknown(arg, key) {
      if (key === undefined) return true;
      // A value may be a password.
      unknown.push(arg.replace(/=.*/s, ""));
      return false;
    },
  });
  const words = Array.isArray(parsed["_"]) ? parsed["_"].map(String) : [];
  const command = COMMANDS.find((name) => name === words[0]) ?? null;
  if (command !== null) words.shift();
  try {
    const [stray] = unknown;
    if (stray !== undefined) {
      throw CliError.usage(`unknown option ${stray}; see pop3svc --help`);
    }
    if (parsed["help"] === true) return { type: "help" };
    if (parsed["version"] === true) return { type: "version" };
    return await wishOf(command, words, givenFlags(parsed, args));
  } catch (error) {
    throw command === "deliver" && error instanceof CliError ? error.ofDelivery : error;
  }
}

async function wishOf(
  command: typeof COMMANDS[number] | null,
  words: readonly string[],
  given: GivenOptions,
): Promise<Wish> {
  if (words.some((word) => /^postgres(ql)?:\/\//.test(word))) {
    throw CliError.usage("MAILBOX is no URL: give that of a database by --postgres");
  }
  if (command === "postgres") return await databaseWishOf(words, given);
  if (command === "deliver") return await deliveryOf(words, given);
  if (command === "hash") {
    const options = await readCommand("hash", hashOptions, given);
    if (words.length === 0) return { type: "hash", options };
    throw CliError.usage(
      "hash takes no password on the command line, where others can see it; it asks for one",
    );
  }
  if (command === "status") {
    if (words.length > 0) throw CliError.usage("status takes no MAILBOX: it asks a running server");
    return { type: "status", options: await readCommand("status", statusOptions, given) };
  }
  refuseUnknownVariables(table.map(([name]) => name));
  const known = command === "check" ? checkOptions : serveOptions;
  ensureKnown(given, known, command ?? "serve");
  const all = await withConfigured(known, given);
  if (words.length > 1) {
    throw CliError.usage(`one MAILBOX at a time, not ${words.length}: ${words.join(" ")}`);
  }
  const mailbox = words[0] ?? (environmentVariable("POP3SVC_MAILBOX") || undefined) ??
    all["mailbox"]?.texts.at(-1) ?? null;
  return command === "check"
    ? { type: "check", mailbox, options: readOptions(checkOptions, all) }
    : { type: "serve", mailbox, options: readOptions(serveOptions, all) };
}

/** @throws {CliError} for an incomplete command, too */
async function databaseWishOf(
  words: readonly string[],
  given: GivenOptions,
): Promise<DatabaseWish> {
  const [action = "", user = "", mailbox = "", ...more] = words;
  const read = <T extends OptionTable>(known: T, form: string, chosen = given) => {
    const names = form.match(/\b[A-Z]+\b/g) ?? [];
    const isComplete = words.length === 1 + names.length && !words.includes("");
    if (!isComplete || more.length > 0) throw CliError.usage(`give pop3svc postgres ${form}`);
    return readCommand(`postgres ${action}`, known, chosen);
  };
  switch (action) {
    case "migrate":
      return { type: action, options: await read(migrateOptions, "migrate") };
    case "add-user":
      return { type: action, user, options: await read(addUserOptions, "add-user NAME") };
    case "import": {
      const { path, format } = namedFormat(mailbox, given);
      const options = await read(importOptions, "import USER MAILBOX", { ...given, ...format });
      return { type: action, user, mailbox: path, options };
    }
  }
  throw CliError.usage("give pop3svc postgres migrate, add-user NAME or import USER MAILBOX");
}

/** Reads `maildir:PATH`, as a users file has it, like PATH with `--format maildir`. */
function namedFormat(
  mailbox: string,
  { format }: GivenOptions,
): { readonly path: string; readonly format: GivenOptions } {
  const [, name, path] = /^(folder|maildir|mbox):(.+)$/s.exec(mailbox) ?? [];
  if (name === undefined || path === undefined) return { path: mailbox, format: {} };
  if (format !== undefined) {
    throw CliError.usage(`${format.shown} and ${mailbox}: give the format once`);
  }
  return { path, format: { format: { texts: [name], shown: mailbox } } };
}

/** What is wrong with the command line is final; what is wrong with the environment or a file can be repaired. */
async function deliveryOf(words: readonly string[], given: GivenOptions): Promise<DatabaseWish> {
  const [user = ""] = words;
  if (words.length !== 1 || user === "") throw CliError.usage("give pop3svc deliver USER");
  ensureKnown(given, deliverOptions, "deliver");
  readOptions(deliverOptions, given);
  try {
    return {
      type: "deliver",
      user,
      options: await readCommand("deliver", deliverOptions, given),
    };
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    throw CliError.tryLater(error.message, error);
  }
}

async function readCommand<T extends OptionTable>(
  command: string,
  known: T,
  given: GivenOptions,
): Promise<ValuesOf<T>> {
  refuseUnknownVariables(table.map(([name]) => name));
  ensureKnown(given, known, command);
  return readOptions(known, await withConfigured(known, given));
}

/** Adds what the environment gives, and the file of `--config` where the command has one. */
async function withConfigured(known: OptionTable, given: GivenOptions): Promise<GivenOptions> {
  const chosen = { ...givenByEnvironment(known), ...given };
  const file = chosen["config"]?.texts.at(-1);
  if (file === undefined) return chosen;
  return { ...(await import("./config_file.ts")).readConfigFile(file), ...chosen };
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
