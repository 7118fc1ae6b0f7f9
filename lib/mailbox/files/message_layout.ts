/** How messages lie in a mailbox of files: what a folder and a Maildir do not have in common. */
import type { FileSystem } from "./file_system.ts";
import type { FileIdentity } from "./message_file.ts";

/** One message that is there. */
export interface MessageFile {
  readonly uniqueId: string;
  /** Below the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
}

export interface MessageLayout {
  /** The folders, below the mailbox, that messages come to and go from. */
  readonly folders: readonly string[];
  /** All messages, in the order in which they are numbered. */
  list(mailbox: string): Promise<MessageFile[]>;
  /** Where a message is now that was listed earlier; null when it is gone. */
  find(files: FileSystem, mailbox: string, message: MessageFile): Promise<string | null>;
}
