/**
 * The environment: a variable for each option, `POP3SVC_MAX_CONNECTIONS` for `--max-connections`. The names come from the
 * tables of options. A variable that this program may not read is not there for it, and it never asks for more.
 */
import { CliError } from "./cli_error.ts";
import type { GivenOption, GivenOptions, OptionTable } from "./options.ts";

const PREFIX = "POP3SVC_";
/** Variables that are no option: the one user's password has no place on a command line, and MAILBOX has no dashes. */
const OTHERS: ReadonlySet<string> = new Set([`${PREFIX}PASSWORD`, `${PREFIX}MAILBOX`]);

/** A variable of the environment; undefined where this program may not read it. */
export function environmentVariable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}

/** The name of the variable for an option. */
export function variableOf(option: string): string {
  return PREFIX + option.toUpperCase().replaceAll("-", "_");
}

/**
 * What the environment gives for the options of a command.
 *
 * @throws {CliError} for a flag that is neither true nor false
 */
export function givenByEnvironment(table: OptionTable): GivenOptions {
  const given: Record<string, GivenOption> = {};
  for (const [name, { placeholder, isRepeatable }] of Object.entries(table)) {
    const variable = variableOf(name);
    const value = environmentVariable(variable) ?? "";
    // Empty is not set: nobody filled it in.
    if (value === "" || isServiceLink(variable, value)) continue;
    const shown = `${variable}=${value}`;
    if (placeholder === null && !["true", "false"].includes(value)) {
      throw CliError.usage(`${shown}: give true or false`);
    }
    const texts = isRepeatable ? value.split(",").map((text) => text.trim()) : [value];
    given[name] = { texts, shown };
  }
  return given;
}

/** @throws {CliError} that names a variable with our prefix that no option has: somebody hoped for something */
export function refuseUnknownVariables(options: readonly string[]): void {
  const known = new Set([...OTHERS, ...options.map(variableOf)]);
  const stray = readableVariables().find((name) =>
    name.startsWith(PREFIX) && !known.has(name) && !isServiceLink(name, Deno.env.get(name) ?? "")
  );
  if (stray === undefined) return;
  throw CliError.usage(`${stray} is the variable of no option; see pop3svc --help`);
}

/** Whether Kubernetes has set it, for a service that is named pop3svc: `POP3SVC_PORT=tcp://10.0.0.1:110`. */
function isServiceLink(name: string, value: string): boolean {
  return value.startsWith("tcp://") || /^POP3SVC_(SERVICE_|PORT_)/.test(name);
}

function readableVariables(): readonly string[] {
  try {
    return Object.keys(Deno.env.toObject());
  } catch {
    // Where some variables may be read and others not, Deno lists none.
    return [];
  }
}
