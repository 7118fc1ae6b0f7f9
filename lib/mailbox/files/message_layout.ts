/** How messages lie in a mailbox of files: what a folder and a Maildir do not have in common. */
import type { FileSystem } from "./file_system.ts";
import type { FileIdentity } from "./message_file.ts";

/** One message that is there. */
export interface MessageFile {
  readonly uniqueId: string;
  /** Below the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
  /** Size as sent, where the name tells it and can be believed; else null, and the file is read. */
  readonly hintedOctets: number | null;
}

export interface Listing {
  readonly messages: MessageFile[];
  /** Files that another program may still be writing: no message yet. */
  readonly unsettled: number;
}

export interface MessageLayout {
  /** The folders, below the mailbox, that messages come to and go from. */
  readonly folders: readonly string[];
  /**
   * All messages, in the order in which they are numbered.
   *
   * @param settleTime milliseconds for which a file must have been left alone, where others write in place
   */
  list(mailbox: string, settleTime: number): Promise<Listing>;
  /** Where a message is now that was listed earlier; null when it is gone. */
  find(files: FileSystem, mailbox: string, message: MessageFile): Promise<string | null>;
}
