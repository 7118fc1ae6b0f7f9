/**
 * A regular file that is changed in place: an mbox that cannot be replaced because of its folder, its owner or a
 * second name. Opening for reading and writing does not wait at a FIFO.
 */
import { type FileIdentity, identityOf, isSameInode } from "./file_identity.ts";
import { lookAtGiven } from "./given_path.ts";
import type { OpenFile } from "./regular_file.ts";

/** A regular file that is open for reading and writing. */
export interface InPlaceFile extends OpenFile {
  readonly info: Deno.FileInfo;
  /** Takes a lock across processes (flock); false while another process has it, true where there are no locks. */
  tryLock(): boolean;
  write(octets: Uint8Array, at: number): Promise<void>;
  truncate(size: number): Promise<void>;
  /** Resolves once the file's octets would survive a loss of power. */
  sync(): Promise<void>;
}

/**
 * Opens a file by a path that the administrator gave; null when there is no regular file.
 *
 * @throws {ForeignLinkError} when a link on the way must not be followed
 */
export function openInPlace(path: string): InPlaceFile | null {
  if (lookAtGiven(path)?.info.isFile !== true) return null;
  const file = Deno.openSync(path, { read: true, write: true });
  try {
    const info = lookAtGiven(path)?.info;
    if (info?.isFile === true && isSameInode(file.statSync(), info)) {
      return new DenoInPlaceFile(file, info);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return null;
}

class DenoInPlaceFile implements InPlaceFile {
  readonly info: Deno.FileInfo;
  readonly #file: Deno.FsFile;
  #isOpen = true;

  constructor(file: Deno.FsFile, info: Deno.FileInfo) {
    this.#file = file;
    this.info = info;
  }

  identityNow(): FileIdentity {
    return identityOf(this.#file.statSync());
  }

  tryLock(): boolean {
    try {
      return this.#file.tryLockSync(true);
    } catch {
      return true;
    }
  }

  readNow(into: Uint8Array, at: number): number {
    this.#file.seekSync(at, Deno.SeekMode.Start);
    return this.#file.readSync(into) ?? 0;
  }

  /** A rewritten mbox is read in large parts, which wait for its disk. */
  readSoon(into: Uint8Array, at: number): number {
    return this.readNow(into, at);
  }

  async read(into: Uint8Array, at: number): Promise<number> {
    await this.#file.seek(at, Deno.SeekMode.Start);
    return await this.#file.read(into) ?? 0;
  }

  async write(octets: Uint8Array, at: number): Promise<void> {
    await this.#file.seek(at, Deno.SeekMode.Start);
    for (let written = 0; written < octets.length;) {
      written += await this.#file.write(octets.subarray(written));
    }
  }

  truncate(size: number): Promise<void> {
    return this.#file.truncate(size);
  }

  sync(): Promise<void> {
    return this.#file.sync();
  }

  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#file.close();
  }
}
