/** Reads the bytes of a message that is a file. */
import { counted } from "../../protocol/counted.ts";
import type { FileTimes } from "../../files/file_identity.ts";
import type { OpenFile } from "../../files/open_file.ts";
import { envelopeOctets } from "./envelope_line.ts";
import { CLEAN, COUNTED, type CountedBody, type MessageBody } from "../../protocol/reply.ts";
import { recentMessages } from "./recent_messages.ts";

const CHUNK_OCTETS = 262_144;

/** Up to this size, a file is read whole by synchronous calls: 20 µs, not 150 µs with four asynchronous ones. */
const SMALL_OCTETS = 32_768;

/** The message at a path, if it was read lately and the file is as it was then. */
export function recentBody(path: string, facts: FileTimes, isClean: boolean): MessageBody | null {
  const octets = recentMessages.get(path, facts);
  return octets === null ? null : new SmallBody(octets, isClean);
}

/** Takes the size of a message as sent, and whether it is stored exactly as it is sent. */
export type Learn = (octets: number, isClean: boolean) => void;

/** Takes over the open file of a path, and closes it in the end. */
export function messageBody(
  path: string,
  file: OpenFile,
  isClean: boolean,
  learn: Learn,
): MessageBody {
  const { size } = file.info;
  if (size > SMALL_OCTETS) return new FileBody(file, size, isClean, learn);
  using _file = file;
  const readAt = Date.now();
  const whole = readAll(file, size);
  const octets = whole.subarray(envelopeOctets(whole));
  recentMessages.keep(path, file.info, readAt, octets);
  return new SmallBody(octets, isClean);
}

function readAll(file: OpenFile, size: number): Uint8Array {
  const octets = new Uint8Array(size);
  for (let read = 0; read < size;) {
    const count = file.readNow(octets.subarray(read), read);
    if (count === 0) throw endedEarly(size - read);
    read += count;
  }
  return octets;
}

function endedEarly(octets: number): Error {
  return new Error(`The file ended ${counted(octets, "octet")} early`);
}

/** The bytes of a file that was read. */
class SmallBody implements MessageBody {
  readonly [CLEAN]: boolean;
  readonly isAtEnd = true;
  #octets: Uint8Array | null;

  constructor(octets: Uint8Array, isClean: boolean) {
    this.#octets = octets.length > 0 ? octets : null;
    this[CLEAN] = isClean;
  }

  nextChunk(): Uint8Array | null {
    const octets = this.#octets;
    this.#octets = null;
    return octets;
  }

  close(): void {}
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
