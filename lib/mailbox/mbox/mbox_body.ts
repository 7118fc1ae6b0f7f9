/** Sends a message out of an mbox that other programs may rewrite meanwhile: never an octet of another message. */
import { counted } from "../../protocol/counted.ts";
import { type FileIdentity, identityOf, isSameFile } from "../../files/file_identity.ts";
import type { OpenFile } from "../../files/open_file.ts";
import type { MessageBody } from "../../protocol/reply.ts";
import { FromUnquoter } from "./from_unquoter.ts";
import { isStillThere, type MboxMessage } from "./mbox_index.ts";

const CHUNK_OCTETS = 65_536;

/**
 * The octets of one message of an open mbox. A program that replaces the mbox leaves us the old file. One that writes it where
 * it is may move other octets into the place of the message, so the file is looked at after each read: what has come to its end
 * does no harm.
 */
export class MboxBody implements MessageBody {
  readonly #file: OpenFile;
  readonly #message: MboxMessage;
  /** As the file was when the message was last known to be there. */
  #identity: FileIdentity;
  readonly #end: number;
  readonly #unquoter: FromUnquoter | null;
  readonly #buffer: Uint8Array;
  #at: number;
  #isUnquoted = false;

  /** @param file of which the message is known to be where it says */
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
