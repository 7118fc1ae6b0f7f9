/** Reads the bytes of a message that is a file. */
import { counted } from "../../protocol/counted.ts";
import type { FileTimes } from "../../files/file_identity.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import { envelopeOctets } from "./envelope_line.ts";
import {
  type Awaitable,
  CLEAN,
  COUNTED,
  type CountedBody,
  type MessageBody,
} from "../../protocol/reply.ts";
import { OneChunkBody } from "../../provider/bodies.ts";
import { recentMessages } from "./recent_messages.ts";

const CHUNK_OCTETS = 262_144;

/** Up to this size, a file is read whole, synchronously where its disk has been fast: 20 µs, not 150 µs. */
const SMALL_OCTETS = 32_768;

/** The message at a path, if it was read lately and the file is as it was then. */
export function recentBody(path: string, facts: FileTimes, isClean: boolean): MessageBody | null {
  const octets = recentMessages.get(path, facts);
  return octets === null ? null : new SmallBody(octets, isClean);
}

/** Takes the size of a message as sent, and whether it is stored exactly as it is sent. */
export type Learn = (octets: number, isClean: boolean) => void;

/** Takes over the open file of a path, and closes it in the end. A promise only where its disk is slow. */
export function messageBody(
  path: string,
  file: OpenFile,
  isClean: boolean,
  learn: Learn,
): Awaitable<MessageBody> {
  const { size } = file.info;
  if (size > SMALL_OCTETS) return new FileBody(file, size, isClean, learn);
  const readAt = Date.now();
  const bodyOf = (whole: Uint8Array) => {
    const octets = whole.subarray(envelopeOctets(whole));
    recentMessages.keep(path, file.info, readAt, octets);
    return new SmallBody(octets, isClean);
  };
  let whole: Awaitable<Uint8Array> | null = null;
  try {
    whole = readRest(file, new Uint8Array(size), 0);
    if (!(whole instanceof Promise)) return bodyOf(whole);
  } finally {
    if (!(whole instanceof Promise)) file[Symbol.dispose]();
  }
  return whole.then(bodyOf).finally(() => file[Symbol.dispose]());
}

/** Fills the octets from `from` on. */
function readRest(file: OpenFile, octets: Uint8Array, from: number): Awaitable<Uint8Array> {
  for (let read = from; read < octets.length;) {
    const at = read;
    const add = (count: number) => {
      if (count === 0) throw endedEarly(octets.length - at);
      return at + count;
    };
    const count = file.readSoon(octets.subarray(at), at);
    if (count instanceof Promise) return count.then((some) => readRest(file, octets, add(some)));
    read = add(count);
  }
  return octets;
}

function endedEarly(octets: number): Error {
  return new Error(`The file ended ${counted(octets, "octet")} early`);
}

/** The bytes of a file that was read. */
class SmallBody extends OneChunkBody {
  readonly [CLEAN]: boolean;

  constructor(octets: Uint8Array, isClean: boolean) {
    super(octets);
    this[CLEAN] = isClean;
  }
}

/**
 * The bytes of an open file, as many as it had when it was measured. From the second chunk on, the next chunk is read
 * while one is sent. The first chunk is not followed by such a read, because TOP and most mail need no second one.
 */
class FileBody implements CountedBody {
  readonly [CLEAN]: boolean;
  readonly #file: OpenFile;
  readonly #size: number;
  readonly #learn: Learn;
  #hasEnvelope = false;
  #buffer: Uint8Array;
  #spare: Uint8Array | null = null;
  /** How many octets `nextChunk` has not returned yet. */
  #left: number;
  #ahead: Promise<Uint8Array> | null = null;

  constructor(file: OpenFile, size: number, isClean: boolean, learn: Learn) {
    this[CLEAN] = isClean;
    this.#learn = learn;
    this.#file = file;
    this.#size = size;
    this.#left = size;
    this.#buffer = new Uint8Array(Math.min(size, CHUNK_OCTETS));
  }

  get isAtEnd(): boolean {
    return this.#left === 0;
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#left === 0) return null;
    const isFirst = this.#ahead === null && this.#spare === null;
    let chunk = await (this.#ahead ?? this.#read(this.#left));
    this.#ahead = null;
    this.#left -= chunk.length;
    if (isFirst) {
      this.#spare = new Uint8Array(Math.min(this.#left, CHUNK_OCTETS));
      const envelope = envelopeOctets(chunk);
      this.#hasEnvelope = envelope > 0;
      chunk = chunk.subarray(envelope);
    } else this.#readAhead();
    return chunk;
  }

  /** A file that begins with an envelope line may be a whole mbox, which nobody has looked for here. */
  [COUNTED](octets: number, isClean: boolean): void {
    if (!this.#hasEnvelope) this.#learn(octets, isClean);
  }

  async close(): Promise<void> {
    await this.#ahead?.catch(() => {});
    this.#file[Symbol.dispose]();
  }

  #readAhead(): void {
    if (this.#left === 0 || this.#spare === null) return;
    [this.#buffer, this.#spare] = [this.#spare, this.#buffer];
    this.#ahead = this.#read(this.#left);
    // The error is thrown when the chunk is asked for.
    this.#ahead.catch(() => {});
  }

  async #read(left: number): Promise<Uint8Array> {
    const into = this.#buffer.subarray(0, left);
    const count = await this.#file.read(into, this.#size - left);
    if (count === 0) throw endedEarly(left);
    return into.subarray(0, count);
  }
}
