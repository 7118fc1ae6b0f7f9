/** A file system that lets a test count and interrupt calls. */
import type { FileSystem } from "../../lib/files/file_system.ts";

/** Calls `before` before each file-system call, with its number from 1. If `before` throws, the call fails with that. */
export function countedFileSystem(
  files: FileSystem,
  before: (call: number, name: string) => void,
): FileSystem {
  let calls = 0;
  const step = (name: string) => before(++calls, name);
  return {
    look: async (path) => (step("look"), await files.look(path)),
    open: async (path, isExposed, known) => (
      step("open"), await files.open(path, isExposed, known)
    ),
    openGiven: async (path) => (step("openGiven"), await files.openGiven(path)),
    give: async (path, to) => (step("give"), await files.give(path, to)),
    openInPlace: async (path) => {
      step("openInPlace");
      const file = await files.openInPlace(path);
      return file === null ? null : {
        info: file.info,
        identityNow: () => file.identityNow(),
        tryLock: () => file.tryLock(),
        readNow: (into, at) => file.readNow(into, at),
        readSoon: (into, at) => file.readSoon(into, at),
        read: async (into, at) => await file.read(into, at),
        write: async (octets, at) => (step("write in place"), await file.write(octets, at)),
        truncate: async (size) => (step("truncate"), await file.truncate(size)),
        sync: async () => (step("sync in place"), await file.sync()),
        [Symbol.dispose]: () => file[Symbol.dispose](),
      };
    },
    regularFiles: async (folder) => (step("regularFiles"), await files.regularFiles(folder)),
    entries: async (folder) => (step("entries"), await files.entries(folder)),
    makeFolder: async (path) => (step("makeFolder"), await files.makeFolder(path)),
    link: async (from, to) => (step("link"), await files.link(from, to)),
    rename: async (from, to) => (step("rename"), await files.rename(from, to)),
    create: async (path, mode) => {
      step("create");
      const file = await files.create(path, mode);
      return {
        write: async (octets) => (step("write"), await file.write(octets)),
        sync: async () => (step("sync file"), await file.sync()),
        [Symbol.dispose]: () => file[Symbol.dispose](),
      };
    },
    remove: async (path) => (step("remove"), await files.remove(path)),
    sync: async (folder) => (step("sync"), await files.sync(folder)),
    lock: async (path) => (step("lock"), await files.lock(path)),
    tryLock: async (path) => (step("tryLock"), await files.tryLock(path)),
  };
}
