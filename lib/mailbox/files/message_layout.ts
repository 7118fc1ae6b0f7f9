/** How messages lie in a mailbox of files: what a folder and a Maildir do not have in common. */
import type { LeftOutReason } from "../left_out.ts";
import type { OwnFolderName } from "../../files/own_folder.ts";

export interface MessageLayout {
  readonly format: "folder" | "maildir";
  /** The folders, below the mailbox, that messages come to and go from. */
  readonly folders: readonly string[];
  readonly ownFolderName: OwnFolderName;
  /** Whether other programs may write a message where it is served, so that it must settle first. */
  readonly isWrittenInPlace: boolean;
  /** Why a regular file is no message, by its name among all names of its folder; null for a message. */
  whyNoMessage(name: string, names: ReadonlySet<string>): LeftOutReason | null;
  /** The part of a file's name that stays the same while the message is there. */
  baseNameOf(name: string): string;
  /** The part of it that stays the same when another program renames the message. */
  stemOf(baseName: string): string;
}
