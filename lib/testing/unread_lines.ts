/** What a client has received and not read yet, as lines. */
import { latin1 } from "./latin1.ts";

/** Text that a client has received and not read yet. */
export class UnreadLines {
  #text = "";

  /** Adds octets that were received. */
  add(octets: Uint8Array): void {
    this.#text += latin1(octets);
  }

  /** The next line without its CRLF; null while there is no whole one. */
  take(): string | null {
    const end = this.#text.indexOf("\r\n");
    if (end === -1) return null;
    const line = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return line;
  }

  /** What is left when the server has closed; null for nothing. */
  rest(): string | null {
    const rest = this.#text;
    this.#text = "";
    return rest === "" ? null : rest;
  }
}
