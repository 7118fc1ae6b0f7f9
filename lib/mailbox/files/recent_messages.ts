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
/** Longer than the ticks of all file systems: FAT counts in two seconds, and Deno gives `ctime` in whole seconds. */
const PAST_MS = 4_000;

interface RecentMessage {
  readonly facts: FileTimes;
  readonly octets: Uint8Array;
}

export class RecentMessages {
  /** By path, the oldest first. */
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
    this.#messages.delete(path);
    if (!isUnchanged(recent.facts, facts)) {
      this.#octets -= recent.octets.length;
      return null;
    }
    this.#messages.set(path, recent);
    return recent.octets;
  }

  /**
   * Keeps octets; nobody may change them any more.
   *
   * @param facts of the open file, from before it was read
   * @param readAt when its reading began, in milliseconds since 1970
   */
  keep(path: string, facts: FileTimes, readAt: number, octets: Uint8Array): void {
    if (!isPast(facts.ctime, readAt) || !isPast(facts.mtime, readAt)) return;
    this.#octets += octets.length - (this.#messages.get(path)?.octets.length ?? 0);
    this.#messages.delete(path);
    this.#messages.set(path, { facts, octets });
    for (const [oldest, { octets }] of this.#messages) {
      if (this.#octets <= MOST_OCTETS) return;
      this.#messages.delete(oldest);
      this.#octets -= octets.length;
    }
  }
}

/** Those of all mailboxes. */
export const recentMessages = new RecentMessages();

function isPast(time: Date | null, now: number): boolean {
  return time !== null && time.getTime() < now - PAST_MS;
}

function isUnchanged(before: FileTimes, now: FileTimes): boolean {
  return now.isFile && before.ino === now.ino && before.dev === now.dev &&
    before.size === now.size && before.ctime?.getTime() === now.ctime?.getTime() &&
    before.mtime?.getTime() === now.mtime?.getTime();
}
