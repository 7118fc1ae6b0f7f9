/**
 * One message as one file: which file it is, how large the message in it is, and its bytes.
 *
 * A file is known by its identity. One that has another identity than at the login is another message, even
 * under the same name: it is neither sent nor deleted in the place of the one the client means.
 */
import type { MessageBody } from "../../protocol/reply.ts";

/** What tells one file from another, or from itself after a change. */
export interface FileIdentity {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  /** 0 where the system has none. */
  readonly inode: number;
}

export function identityOf(info: Deno.FileInfo): FileIdentity {
  return { size: info.size, modified: info.mtime?.getTime() ?? 0, inode: info.ino ?? 0 };
}

export function isSameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.size === b.size && a.modified === b.modified && a.inode === b.inode;
}

/** Chunks that are looked at stay in the cache of the processor; those that are not are large, and few. */
const CHUNK_OCTETS = { looked: 262_144, clean: 262_144 };

/**
 * A file of so many octets is read whole, synchronously: 20 µs, and 150 with the threads behind four asynchronous
 * calls. Most mail is smaller than this.
 */
const SMALL_OCTETS = 32_768;

/** Opens the file; null when it is no longer the one we know. */
export async function openMessageFile(
  path: string,
  identity: FileIdentity,
  isClean: boolean,
): Promise<MessageBody | null> {
  return identity.size <= SMALL_OCTETS
    ? readSmallFile(path, identity, isClean)
    : await openLargeFile(path, identity, isClean);
}

function readSmallFile(
  path: string,
  identity: FileIdentity,
  isClean: boolean,
): MessageBody | null {
  using file = Deno.openSync(path);
  const info = file.statSync();
  if (!info.isFile || !isSameFile(identityOf(info), identity)) return null;
  const octets = new Uint8Array(identity.size);
  for (let read = 0; read < octets.length;) {
    const count = file.readSync(octets.subarray(read));
    if (count === null) throw endedEarly(octets.length - read);
    read += count;
  }
  return new SmallBody(octets, isClean);
}

async function openLargeFile(
  path: string,
  identity: FileIdentity,
  isClean: boolean,
): Promise<FileBody | null> {
  const file = await Deno.open(path);
  try {
    const info = await file.stat();
    if (info.isFile && isSameFile(identityOf(info), identity)) {
      return new FileBody(file, identity.size, isClean);
    }
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return null;
}

function endedEarly(octets: number): Error {
  return new Error(`The file ended ${octets} octets early`);
}

/** The bytes of a file that was read. */
class SmallBody implements MessageBody {
  readonly isClean: boolean;
  readonly isAtEnd = true;
  #octets: Uint8Array | null;

  constructor(octets: Uint8Array, isClean: boolean) {
    this.#octets = octets.length > 0 ? octets : null;
    this.isClean = isClean;
  }

  nextChunk(): Uint8Array | null {
    const octets = this.#octets;
    this.#octets = null;
    return octets;
  }

  close(): void {}
}

/** The bytes of an open file, as many as it had when it was measured. */
class FileBody implements MessageBody {
  readonly isClean: boolean;
  readonly #file: Deno.FsFile;
  readonly #buffer: Uint8Array;
  #left: number;

  constructor(file: Deno.FsFile, size: number, isClean: boolean) {
    this.isClean = isClean;
    this.#file = file;
    this.#left = size;
    const most = isClean ? CHUNK_OCTETS.clean : CHUNK_OCTETS.looked;
    this.#buffer = new Uint8Array(Math.min(size, most));
  }

  get isAtEnd(): boolean {
    return this.#left === 0;
  }

  async nextChunk(): Promise<Uint8Array | null> {
    if (this.#left === 0) return null;
    const wanted = Math.min(this.#left, this.#buffer.length);
    const count = await this.#file.read(this.#buffer.subarray(0, wanted));
    if (count === null) throw endedEarly(this.#left);
    this.#left -= count;
    return this.#buffer.subarray(0, count);
  }

  close(): void {
    this.#file.close();
  }
}
