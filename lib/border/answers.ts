/** Which answers of a provider are answers: nothing else gets past the border. */
import { isSize } from "../provider/message_size.ts";
import {
  CONTENTS_ALLOWED,
  isMessageContent,
  type MessageContent,
} from "../provider/message_content.ts";
import { shown } from "../settings/setting.ts";
import type { Mailbox } from "../provider/mailbox.ts";
import type { ScramChallenge, UserSecret } from "../provider/mailbox_provider.ts";

/** An answer that its type does not allow. It goes to the events; the client hears `[SYS/TEMP]`. */
export class AnswerError extends TypeError {
  override readonly name = "AnswerError";

  /**
   * @param allowed what the operation may answer: `a mailbox, or null to refuse`
   */
  constructor(operation: string, message: string | null, value: unknown, allowed: string) {
    const of = message === null ? "" : ` of ${JSON.stringify(message)}`;
    super(`${operation}${of} answered ${shown(value)}; it must answer ${allowed}`);
  }
}

/** Takes an answer as what it must be, or throws an {@linkcode AnswerError}. */
export type Check<T> = (value: unknown, operation: string, message: string | null) => T;

/** A check by a guard of a type. @param allowed the end of "it must answer " */
export function only<T>(accepts: (value: unknown) => value is T, allowed: string): Check<T> {
  return (value, operation, message) => {
    if (accepts(value)) return value;
    throw new AnswerError(operation, message, value, allowed);
  };
}

/** Whatever it is: the operation has no answer. */
export const nothing: Check<void> = () => {};

export const aBoolean: Check<boolean> = only(
  (value): value is boolean => typeof value === "boolean",
  "true or false",
);

export const aUsername: Check<string> = only(
  (value): value is string => typeof value === "string",
  "a name",
);

export const uniqueIds: Check<readonly string[]> = only(
  (value): value is readonly string[] =>
    Array.isArray(value) && areAll(value, (each) => typeof each === "string"),
  "an array of unique-ids",
);

const OCTETS = "a number of octets, a whole number from 0 on";

export const aSize: Check<number> = only(isSize, OCTETS);

/** As many sizes as were asked for; null for a message that is gone. */
export function sizes(count: number): Check<readonly (number | null)[]> {
  return only(
    (value): value is readonly (number | null)[] =>
      Array.isArray(value) && value.length === count &&
      areAll(value, (each) => each === null || isSize(each)),
    `an array of ${count}, each ${OCTETS}, or null`,
  );
}

/**
 * The array as it was when it was checked: a program may go on changing its own. One that is frozen stays the same, and is
 * checked once, although every login to a mailbox gets it.
 */
export function kept<T>(check: Check<readonly T[]>): Check<readonly T[]> {
  const accepted = new WeakMap<object, readonly T[]>();
  return (value, operation, message) => {
    if (!Array.isArray(value)) return check(value, operation, message);
    if (!Object.isFrozen(value)) return check([...value], operation, message);
    const array = accepted.get(value) ?? check(value, operation, message);
    accepted.set(value, array);
    return array;
  };
}

const MAILBOX_OPERATIONS = [
  "listMessageUniqueIds",
  "mailboxIsReadOnly",
  "messageExists",
  "messageSize",
  "messageContents",
  "messageDelete",
] as const;

export const mailboxOrNull: Check<Mailbox | null> = only(
  (value): value is Mailbox | null => value === null || isMailbox(value),
  `a mailbox, or null to refuse; a mailbox has ${MAILBOX_OPERATIONS.join(", ")}`,
);

function isMailbox(value: unknown): value is Mailbox {
  return isObject(value) &&
    MAILBOX_OPERATIONS.every((name) => typeof Reflect.get(value, name) === "function");
}

export const secretOrNull: Check<UserSecret | null> = only(
  (value): value is UserSecret | null => value === null || isSecret(value),
  'a secret, { type: "plain", password } or { type: "scram-sha-256", verifier }, or null',
);

function isSecret(value: unknown): value is UserSecret {
  if (!isObject(value) || !("type" in value)) return false;
  return value.type === "plain"
    ? "password" in value && typeof value.password === "string"
    : value.type === "scram-sha-256" && "verifier" in value && isVerifier(value.verifier);
}

function isVerifier(value: unknown): boolean {
  return isChallenge(value) &&
    ["storedKey", "serverKey"].every((name) => Reflect.get(value, name) instanceof Uint8Array);
}

export const aChallenge: Check<ScramChallenge> = only(isChallenge, "{ salt, iterations }");

function isChallenge(value: unknown): value is ScramChallenge {
  return isObject(value) && "salt" in value && value.salt instanceof Uint8Array &&
    "iterations" in value && Number.isSafeInteger(value.iterations) &&
    Number(value.iterations) > 0;
}

export const contentsOrNull: Check<MessageContent | null> = only(
  (value): value is MessageContent | null => value === null || isMessageContent(value),
  CONTENTS_ALLOWED,
);

export const octetsOrNull: Check<Uint8Array | null> = only(
  (value): value is Uint8Array | null => value === null || value instanceof Uint8Array,
  "octets, or null after the last ones",
);

/** `every` passes over places that were never filled, and takes five times as long for a frozen one. */
function areAll(values: readonly unknown[], accepts: (value: unknown) => boolean): boolean {
  for (let index = 0; index < values.length; index++) {
    if (!accepts(values[index])) return false;
  }
  return true;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
