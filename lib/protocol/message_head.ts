/**
 * The part of a message that TOP sends (RFC 1939 section 7): the header, the blank line, and the first n lines of the
 * body. A message without a blank line is all header.
 *
 * Line ends are those of well_formed_lines.ts: CRLF, bare LF, bare CR.
 */
import { CR, LF } from "./ascii.ts";

/** Cuts the chunks of one message after its header and some lines of its body. */
export class HeadCutter {
  #bodyLinesLeft: number;
  #inHeader = true;
  #lineIsEmpty = true;
  #afterCr = false;
  #isComplete = false;

  /** @param bodyLines how many lines of the body to keep */
  constructor(bodyLines: number) {
    this.#bodyLinesLeft = bodyLines;
  }

  /** Whether TOP has all that it sends, and needs no further chunk. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The part of the next chunk that belongs to the head. */
  cut(chunk: Uint8Array): Uint8Array {
    if (this.#isComplete) return chunk.subarray(0, 0);
    for (let at = 0; at < chunk.length; at++) {
      const octet = chunk[at];
      const endsCrLf = octet === LF && this.#afterCr;
      // The octet after a CR decides where its line ends; otherwise the LF of a CRLF would be cut off.
      if (this.#afterCr && !endsCrLf) {
        this.#endLine();
        if (this.#isComplete) return chunk.subarray(0, at);
      }
      this.#afterCr = octet === CR;
      if (octet === LF) {
        this.#endLine();
        if (this.#isComplete) return chunk.subarray(0, at + 1);
      } else if (octet !== CR) {
        this.#lineIsEmpty = false;
      }
    }
    return chunk;
  }

  #endLine(): void {
    if (!this.#inHeader) this.#bodyLinesLeft--;
    else if (this.#lineIsEmpty) this.#inHeader = false;
    this.#lineIsEmpty = true;
    this.#isComplete = !this.#inHeader && this.#bodyLinesLeft === 0;
  }
}
