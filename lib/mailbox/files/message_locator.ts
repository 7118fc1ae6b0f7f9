/**
 * Finds messages that are no longer where they were listed: other programs rename them to set flags, or move them from
 * `new` to `cur`.
 *
 * When all messages of a mailbox are renamed or removed, it must not be listed again for each of them, even while it
 * keeps changing. A deletion lists once; all other callers together list at most every tenth of a second. A message
 * that is renamed in between may seem to be gone until the next list.
 *
 * The list of a huge mailbox takes tens of megabytes, so it is kept only while it is used, and while a session is open.
 */
import { join } from "@std/path";
import type { Clock } from "../../time/clock.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import type { MessageFile } from "./message_table.ts";
import type { MessageLayout } from "./message_layout.ts";
import { withSettledFiles } from "./settled_files.ts";
import { isYoung, stampOf } from "./stamp.ts";

/** The shortest time between the end of a list and the next list, so that long lists leave time for other work. */
const LIST_AGAIN_MS = 100;
/** A list that was not used for so long is dropped. */
const UNUSED_MS = 10_000;

interface Places {
  readonly listedAt: number;
  /** The times of the folders when they were listed; null where we cannot trust them. */
  readonly stamp: string | null;
  /** By inode and stem, since a file system gives the inode of a removed file to another file. */
  readonly byInode: ReadonlyMap<string, readonly string[]>;
  readonly byBase: ReadonlyMap<string, string>;
}

export class MessageLocator {
  readonly #folder: MailboxFolder;
  readonly #layout: MessageLayout;
  readonly #clock: Clock;
  #places: Places | null = null;
  #usedAt = -Infinity;
  /** How many times `forget` was called. */
  #forgotten = 0;

  constructor(folder: MailboxFolder, layout: MessageLayout, clock: Clock) {
    this.#folder = folder;
    this.#layout = layout;
    this.#clock = clock;
  }

  /**
   * The path of a message, relative to the mailbox; null when it is gone, `changed` when something else is in its place.
   *
   * @param files `settled` when the caller holds the lock on deletions, and has called `forget` since
   */
  async find(
    message: MessageFile,
    files: "settled" | "unsettled" = "unsettled",
  ): Promise<string | "changed" | null> {
    const atPath = await this.#lookAt(message, message.path);
    if (atPath === "same") return message.path;
    const known = this.#places;
    this.#usedAt = this.#clock.now();
    const found = known === null ? null : await this.#findIn(known, message);
    if (found !== null) return found;
    const gone = atPath === "other" ? "changed" : null;
    if (known !== null && await this.#isGoodEnough(known, files)) return gone;
    return await this.#findIn(await this.#listAgain(files), message) ?? gone;
  }

  /** Discards the last list. */
  forget(): void {
    this.#places = null;
    this.#forgotten++;
  }

  /** Discards the last list if nobody has used it lately. */
  forgetUnused(): void {
    if (this.#places !== null && this.#clock.now() - this.#usedAt >= UNUSED_MS) this.forget();
  }

  /**
   * All paths of a message, of which the caller knows one: its inode may have several names, also new ones since the
   * login. The caller holds the lock on deletions.
   */
  async findAll(message: MessageFile, path: string): Promise<readonly string[]> {
    const info = await this.#folder.files.look(join(this.#folder.path, path));
    if ((info?.nlink ?? 1) <= 1) return [path];
    this.#places ??= await this.#list();
    this.#usedAt = this.#clock.now();
    const base = this.#layout.baseNameOf(nameOf(path));
    return this.#places.byInode.get(this.#inodeKey(message.identity.inode, base)) ?? [path];
  }

  async #isGoodEnough(places: Places, files: "settled" | "unsettled"): Promise<boolean> {
    if (files === "settled" || this.#clock.now() - places.listedAt < LIST_AGAIN_MS) return true;
    return places.stamp === (await stampOf(this.#folder)).stamp;
  }

  async #listAgain(files: "settled" | "unsettled"): Promise<Places> {
    const forgotten = this.#forgotten;
    // A running or interrupted deletion may have moved a missing message aside.
    const places = files === "settled"
      ? await this.#list()
      : await withSettledFiles(this.#folder, () => this.#list());
    // A deletion that has begun meanwhile must not use a list from before.
    if (forgotten === this.#forgotten) this.#places = places;
    return places;
  }

  async #lookAt(message: MessageFile, path: string): Promise<"same" | "other" | "none"> {
    const info = await this.#folder.files.look(join(this.#folder.path, path));
    if (info === null) return "none";
    return this.#folder.isStill(info, message.identity) ? "same" : "other";
  }

  async #findIn(places: Places, message: MessageFile): Promise<string | null> {
    const base = this.#layout.baseNameOf(nameOf(message.path));
    const [byInode] = places.byInode.get(this.#inodeKey(message.identity.inode, base)) ?? [];
    if (byInode !== undefined && await this.#lookAt(message, byInode) === "same") return byInode;
    // A file with the same base name but another identity is another message, not a change of this one.
    const byBase = places.byBase.get(base);
    return byBase !== undefined && await this.#lookAt(message, byBase) === "same" ? byBase : null;
  }

  async #list(): Promise<Places> {
    const { stamp, folders } = await stampOf(this.#folder);
    const startedAt = Date.now();
    const byInode = new Map<string, string[]>();
    const byBase = new Map<string, string>();
    for (const folder of folders.keys()) {
      const listed = await this.#folder.files.regularFiles(join(this.#folder.path, folder));
      for (const { name, info } of listed.files) {
        const path = folder === "." ? name : `${folder}/${name}`;
        const base = this.#layout.baseNameOf(name);
        if (info.ino !== null) {
          const key = this.#inodeKey(info.ino, base);
          byInode.set(key, [...byInode.get(key) ?? [], path]);
        }
        byBase.set(base, path);
      }
    }
    return {
      listedAt: this.#clock.now(),
      stamp: [...folders.values()].some((each) => isYoung(each, startedAt)) ? null : stamp,
      byInode,
      byBase,
    };
  }

  #inodeKey(inode: number, base: string): string {
    return `${inode} ${this.#layout.stemOf(base)}`;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
