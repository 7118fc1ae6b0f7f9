/** The provider and the maildrop that a transcript describes. */
import { SingleUserProvider } from "../providers/single_user_provider.ts";
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import { MemoryMailbox } from "../mailbox/memory_mailbox.ts";
import { Pop3ResponseError } from "../provider/response_error.ts";
import type { Transcript, TranscriptStep } from "./transcript.ts";

/** The maildrop of a transcript, and what happens to it outside of the session. */
export class TranscriptMaildrop {
  readonly provider: MailboxProvider;
  readonly #mailbox: MemoryMailbox;
  #deleteFails = false;
  #isInUse = false;
  #isRevoked = false;

  constructor({ messages, readOnly, password, token }: Transcript) {
    const mailbox = new MemoryMailbox([], { readOnly });
    // Unchecked: a transcript may show what becomes of a unique id that is none.
    for (const [uniqueId, octets] of Object.entries(messages)) {
      mailbox.messages.set(uniqueId, octets);
    }
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
    const provider = new SingleUserProvider({
      username: "me",
      password,
      openMailbox: () => mailbox,
    });
    this.provider = Object.assign(provider, {
      reopenMailbox: () => this.#isRevoked ? null : mailbox,
      ...(token === null ? {} : {
        authenticateToken: (_info: ConnectionInfo, username: string | null, given: string) =>
          given === token && (username ?? "me") === "me" ? mailbox : null,
      }),
    });
  }

  /** Carries out a step that concerns the maildrop; false for a step of the connection. */
  apply(step: TranscriptStep): boolean {
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
