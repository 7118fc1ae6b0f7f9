/** What a person should know about an mbox, for `check`. */
import { counted } from "../../protocol/counted.ts";
import type { Inspection } from "../inspection.ts";
import { leftOutOf } from "./current_index.ts";
import type { MboxIndex } from "./mbox_index.ts";
import { dotLockOfOthers } from "./dot_lock.ts";
import type { MboxPlace } from "./mbox_place.ts";
import { leftoversOf } from "./recover_mbox.ts";

const SHOWN_CHARACTERS = 60;

/** Inspects an mbox; writes nothing. */
export async function inspectMbox(
  place: MboxPlace,
  index: MboxIndex,
  mayDelete: boolean,
): Promise<Inspection> {
  const { list, messages, found, hidden, twins } = index;
  const warnings: string[] = [];
  const { doubts } = found;
  if (doubts.count > 0) {
    warnings.push(
      `doubtful separators, which begin with "From " and may also be text: ` +
        `${counted(doubts.count, "line")}, such as ${
          JSON.stringify(doubts.first?.slice(0, SHOWN_CHARACTERS))
        }`,
    );
  }
  if (found.isFirstBare) {
    warnings.push("the first message has lost the line that separates it (From SENDER DATE)");
  }
  if (hidden > 0) {
    warnings.push(
      `not served, since a mail program has marked it as deleted (compact the folder there), or keeps its own data in ` +
        `it: ${counted(hidden, "message")}`,
    );
  }
  if (twins > 0) {
    warnings.push(`the same as another message in every octet: ${counted(twins, "message")}`);
  }
  const { realPath } = place.look();
  const lock = await dotLockOfOthers(place.files, realPath);
  if (lock !== null) {
    warnings.push(
      `${realPath}.lock: another program has locked the mbox${
        lock === "old" ? ", or forgot the lock more than twenty minutes ago" : ""
      }`,
    );
  }
  if (!mayDelete) {
    warnings.push(
      "messages cannot be deleted: the mbox cannot be written, or no folder can be made for the journal and the ids",
    );
  }
  return {
    messages: list.count,
    octets: [...messages.values()].reduce((sum, { octets }) => sum + octets, 0),
    derived: [],
    unsettled: 0,
    leftovers: (await leftoversOf(place)).map((name) =>
      `${name} will be removed when the mailbox is next opened`
    ),
    faults: leftOutOf(place.path, index),
    warnings,
  };
}
