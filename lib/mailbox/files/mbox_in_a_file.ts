/**
 * Finds out whether a file of a plain folder is a whole mbox: it begins with a separator (separator.ts), and a certain
 * separator comes after a blank line. Served as one message, it would be deleted with all messages in it.
 */
import { SEPARATOR_OCTETS, separatorForm } from "../mbox/separator.ts";

const AFTER_BLANK_LINE = /\n\r?\n(From [^\r\n]*)\r?\n/g;

/** Takes the chunks of a file that begins with a separator. */
export class MboxInAFile {
  /** The end of the last chunk: a separator may begin there and continue in the next chunk. */
  #end = "";
  #isMbox = false;

  get isMbox(): boolean {
    return this.#isMbox;
  }

  add(chunk: Uint8Array): void {
    if (this.#isMbox) return;
    const text = this.#end + decoder.decode(chunk);
    this.#isMbox = [...text.matchAll(AFTER_BLANK_LINE)].some(([, line = ""]) =>
      separatorForm(line) === "certain"
    );
    this.#end = text.slice(-SEPARATOR_OCTETS);
  }
}

const decoder = new TextDecoder("latin1");
