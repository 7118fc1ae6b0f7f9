/**
 * Options from the environment: `POP3SVC_MAX_CONNECTIONS` for `--max-connections`. The names come from the tables of
 * options. A variable that Deno does not permit to read counts as unset; the program never asks for permission.
 */
import { CliError } from "./cli_error.ts";
import type { GivenOption, GivenOptions, OptionTable } from "./options.ts";

const PREFIX = "POP3SVC_";
/** Variables that are not options: a password must not be on a command line, and MAILBOX is an argument. */
const OTHERS: ReadonlySet<string> = new Set([`${PREFIX}PASSWORD`, `${PREFIX}MAILBOX`]);

/** A variable of the environment; undefined when it is not set or may not be read. */
export function environmentVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/** The name of the variable for an option. */
export function variableOf(option: string): string {
  return PREFIX + option.toUpperCase().replaceAll("-", "_");
}

/**
 * The options of a command that the environment sets.
 *
 * @throws {CliError} for a flag that is neither true nor false
 */
export function givenByEnvironment(table: OptionTable): GivenOptions {
  const given: Record<string, GivenOption> = {};
  for (const [name, { placeholder, isRepeatable }] of Object.entries(table)) {
    const variable = variableOf(name);
    const value = environmentVariable(variable) ?? "";
    // An empty variable counts as unset: compose files and systemd units set such variables.
    if (value === "" || isServiceLink(value)) continue;
    const shown = `${variable}=${value}`;
    if (placeholder === null && !["true", "false"].includes(value)) {
      throw CliError.usage(`${shown}: give true or false`);
    }
    const texts = isRepeatable ? value.split(",").map((text) => text.trim()) : [value];
    given[name] = { texts, shown };
  }
  return given;
}

/** @throws {CliError} naming a variable with the prefix POP3SVC_ that belongs to no option: a typing error */
export function refuseUnknownVariables(options: readonly string[]): void {
  const known = new Set([...OTHERS, ...options.map(variableOf)]);
  const stray = readableVariables().find((name) =>
    name.startsWith(PREFIX) && !known.has(name) && !SERVICE_VARIABLE.test(name)
  );
  if (stray === undefined) return;
  throw CliError.usage(`${stray} belongs to no option; see pop3svc --help`);
}

/** What Kubernetes sets for a service whose name begins with pop3svc. No option has such a name. */
const SERVICE_VARIABLE = /_SERVICE_HOST$|_SERVICE_PORT(_|$)|_PORT(_\d+_(TCP|UDP)(_\w+)?)?$/;

/** Whether Kubernetes set the variable of an option, for a service named pop3svc: `POP3SVC_PORT=tcp://10.0.0.1:110`. */
function isServiceLink(value: string): boolean {
  return /^(tcp|udp):\/\//.test(value);
}

function readableVariables(): readonly string[] {
  try {
    return Object.keys(Deno.env.toObject());
  } catch {
    // With permission for only some variables, Deno lists none.
    return [];
  }
}
