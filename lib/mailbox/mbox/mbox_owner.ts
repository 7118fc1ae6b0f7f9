/**
 * Checks whose an mbox is, for mboxes of users who may make files themselves (`ownersOnly`).
 *
 * - In a folder where others can make names (a mail spool), the mbox must have no second name, since somebody else may
 *   have linked it there. If its user's line in the users file has a uid, the mbox must belong to that uid.
 * - An mbox of another user than the server's own needs a state directory.
 */
import type { GivenPath } from "../../files/given_path.ts";
import { serverUid } from "../../files/server_user.ts";

/** Options of an mbox's place. */
export interface MboxPlaceOptions {
  /** Whether the mbox must belong to its user. */
  readonly ownersOnly: boolean;
  readonly stateDirectory: string | null;
  /** The uid of the user whose mbox it is, where their line has one. */
  readonly uid: number | null;
}

/**
 * Why the mbox must not be served; null if it may be.
 *
 * @param ownNames how many more names the server has given to the file
 */
export function reasonToRefuse(
  path: string,
  { info, isShared }: GivenPath,
  { uid, stateDirectory }: MboxPlaceOptions,
  ownNames: number,
): string | null {
  const owner = info.uid;
  if (owner === null) return null;
  if (isShared && uid !== null && owner !== uid) {
    return `${path} belongs to user ${owner}, and the line of its user says ${uid}`;
  }
  if (isShared && info.nlink !== null && info.nlink > 1 + ownNames) {
    return `${path} has a second name, which somebody else may have made`;
  }
  if (owner !== serverUid() && stateDirectory === null) {
    return `${path} belongs to user ${owner}, so its state needs a state directory, and there is none`;
  }
  return null;
}
