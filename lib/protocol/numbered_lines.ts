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
  readonly #count: number;
  readonly #valueOf: (number: number) => number | string | null;
  /** The number of the next line that `put` writes. */
  #next = 1;

  /**
   * @param count the last number; the first is 1
   * @param valueOf a whole number, or a unique-id; null for a number that has no line
   */
  constructor(count: number, valueOf: (number: number) => number | string | null) {
    this.#count = count;
    this.#valueOf = valueOf;
  }

  *[Symbol.iterator](): Generator<string> {
    for (let number = 1; number <= this.#count; number++) {
      const value = this.#valueOf(number);
      if (value !== null) yield `${number} ${value}`;
    }
  }

  /** Whether `put` and `takeText` have given all lines. */
  get isOver(): boolean {
    return this.#next > this.#count;
  }

  /**
   * Writes the next lines, as many as certainly have room.
   *
   * @param most how many numbers are looked at
   * @returns where the lines end; null where there is no room for the next one
   */
  put(buffer: Uint8Array, at: number, most: number): number | null {
    const last = Math.min(this.#count, this.#next + most - 1);
    let end = at;
    for (; this.#next <= last; this.#next++) {
      const number = this.#next;
      const value = this.#valueOf(number);
      if (value === null) continue;
      const isText = typeof value === "string";
      const room = isText ? LEAST_ROOM + 3 * value.length : LEAST_ROOM;
      if (buffer.length - end < room) return end === at ? null : end;
      end = putNumber(number, buffer, end);
      buffer[end++] = SPACE;
      end = isText ? putText(value, buffer, end) : putNumber(value, buffer, end);
      buffer[end++] = CR;
      buffer[end++] = LF;
    }
    return end;
  }

  /** The line for which `put` found no room. */
  takeText(): string {
    const number = this.#next++;
    return `${number} ${this.#valueOf(number) ?? ""}`;
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
