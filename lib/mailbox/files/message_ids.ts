/**
 * Gives each file of a mailbox its unique id (RFC 1939 section 7).
 *
 * - A file is the same message as before if its size and the second of its time are the same, and also its inode with
 *   the stem of its name. In a copy of the mailbox, which has other inodes, the whole base name must be the same. (A
 *   Maildir's stem ends before the first comma; a file of a plain folder that is renamed is another message.)
 * - A message keeps its unique id as long as we know it: from the last look, or from the index.
 * - A new message gets the id of its base name (unique_id_of_name.ts). If another message has, or had, that id, as far
 *   as we know, its id is also made from its inode, size and time: no message gets the id of another.
 * - Files with the same inode and base name are one message, even in several folders.
 */
import { type FileIdentity, identityOf } from "../../files/file_identity.ts";
import type { ListedFile } from "../../files/file_system.ts";
import type { MessageLayout } from "./message_layout.ts";
import { derivedUniqueId, uniqueIdOfName } from "./unique_id_of_name.ts";

/** A message that is there. */
export interface MessageFile {
  readonly uniqueId: string;
  /** Relative to the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
  /** Other paths of the same inode, under the same base name. */
  readonly otherPaths: readonly string[];
}

/** A file by its path below the mailbox. */
export interface FileAtPath extends ListedFile {
  readonly path: string;
}

/** The messages that were known before. */
export interface KnownMessages {
  readonly messages: ReadonlyMap<string, MessageFile>;
  readonly hasKeptIds: boolean;
}

export interface IdentifiedMessages {
  /** In the order in which they are numbered: by time, then by base name. */
  readonly messages: MessageFile[];
  /** Whether some may have an id that does not follow from their name alone. */
  readonly hasKeptIds: boolean;
}

/** A message without its unique id. */
interface Candidate {
  readonly base: string;
  readonly path: string;
  readonly identity: FileIdentity;
  readonly otherPaths: string[];
}

export async function identify(
  files: readonly FileAtPath[],
  known: KnownMessages,
  layout: MessageLayout,
): Promise<IdentifiedMessages> {
  const candidates = candidatesOf(files, layout).sort(byTimeThenName);
  const former = new FormerMessages(known.messages.values(), layout);
  const ids = candidates.map((candidate) => former.claimByPath(candidate));
  let { hasKeptIds } = known;
  const claim = async (by: (candidate: Candidate) => string | null) => {
    for (const [at, candidate] of candidates.entries()) {
      const uniqueId = ids[at] ?? by(candidate);
      if (uniqueId === ids[at]) continue;
      ids[at] = uniqueId;
      hasKeptIds ||= uniqueId !== await uniqueIdOfName(candidate.base);
    }
  };
  if (former.size > 0) {
    await claim((candidate) => former.claimByInode(candidate));
    await claim((candidate) => former.claimByName(candidate));
  }
  const given = new Set<string>();
  // For a new file with such a stem, another message has, or had, the id of its name.
  const lentStems = known.hasKeptIds ? former.stemsOfKeptIds : new Set<string>();
  const messages: MessageFile[] = [];
  for (const [at, { base, path, identity, otherPaths }] of candidates.entries()) {
    let uniqueId = ids[at] ?? null;
    if (uniqueId === null) {
      uniqueId = await uniqueIdOfName(base);
      if (
        given.has(uniqueId) || known.messages.has(uniqueId) || lentStems.has(layout.stemOf(base))
      ) {
        uniqueId = await derivedUniqueId([base, ...stampOf(identity), identity.inode].join("\0"));
        hasKeptIds = true;
      }
      given.add(uniqueId);
    }
    messages.push({ uniqueId, path, identity, otherPaths });
  }
  return { messages, hasKeptIds };
}

/** One candidate for all files with the same inode and base name. */
function candidatesOf(files: readonly FileAtPath[], layout: MessageLayout): Candidate[] {
  const byBase = new Map<string, Candidate[]>();
  const candidates: Candidate[] = [];
  for (const { name, path, info } of files) {
    const base = layout.baseNameOf(name);
    const identity = identityOf(info);
    const namesakes = byBase.get(base) ?? [];
    const same = identity.inode === 0
      ? undefined
      : namesakes.find((namesake) => namesake.identity.inode === identity.inode);
    if (same !== undefined) {
      same.otherPaths.push(path);
      continue;
    }
    const candidate = { base, path, identity, otherPaths: [] };
    candidates.push(candidate);
    if (namesakes.length === 0) byBase.set(base, namesakes);
    namesakes.push(candidate);
  }
  return candidates;
}

/** The messages that were known before, until a file claims them. */
class FormerMessages {
  readonly #byPath = new Map<string, MessageFile>();
  readonly #layout: MessageLayout;
  readonly #stemsOfKeptIds = new Set<string>();
  #byInode: Map<string, MessageFile> | null = null;
  #byName: Map<string, MessageFile> | null = null;

  constructor(known: Iterable<MessageFile>, layout: MessageLayout) {
    this.#layout = layout;
    for (const message of known) {
      this.#byPath.set(message.path, message);
      const base = layout.baseNameOf(nameIn(message.path));
      if (message.uniqueId !== base) this.#stemsOfKeptIds.add(layout.stemOf(base));
    }
  }

  /** How many messages no file has claimed yet. */
  get size(): number {
    return this.#byPath.size;
  }

  /** The stems of all messages whose ids are not their base names. */
  get stemsOfKeptIds(): Set<string> {
    return this.#stemsOfKeptIds;
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

function nameIn(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Size and time of a file, without parts of a second, which a copy may have lost. */
function stampOf({ size, modified }: FileIdentity): readonly number[] {
  return [size, Math.floor(modified / 1_000)];
}

function inodeKey(identity: FileIdentity): string {
  return [identity.inode, ...stampOf(identity)].join(" ");
}

function byTimeThenName(a: Candidate, b: Candidate): number {
  return a.identity.modified - b.identity.modified ||
    byName(a.base, b.base) || (a.path < b.path ? -1 : 1);
}

/** Compares numbers by their value, since MH names its messages by numbers. */
function byName(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b) && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
