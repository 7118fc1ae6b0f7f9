/**
 * A setting: its default and which values it may have, written once. Options of the library, of the command line, of the
 * environment and of the configuration file are checked by the same settings.
 */

/** One setting. */
export interface Setting<T> {
  readonly default: T;
  /** Which values are allowed, as the end of a sentence that begins with "give": `a whole number from 1 to 100`. */
  readonly allowed: string;
  /** Whether the value is of the right kind: a number, even if it is too large. */
  readonly isKind: (value: unknown) => boolean;
  readonly accepts: (value: unknown) => value is T;
  /** The value of a text, which `accepts` may still refuse; undefined for a setting that no text can express. */
  readonly ofText: (text: string) => unknown;
  /** Whether there is no default, so that it must be given. */
  readonly isRequired?: true;
}

/** A table of settings. Its type ensures that none is missing. */
export type SettingsTable<T> = { readonly [Name in keyof T]-?: Setting<T[Name]> };

/**
 * The value, if the setting accepts it.
 *
 * @param name the name under which the value was given, for the error: `maxConnections`
 * @throws {TypeError} for a value of the wrong kind
 * @throws {RangeError} for one of the right kind that is not allowed
 */
export function checked<T>(name: string, setting: Setting<T>, value: unknown): T {
  if (setting.accepts(value)) return value;
  const text = `${name}: ${shown(value)}: give ${setting.allowed}`;
  throw setting.isKind(value) ? new RangeError(text) : new TypeError(text);
}

/** Settings by their names. */
export interface AllSettings<Changing, Fixed> {
  readonly changing: SettingsTable<Changing>;
  readonly fixed: SettingsTable<Fixed>;
}

/**
 * Gives the target a property for each setting. A property that may change checks each new value.
 *
 * @param options the values at the start; a setting that is left out, or undefined, has its default
 * @throws {TypeError} for an option that is not in the table, and what {@linkcode checked} throws
 */
export function defineSettings<Changing, Fixed>(
  target: Changing & Fixed,
  { changing, fixed }: AllSettings<Changing, Fixed>,
  options: Partial<Readonly<Changing>> & Partial<Readonly<Fixed>>,
): void {
  const values = valuesOf({ ...changing, ...fixed }, options);
  for (const name of Object.keys(fixed)) {
    Object.defineProperty(target, name, { value: values.get(name), enumerable: true });
  }
  for (const [name, setting] of Object.entries<Setting<unknown>>(changing)) {
    let value = values.get(name);
    Object.defineProperty(target, name, {
      enumerable: true,
      configurable: true,
      get: () => value,
      set: (next: unknown) => value = checked(name, setting, next),
    });
  }
}

/** Options of which some may be left out. */
export type Given<T> = { readonly [Name in keyof T]?: T[Name] | undefined };

/**
 * The options as an object that nobody can change, with the defaults of those that are left out, or undefined.
 *
 * @throws {TypeError} for an option that no setting has, and what {@linkcode checked} throws
 */
export function checkedOptions<T>(table: SettingsTable<T>, options: Given<T>): Readonly<T> {
  const values: Iterable<readonly unknown[]> = valuesOf(table, options);
  return Object.freeze(Object.fromEntries(values));
}

function valuesOf<T>(table: SettingsTable<T>, options: Given<T>): ReadonlyMap<string, unknown> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`options: ${shown(options)}: give an object with the options`);
  }
  const given: Readonly<Record<string, unknown>> = { ...options };
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(table, name)) throw new TypeError(`${name}: there is no such option`);
  }
  const valueOf = (name: string, setting: Setting<unknown>) =>
    given[name] === undefined && setting.isRequired !== true
      ? setting.default
      : checked(name, setting, given[name]);
  const settings = Object.entries<Setting<unknown>>(table);
  return new Map(settings.map(([name, setting]) => [name, valueOf(name, setting)]));
}

/** A whole number. */
export function wholeNumber(minimum: number, maximum: number, absent: number): Setting<number> {
  return {
    default: absent,
    allowed: `a whole number from ${minimum} to ${maximum}`,
    isKind: (value) => typeof value === "number",
    accepts: (value): value is number =>
      Number.isInteger(value) && Number(value) >= minimum && Number(value) <= maximum,
    ofText: (text) => /^\d+$/.test(text) ? Number(text) : text,
  };
}

/** A duration in seconds, parts of a second included. */
export function seconds(minimum: number, maximum: number, absent: number): Setting<number> {
  return {
    ...wholeNumber(minimum, maximum, absent),
    allowed: `seconds from ${minimum} to ${maximum}`,
    accepts: (value): value is number =>
      typeof value === "number" && value >= minimum && value <= maximum,
    ofText: (text) => /^\d+(\.\d+)?$/.test(text) ? Number(text) : text,
  };
}

export function flag(absent: boolean): Setting<boolean> {
  return {
    default: absent,
    allowed: "true or false",
    isKind: (value) => typeof value === "boolean",
    accepts: (value) => typeof value === "boolean",
    ofText: (text) => text === "true" ? true : text === "false" ? false : text,
  };
}

/** A text that a regular expression describes. */
export function text(pattern: RegExp, allowed: string, absent: string): Setting<string> {
  return {
    default: absent,
    allowed,
    isKind: (value) => typeof value === "string",
    accepts: (value): value is string => typeof value === "string" && pattern.test(value),
    ofText: (text) => text,
  };
}

/** One of a few words. */
export function oneOf<T extends string>(choices: readonly [T, ...T[]]): Setting<T> {
  return {
    default: choices[0],
    allowed: choices.join(" or "),
    isKind: (value) => typeof value === "string",
    accepts: (value): value is T => choices.some((choice) => choice === value),
    ofText: (text) => text,
  };
}

/** The same setting, but null is allowed as well, and is the default. */
export function orNull<T>(setting: Setting<T>): Setting<T | null> {
  return {
    ...setting,
    default: null,
    accepts: (value): value is T | null => value === null || setting.accepts(value),
  };
}

/** An object or a function of a program, which no text can express. */
export function given<T>(
  allowed: string,
  accepts: (value: unknown) => value is T,
  absent: T,
): Setting<T> {
  return { default: absent, allowed, isKind: () => false, accepts, ofText: () => undefined };
}

/** The same, without a default. */
export function required<T>(setting: Setting<T>): Setting<T> {
  return { ...setting, isRequired: true };
}

/** A function. */
export function callback<T extends (...values: never[]) => unknown>(absent: T): Setting<T> {
  return given("a function", (value): value is T => typeof value === "function", absent);
}

/** Whether it is an object with a method of this name. */
export function hasMethod(value: unknown, name: string): boolean {
  return typeof value === "object" && value !== null && name in value &&
    typeof Reflect.get(value, name) === "function";
}

/** The value for a message, short enough for a line. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "function") return "this function";
  if (typeof value !== "object" || value === null) return String(value);
  const { name = "Object" } = value.constructor ?? {};
  return name === "Object" ? "this object" : `this ${name}`;
}
