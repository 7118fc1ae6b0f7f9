/** A buffer over a file: one read gives many small messages. */

const WINDOW_OCTETS = 262_144;

/** What a window shows: an open file, or one that is yet to be written. */
export interface WindowSource {
  readonly info: { readonly size: number };
  /** Reads at an offset; 0 only at the end. */
  readNow(into: Uint8Array, at: number): number;
}

/**
 * A buffer over a file that reads again only when an offset outside it is wanted: one read gives many small messages.
 */
export class FileWindow {
  readonly #file: WindowSource;
  readonly #buffer: Uint8Array;
  #start = 0;
  #length = 0;

  constructor(file: WindowSource, octets = WINDOW_OCTETS) {
    this.#file = file;
    this.#buffer = new Uint8Array(Math.min(octets, Math.max(1, file.info.size)));
  }

  /**
   * The octets from an offset up to an end, as far as the window holds them; valid until the next call.
   *
   * @throws {Deno.errors.UnexpectedEof} when the file has become shorter
   */
  octets(from: number, end: number): Uint8Array {
    const at = from - this.#start;
    if (at < 0 || at >= this.#length) return this.fresh(from, end);
    return this.#buffer.subarray(at, Math.min(this.#length, end - this.#start));
  }

  /** The octets from an offset up to an end, as many as the window can hold; valid until the next call. */
  fresh(from: number, end: number): Uint8Array {
    this.#length = this.#file.readNow(this.#buffer, from);
    this.#start = from;
    if (this.#length === 0 && from < end) {
      throw new Deno.errors.UnexpectedEof("the mbox became shorter while it was read");
    }
    return this.#buffer.subarray(0, Math.min(this.#length, end - from));
  }
}
