/** Sends a message out of an mbox that other programs may rewrite meanwhile: never an octet of another message. */
import { counted } from "../../protocol/counted.ts";
import { type FileIdentity, identityOf, isSameFile } from "../../files/file_identity.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import type { MessageBody } from "../../protocol/reply.ts";
import { FromUnquoter } from "./from_unquoter.ts";
import { isStillThere, type MboxMessage } from "./mbox_index.ts";

const CHUNK_OCTETS = 65_536;

/**
 * The octets of one message of an open mbox. After a program has replaced the mbox, we still read the old file. A
 * program that writes in place may move other octets to where the message was, so we look at the file after each
 * read. Mail that was appended does no harm.
 */
export class MboxBody implements MessageBody {
  readonly #file: OpenFile;
  readonly #message: MboxMessage;
  /** The file's identity when the message was last known to be there. */
  #identity: FileIdentity;
  readonly #end: number;
  readonly #unquoter: FromUnquoter | null;
  readonly #buffer: Uint8Array;
  #at: number;
  #isUnquoted = false;

  /** @param file an mbox that holds the message at that place */
  constructor(file: OpenFile, message: MboxMessage) {
    const { contentStart, contentEnd, isQuoted } = message;
    this.#file = file;
    this.#message = message;
    this.#identity = identityOf(file.info);
    this.#at = contentStart;
    this.#end = contentEnd;
    this.#unquoter = isQuoted ? new FromUnquoter() : null;
    this.#buffer = new Uint8Array(Math.min(CHUNK_OCTETS, contentEnd - contentStart));
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#at === this.#end) {
      if (this.#isUnquoted || this.#unquoter === null) return null;
      this.#isUnquoted = true;
      return this.#unquoter.end();
    }
    const wanted = Math.min(this.#end - this.#at, this.#buffer.length);
    const count = await this.#file.read(this.#buffer.subarray(0, wanted), this.#at);
    if (count === 0) {
      throw new Error(`The file ended ${counted(this.#end - this.#at, "octet")} early`);
    }
    await this.#assertStillThere();
    this.#at += count;
    const chunk = this.#buffer.subarray(0, count);
    return this.#unquoter === null ? chunk : this.#unquoter.unquote(chunk);
  }

  close(): void {
    this.#file[Symbol.dispose]();
  }

  async #assertStillThere(): Promise<void> {
    const identity = this.#file.identityNow();
    if (isSameFile(identity, this.#identity)) return;
    if (!await isStillThere(this.#file, this.#message)) {
      throw new Error("Another program has rewritten the mbox while the message was read");
    }
    this.#identity = identity;
  }
}
