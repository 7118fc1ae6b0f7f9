/** What a check of a `UsersFileProvider` looks at. */
import type { UsernameCase } from "../auth/prepared_text.ts";
import type { FileMailboxOptions } from "../mailbox/files/file_mailbox_options.ts";

/** The users file, and where the mail of its users is. */
export interface CheckedUsers {
  readonly type: "users";
  readonly file: string;
  /** The folder below which the mailboxes of the users are; null for none. */
  readonly mailRoot: string | null;
  /** The path of a mailbox below it. `%u` by default. */
  readonly mailPath?: string;
  /** What a login name without `@` gets; null for nothing. */
  readonly defaultDomain?: string | null;
  readonly usernameCase: UsernameCase;
  /** How the mailboxes are opened. */
  readonly options: FileMailboxOptions;
}
