/**
 * The lines of a list that has as many as there are messages: a number and a value (RFC 1939, LIST in section 5, UIDL in
 * section 7). A reply is written without a text for each line.
 */
import { CR, LF, putAscii, SPACE } from "./ascii.ts";

const ZERO = 0x30;
/** With fewer octets left in a buffer, no line is begun: a number has at most 16 digits. */
const LEAST_ROOM = 64;
/** Larger numbers are no integers of 32 bits, with which a processor divides fastest. */
const MOST_SMALL = 2 ** 31 - 1;
const encoder = new TextEncoder();

export class NumberedLines implements Iterable<string> {
  readonly numbers: Iterable<number>;
  readonly #valueOf: (number: number) => number | string;

  /** @param valueOf a whole number, or a unique-id */
  constructor(numbers: Iterable<number>, valueOf: (number: number) => number | string) {
    this.numbers = numbers;
    this.#valueOf = valueOf;
  }

  *[Symbol.iterator](): Generator<string> {
    for (const number of this.numbers) yield this.textOf(number);
  }

  textOf(number: number): string {
    return `${number} ${this.#valueOf(number)}`;
  }

  /**
   * Writes the line of a number.
   *
   * @returns where the next line begins; null when the buffer has no room for this one
   */
  put(number: number, buffer: Uint8Array, at: number): number | null {
    const value = this.#valueOf(number);
    const room = typeof value === "string" ? LEAST_ROOM + 3 * value.length : LEAST_ROOM;
    if (buffer.length - at < room) return null;
    let end = putNumber(number, buffer, at);
    buffer[end++] = SPACE;
    end = typeof value === "string" ? putText(value, buffer, end) : putNumber(value, buffer, end);
    buffer[end++] = CR;
    buffer[end++] = LF;
    return end;
  }
}

/** Returns where the number ends. */
function putNumber(number: number, buffer: Uint8Array, at: number): number {
  if (number > MOST_SMALL) return putText(`${number}`, buffer, at);
  let end = at;
  for (let rest = number; end === at || rest > 0; rest = (rest / 10) | 0) end++;
  let rest = number | 0;
  for (let digit = end - 1; digit >= at; digit--) {
    const tens = (rest / 10) | 0;
    buffer[digit] = ZERO + rest - 10 * tens;
    rest = tens;
  }
  return end;
}

/** Returns where the text ends. */
function putText(text: string, buffer: Uint8Array, at: number): number {
  return at + (putAscii(text, buffer, at) ?? encoder.encodeInto(text, buffer.subarray(at)).written);
}
