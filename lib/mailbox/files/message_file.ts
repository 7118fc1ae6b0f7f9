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
const CHUNK_OCTETS = { looked: 65_536, clean: 262_144 };

/** Opens the file; null when it is no longer the one we know. */
export async function openMessageFile(
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
    if (count === null) throw new Error(`The file ended ${this.#left} octets early`);
    this.#left -= count;
    return this.#buffer.subarray(0, count);
  }

  close(): void {
    this.#file.close();
  }
}
