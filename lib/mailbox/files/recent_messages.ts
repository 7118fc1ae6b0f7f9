/**
 * Small messages that were read lately. Clients that poll read the same few newest messages, again and again.
 *
 * A message is served from here only if the file still has the inode, size and times that it had when it was read, and
 * if its last change was then long past. So a change cannot have the same times, even where a file system counts them
 * in ticks: the system sets the time of the last change itself, and FAT, which has none, sets that of the contents.
 */
import type { FileTimes } from "../../files/file_identity.ts";

/** For all mailboxes of the process together. */
const MOST_OCTETS = 4_194_304;
/** What an entry takes besides its octets and its path, so that a flood of tiny messages is bounded, too. */
const ENTRY_OCTETS = 1_024;
/** Longer than the ticks of all file systems: FAT counts in two seconds, and Deno gives `ctime` in whole seconds. */
const PAST_MS = 4_000;

interface RecentMessage {
  readonly facts: Facts;
  readonly octets: Uint8Array;
  /** Whether it was served since it was the oldest; then it stays once more. */
  isUsed: boolean;
}

/** All that is compared: what the system says of a file takes far more room than many a message. */
interface Facts {
  readonly dev: number;
  readonly ino: number | null;
  readonly size: number;
  readonly modified: number | undefined;
  readonly changed: number | undefined;
}

export class RecentMessages {
  /** By path. The first ones are the next to go. */
  readonly #messages = new Map<string, RecentMessage>();
  #octets = 0;

  /** Whether there may be octets for the path, so that a look at the file is worth its time. */
  has(path: string): boolean {
    return this.#messages.has(path);
  }

  /** The octets, if the file is still as it was. */
  get(path: string, facts: FileTimes): Uint8Array | null {
    const recent = this.#messages.get(path);
    if (recent === undefined) return null;
    if (facts.isFile && isUnchanged(recent.facts, facts)) {
      recent.isUsed = true;
      return recent.octets;
    }
    this.#remove(path, recent);
    return null;
  }

  /**
   * Keeps octets; nobody may change them any more.
   *
   * @param facts of the open file, from before it was read
   * @param readAt when its reading began, in milliseconds since 1970
   */
  keep(path: string, facts: FileTimes, readAt: number, octets: Uint8Array): void {
    if (!isPast(facts.ctime, readAt) || !isPast(facts.mtime, readAt)) return;
    const before = this.#messages.get(path);
    if (before !== undefined) this.#remove(path, before);
    const message = { facts: factsIn(facts), octets, isUsed: false };
    const most = MOST_OCTETS - octetsOf(path, message);
    for (const [oldest, recent] of this.#messages) {
      if (this.#octets <= most) break;
      this.#remove(oldest, recent);
      if (recent.isUsed) this.#add(oldest, { ...recent, isUsed: false });
    }
    this.#add(path, message);
  }

  #add(path: string, recent: RecentMessage): void {
    this.#messages.set(path, recent);
    this.#octets += octetsOf(path, recent);
  }

  #remove(path: string, recent: RecentMessage): void {
    this.#messages.delete(path);
    this.#octets -= octetsOf(path, recent);
  }
}

/** Those of all mailboxes. */
export const recentMessages = new RecentMessages();

function isPast(time: Date | null, now: number): boolean {
  return time !== null && time.getTime() < now - PAST_MS;
}

function octetsOf(path: string, { octets }: RecentMessage): number {
  return octets.buffer.byteLength + path.length + ENTRY_OCTETS;
}

function factsIn({ dev, ino, size, mtime, ctime }: FileTimes): Facts {
  return { dev, ino, size, modified: mtime?.getTime(), changed: ctime?.getTime() };
}

function isUnchanged(before: Facts, now: FileTimes): boolean {
  return before.ino === now.ino && before.dev === now.dev && before.size === now.size &&
    before.changed === now.ctime?.getTime() && before.modified === now.mtime?.getTime();
}
