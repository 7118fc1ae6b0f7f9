import { type MailboxProvider, MemoryMailbox, Pop3ResponseError } from "../lib/mod.ts";
import type { Transcript, TranscriptStep } from "../lib/testing/transcript.ts";
import { providerOf } from "./transcript_peers.ts";

/** The maildrop of a transcript, and what happens to it behind the back of the session. */
export class TranscriptMaildrop {
  readonly provider: MailboxProvider;
  readonly #mailbox: MemoryMailbox;
  #deleteFails = false;
  #isInUse = false;
  #isRevoked = false;

  constructor({ messages, isReadOnly, password, token }: Transcript) {
    const mailbox = new MemoryMailbox(messages, { isReadOnly });
    const messageDelete = mailbox.messageDelete.bind(mailbox);
    mailbox.messageDelete = (info, uniqueIds) => {
      if (this.#deleteFails) throw new Error("No space left on device (os error 28)");
      return messageDelete(info, uniqueIds);
    };
    const list = mailbox.listMessageUniqueIds.bind(mailbox);
    mailbox.listMessageUniqueIds = (info) => {
      if (!this.#isInUse) return list(info);
      throw new Pop3ResponseError("Another session has this mailbox.", { code: "IN-USE" });
    };
    this.#mailbox = mailbox;
    this.provider = Object.assign(providerOf(mailbox, password, token), {
      reopenMailbox: () => this.#isRevoked ? null : mailbox,
    });
  }

  /** Does the step happen here, and not on the line? */
  happens(step: TranscriptStep): boolean {
    switch (step.type) {
      case "gone":
        return this.#mailbox.messages.delete(step.uniqueId) || true;
      case "new":
        this.#mailbox.messages.set(step.uniqueId, new Uint8Array(step.lines));
        return true;
      case "delete-fails":
        this.#deleteFails = step.isSo;
        return true;
      case "in-use":
        this.#isInUse = step.isSo;
        return true;
      case "revoked":
        this.#isRevoked = true;
        return true;
      default:
        return false;
    }
  }
}
