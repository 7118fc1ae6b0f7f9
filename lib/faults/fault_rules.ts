/**
 * The rules by which a server misbehaves on purpose, for people who test a client.
 *
 * A rule names a fault, where it strikes, and how often. Its random numbers come from a seed, so that a failing run can
 * be repeated.
 */

/** Where a fault of a provider strikes. */
export type FaultPlace = "login" | "list" | "size" | "contents" | "delete" | "wake";

/** A fault; {@linkcode FaultRule} says what each does. */
export type FaultName =
  | "delay"
  | "sys-temp"
  | "in-use"
  | "expired-login"
  | "vanish"
  | "wrong-size"
  | "drop"
  | "duplicate-unique-ids"
  | "changing-unique-ids"
  | "single-bytes"
  | "half-handshake";

const PLACES: readonly FaultPlace[] = ["login", "list", "size", "contents", "delete", "wake"];
const FAULTS: readonly FaultName[] = [
  "delay",
  "sys-temp",
  "in-use",
  "expired-login",
  "vanish",
  "wrong-size",
  "drop",
  "duplicate-unique-ids",
  "changing-unique-ids",
  "single-bytes",
  "half-handshake",
];

/** One way to misbehave. */
export interface FaultRule {
  /**
   * - `delay`: answer late, by `milliseconds`;
   * - `sys-temp`, `in-use`: answer `-ERR [SYS/TEMP]` or `-ERR [IN-USE]`;
   * - `expired-login`: refuse a correct login, at `login` or at `wake`;
   * - `vanish`: the message is in the list, but gone when the client asks for it;
   * - `wrong-size`: report `octets` more than the message has (fewer, if negative);
   * - `drop`: close the connection in the middle of the message;
   * - `duplicate-unique-ids`: the last message has the unique id of the first;
   * - `changing-unique-ids`: each list has other unique ids;
   * - `single-bytes`: send each octet by itself;
   * - `half-handshake`: close the connection in the middle of a TLS handshake.
   */
  readonly fault: FaultName;
  /** Where `delay`, `sys-temp`, `in-use` and `expired-login` strike; `login` by default. */
  readonly at?: FaultPlace;
  /** The message by its number in the list; every message by default. */
  readonly message?: number;
  /** How much later; 1000 by default. */
  readonly milliseconds?: number;
  /** How many octets too many; 1 by default. */
  readonly octets?: number;
  /** The probability, from 0 to 1; 1 by default. */
  readonly chance?: number;
  /** How often the rule strikes at most; without limit by default. */
  readonly times?: number;
}

/** The content of a faults file. */
export interface FaultPlan {
  /** The seed of the random numbers; any whole number. */
  readonly seed: number;
  /** The rules, which are independent of each other. */
  readonly rules: readonly FaultRule[];
}

const KEYS = ["fault", "at", "message", "milliseconds", "octets", "chance", "times"];

/**
 * Reads a plan, from JSON such as `{ "seed": 1, "rules": [{ "fault": "drop", "message": 2, "chance": 0.5 }] }`.
 *
 * @throws {SyntaxError} that says which rule is wrong, and what would be right
 *
 * @example
 * ```ts
 * import { Pop3Client, parseFaultPlan, ServerClosedError, startTestServer } from "@pop3svc/pop3svc/testing";
 * import { assertRejects } from "@std/assert";
 *
 * const faults = parseFaultPlan('{ "seed": 1, "rules": [{ "fault": "drop", "message": 1 }] }');
 * await using server = await startTestServer({ mailboxes: { ann: ["Subject: lost\\n"] }, faults });
 * using client = await Pop3Client.connect(server);
 * await client.logIn("ann", "x");
 * await assertRejects(() => client.listing("RETR 1"), ServerClosedError);
 * ```
 */
export function parseFaultPlan(json: string): FaultPlan {
  const plan: unknown = JSON.parse(json);
  if (!isObject(plan)) throw new SyntaxError('give { "seed": 1, "rules": [...] }');
  const { seed, rules } = plan;
  if (typeof seed !== "number" || !Number.isSafeInteger(seed)) {
    throw new SyntaxError('"seed" is a whole number');
  }
  if (!Array.isArray(rules) || rules.length === 0) {
    throw new SyntaxError('"rules" is a list of rules');
  }
  return { seed, rules: rules.map(parseRule) };
}

function parseRule(rule: unknown, index: number): FaultRule {
  const wrong = (what: string) => new SyntaxError(`rule ${index + 1}: ${what}`);
  if (!isObject(rule)) throw wrong("give an object");
  const stray = Object.keys(rule).find((key) => !KEYS.includes(key));
  if (stray !== undefined) throw wrong(`unknown key "${stray}"; known are ${KEYS.join(", ")}`);
  const fault = FAULTS.find((name) => name === rule["fault"]);
  if (fault === undefined) throw wrong(`"fault" is one of ${FAULTS.join(", ")}`);
  const at = PLACES.find((name) => name === rule["at"]);
  if (rule["at"] !== undefined && at === undefined) {
    throw wrong(`"at" is one of ${PLACES.join(", ")}`);
  }
  const number = (key: string, minimum: number, maximum: number) => {
    const value = rule[key];
    if (value === undefined) return {};
    if (typeof value === "number" && value >= minimum && value <= maximum) return { [key]: value };
    throw wrong(`"${key}" is a number from ${minimum} to ${maximum}`);
  };
  return {
    fault,
    ...(at === undefined ? {} : { at }),
    ...number("message", 1, 1e9),
    ...number("milliseconds", 0, 3_600_000),
    ...number("octets", -1e9, 1e9),
    ...number("chance", 0, 1),
    ...number("times", 0, 1e9),
  };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
