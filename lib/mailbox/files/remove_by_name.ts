/**
 * Removes messages by their names, one at a time, where a full disk does not let us move them together.
 *
 * In a mailbox of another user, its owner could put a link in the place of a folder between our look and the removal.
 * So there each file is first moved to where only the server can reach it, and checked there: into our folder, or into
 * the nearest folder above it that exists. No new folder is needed for that.
 */
import { basename, dirname, join } from "@std/path";
import { isOurFolder } from "../../files/own_folder.ts";
import { nullIfNotAllowed } from "../look_if_allowed.ts";
import { type Disposal, type DoomedFile, TRASH } from "./deletions.ts";
import { giveName } from "./give_name.ts";
import { keep } from "./kept_files.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { pathsByInode } from "./paths_by_inode.ts";

export class RemoverByName {
  readonly #folder: MailboxFolder;
  readonly #own: string;
  readonly #disposal: Disposal;
  #hasBegun = false;
  #byInode: ReadonlyMap<number, readonly string[]> | null = null;

  constructor(folder: MailboxFolder, own: string, disposal: Disposal) {
    this.#folder = folder;
    this.#own = own;
    this.#disposal = disposal;
  }

  /** Whether a file was removed or moved, or may be, since the disk has not answered. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Removes the file, also where another program has renamed it. */
  async remove(file: DoomedFile): Promise<void> {
    const folder = this.#folder;
    if (await this.#removeAt(file.path, file)) return;
    this.#byInode ??= await pathsByInode(folder);
    for (const path of this.#byInode.get(file.identity.inode) ?? []) {
      await this.#removeAt(path, file);
    }
  }

  /** Removes or keeps the files that a killed process had moved, but not checked. */
  async settleSwept(files: readonly DoomedFile[]): Promise<void> {
    const folder = this.#folder;
    const inodes = new Set(files.map(({ identity }) => identity.inode));
    const prefix = await this.#sweptPrefix();
    for (const place of this.#sweepPlaces()) {
      const entries = await folder.files.entries(place).catch(nullIfNotAllowed) ?? [];
      for (const { name } of entries.filter(({ name }) => name.startsWith(prefix))) {
        const swept = await folder.files.look(join(place, name));
        if (swept !== null) await this.#settle(join(place, name), inodes.has(swept.ino ?? 0));
      }
    }
  }

  /** Removes the file, if this path leads to it. @returns whether it did */
  async #removeAt(path: string, { identity }: DoomedFile): Promise<boolean> {
    const folder = this.#folder;
    const there = join(folder.path, path);
    const info = await folder.files.look(there);
    if (info === null || !folder.isStill(info, identity)) return false;
    await folder.realFolder(dirname(path));
    if (folder.isGuarded) return await this.#sweep(there, info);
    if (this.#disposal === "trash") await this.#moveToTrash(there);
    // Where there are no hard links, the file was moved, and is not here any more.
    if (await folder.files.look(there) !== null) {
      await this.#begin(() => folder.files.remove(there));
    }
    this.#hasBegun = true;
    return true;
  }

  async #begin(call: () => Promise<void>): Promise<void> {
    try {
      await call();
    } catch (error) {
      this.#hasBegun ||= error instanceof Deno.errors.TimedOut;
      throw error;
    }
    this.#hasBegun = true;
  }

  async #sweep(there: string, { ino }: Deno.FileInfo): Promise<boolean> {
    const { files } = this.#folder;
    const swept = join(
      await this.#sweepPlace(),
      `${await this.#sweptPrefix()}${crypto.randomUUID()}`,
    );
    try {
      await this.#begin(() => files.rename(there, swept));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
    const isMeant = (await files.look(swept))?.ino === ino;
    await this.#settle(swept, isMeant);
    return isMeant;
  }

  async #settle(swept: string, isMeant: boolean): Promise<void> {
    const { files, report } = this.#folder;
    const info = await files.look(swept);
    if (isMeant && info !== null && this.#folder.isServed(info)) return await files.remove(swept);
    await keep(this.#folder, this.#own, swept).catch((cause: unknown) =>
      report(
        new Error(`${swept} is no message of the mailbox's owner: give it back by hand`, { cause }),
      )
    );
  }

  async #sweepPlace(): Promise<string> {
    if (this.#disposal === "remove") {
      for (const place of this.#sweepPlaces()) {
        if ((await this.#folder.files.look(place))?.isDirectory === true) return place;
      }
    }
    throw noRoom("no folder outside of the mailbox can take its messages");
  }

  /** Our folder and those above it; only the server can write in them (mailbox_folder.ts). */
  #sweepPlaces(): readonly string[] {
    const above = dirname(this.#own);
    return [this.#own, above, dirname(above)];
  }

  async #sweptPrefix(): Promise<string> {
    return `.pop3svc-${await this.#folder.key()}-`;
  }

  /** Only into a trash that is there: a full disk has no room for a new one. */
  async #moveToTrash(there: string): Promise<void> {
    const trash = join(this.#own, TRASH);
    const own = await this.#folder.files.look(this.#own);
    const info = await this.#folder.files.look(trash);
    if (own === null || !isOurFolder(own) || info?.isDirectory !== true) {
      throw noRoom("there is no trash yet");
    }
    await this.#begin(() => giveName(this.#folder, there, join(trash, basename(there))));
  }
}

function noRoom(reason: string): Error {
  return new Error(`ENOSPC: the disk is full, and ${reason}`);
}
