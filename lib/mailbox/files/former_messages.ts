/** The messages that were known before and whose files have changed or are gone, until another file claims them. */
import type { FileIdentity } from "../../files/file_identity.ts";
import type { TimeSlice } from "../../time/time_slice.ts";
import type { MessageLayout } from "./message_layout.ts";
import type { MessageFile, MessageTable } from "./message_table.ts";

/** A look at the clock for each row would take longer than the rest. */
export const ROWS_AT_ONCE = 256;

/** How many rows are kept. */
export function countOf(kept: Uint8Array): number {
  let count = 0;
  for (const each of kept) count += each;
  return count;
}

/** A message without its unique id. */
export interface Candidate {
  readonly base: string;
  readonly path: string;
  readonly identity: FileIdentity;
  readonly otherPaths: string[];
  /** Another candidate with the same inode and another base name. */
  readonly sameInode: Candidate | undefined;
}

export class FormerMessages {
  readonly #byPath = new Map<string, MessageFile>();
  readonly #layout: MessageLayout;
  #byInode: Map<string, MessageFile> | null = null;
  #byName: Map<string, MessageFile> | null = null;

  /** @param kept for each row, 1 where the file is there, unchanged */
  constructor(before: MessageTable, kept: Uint8Array, layout: MessageLayout) {
    this.#layout = layout;
    for (let row = 0; row < before.size; row++) {
      if (kept[row] !== 1) this.#byPath.set(before.pathAt(row), before.at(row));
    }
  }

  /** How many messages no file has claimed yet. */
  get size(): number {
    return this.#byPath.size;
  }

  claimByPath({ path, identity }: Candidate): string | null {
    const message = this.#byPath.get(path);
    return message !== undefined && inodeKey(message.identity) === inodeKey(identity)
      ? this.#claim(message)
      : null;
  }

  claimByInode({ base, identity }: Candidate): string | null {
    const keyOf = (base: string, of: FileIdentity) =>
      [inodeKey(of), this.#layout.stemOf(base)].join("\0");
    this.#byInode ??= this.#mapped(keyOf);
    return this.#claim(this.#byInode.get(keyOf(base, identity)));
  }

  claimByName({ base, identity }: Candidate): string | null {
    const keyOf = (base: string, of: FileIdentity) => [base, ...stampOf(of)].join("\0");
    this.#byName ??= this.#mapped(keyOf);
    return this.#claim(this.#byName.get(keyOf(base, identity)));
  }

  #mapped(keyOf: (base: string, of: FileIdentity) => string): Map<string, MessageFile> {
    const entryOf = (message: MessageFile) => {
      const base = this.#layout.baseNameOf(nameIn(message.path));
      return [keyOf(base, message.identity), message] as const;
    };
    return new Map([...this.#byPath.values()].map(entryOf));
  }

  #claim(message: MessageFile | undefined): string | null {
    // Another file may have claimed it.
    return message !== undefined && this.#byPath.delete(message.path) ? message.uniqueId : null;
  }
}

/** The stems of all messages whose ids are not their base names. They are found once for a table. */
export async function stemsOfKeptIds(
  messages: MessageTable,
  layout: MessageLayout,
  slice: TimeSlice,
): Promise<ReadonlySet<string>> {
  if (messages.keptStems !== null) return messages.keptStems;
  const stems = new Set<string>();
  for (let row = 0; row < messages.size; row++) {
    if (row % ROWS_AT_ONCE === 0) await slice.pause();
    const base = layout.baseNameOf(nameIn(messages.pathAt(row)));
    if (messages.uniqueIdAt(row) !== base) stems.add(layout.stemOf(base));
  }
  messages.keptStems = stems;
  return stems;
}

/** The name at the end of a path. */
export function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Size and time of a file, without parts of a second, which a copy may have lost. */
export function stampOf({ size, modified }: FileIdentity): readonly number[] {
  return [size, Math.floor(modified / 1_000)];
}

function inodeKey(identity: FileIdentity): string {
  return [identity.inode, ...stampOf(identity)].join(" ");
}
