/**
 * Which message is which: the unique id of each file of a mailbox (RFC 1939 section 7).
 *
 * - A message is its file. A file is the one that it was as long as the stem of its name, its size and the second of
 *   its time are the same, and its inode: or, in a copy of the mailbox, its whole base name. (A Maildir's stem ends before
 *   the first comma; a file of a plain folder that is renamed is another message.)
 * - A message keeps the unique id that it has as long as we know of it: from the last look, or from the index.
 * - A new one gets its base name (unique_id_of_name.ts). Where that has been another message's, as far as we know, it
 *   gets an id that is made of its inode, size and time besides: no id is handed on.
 * - One inode under one base name is one message, in however many folders it lies.
 */
import { type FileIdentity, identityOf } from "../../files/file_identity.ts";
import type { ListedFile } from "../../files/file_system.ts";
import type { MessageLayout } from "./message_layout.ts";
import { derivedUniqueId, uniqueIdOfName } from "./unique_id_of_name.ts";

/** One message that is there. */
export interface MessageFile {
  readonly uniqueId: string;
  /** Below the mailbox: `message.eml`, `cur/1234.host:2,S`. */
  readonly path: string;
  readonly identity: FileIdentity;
  /** Other paths of the same inode, under the same base name. */
  readonly otherPaths: readonly string[];
}

/** A file by its path below the mailbox. */
export interface FileAtPath extends ListedFile {
  readonly path: string;
}

/** What was known before. */
export interface KnownMessages {
  readonly messages: ReadonlyMap<string, MessageFile>;
  readonly hasKeptIds: boolean;
}

export interface IdentifiedMessages {
  /** In the order in which they are numbered: by time, then by base name. */
  readonly messages: MessageFile[];
  /** Whether some may have an id that their name alone would not give. */
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
  // Of these another message has had the name's own id, or still has it.
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

/** Files of one inode under one base name are one message. */
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

/** The messages that were there, until a file is known to be one of them. */
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

  /** How many no file has been found for yet. */
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

/** A copy may keep the second of a time only. */
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

/** Numbers by their value, as MH names its messages. */
function byName(a: string, b: string): number {
  if (/^\d+$/.test(a) && /^\d+$/.test(b) && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
