/** How messages are stored in a mailbox of files: everything in which a folder and a Maildir differ. */
import type { LeftOutReason } from "../left_out.ts";
import type { OwnFolderName } from "../../files/own_folder.ts";

export interface MessageLayout {
  readonly format: "folder" | "maildir";
  /** The folders, relative to the mailbox, that hold messages. */
  readonly folders: readonly string[];
  readonly ownFolderName: OwnFolderName;
  /** Whether other programs may write a message directly into these folders, so that it must settle first. */
  readonly isWrittenInPlace: boolean;
  /**
   * Why a regular file is not a message, judged by its name and the other names in its folder; null for a message.
   *
   * @param names at least those for which `tellsOfOthers` is true
   */
  whyNoMessage(name: string, names: ReadonlySet<string>): LeftOutReason | null;
  /** Whether a file of this name may show what other files in the folder are. Such a file is no message itself. */
  tellsOfOthers(name: string): boolean;
  /** The part of a file's name that stays the same while the message is there. */
  baseNameOf(name: string): string;
  /** The part of a base name that stays the same when another program renames the message. */
  stemOf(baseName: string): string;
}
