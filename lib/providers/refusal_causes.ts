/** Why the users of a file were refused, for the log only. Each login does the same work, whatever the cause is. */
import type { ConnectionInfo } from "../provider/connection_info.ts";
import type { RefusalCause } from "../provider/mailbox_provider.ts";
import type { UserEntry } from "./users_file.ts";

/** Remembers the last login of each connection. */
export class RefusalCauses {
  readonly #last = new WeakMap<ConnectionInfo, { username: string; cause: RefusalCause }>();

  /** @param cause what the refusal will be due to, if the login is refused */
  note(info: ConnectionInfo, username: string, cause: RefusalCause): void {
    this.#last.set(info, { username, cause });
  }

  /** Null where the last login was another user's, or the guard did not let the provider hear of it. */
  causeFor(info: ConnectionInfo, username: string): RefusalCause | null {
    const last = this.#last.get(info);
    this.#last.delete(info);
    return last?.username === username ? last.cause : null;
  }
}

/** What a refusal of this user would be due to; null stands for a name without a usable line. */
export function causeOf(
  info: ConnectionInfo,
  user: UserEntry | null,
  hasBadLine: boolean,
): RefusalCause {
  if (user === null) return hasBadLine ? "bad-line" : "no-such-user";
  if (user.hash.type === "locked") return "locked";
  return mayComeFrom(info, user) ? "password" : "network";
}

/** Whether the user may log in from the client's address. Elsewhere, a right password is refused like a wrong one. */
export function mayComeFrom({ clientAddress }: ConnectionInfo, { networks }: UserEntry): boolean {
  return networks === null || networks.has(clientAddress);
}
