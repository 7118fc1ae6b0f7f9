/** The options of {@linkcode parseArgs} that this project uses. */
export interface ParseOptions {
  /** Names of flags that take no value. */
  readonly boolean?: boolean | string | readonly string[];
  /** Names of options whose value stays a string; `_` for the positional arguments. */
  readonly string?: string | readonly string[];
  /** Names of options that may be repeated and give an array. */
  readonly collect?: string | readonly string[];
  /** Other names of an option. */
  readonly alias?: Record<string, string | readonly string[]>;
  /** Called with each argument that no other option names; false leaves it out. */
  readonly unknown?: (arg: string, key?: string, value?: unknown) => unknown;
}
/** What {@linkcode parseArgs} returns. */
export interface Args {
  /** The positional arguments. */
  _: Array<string | number>;
  /** The options by name. */
  [name: string]: unknown;
}
/** Takes a command line apart. */
export function parseArgs(
  args: readonly string[],
  options?: ParseOptions,
): Args;
