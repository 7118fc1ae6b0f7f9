/** A disk that does not answer while a deletion is decided (slow_disks.ts), and may carry out the call later. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { UnknownOutcomeError } from "../../lib/mailbox/unknown_outcome.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { countedFileSystem } from "../crash/counted_file_system.ts";
import {
  assertAllOrNothing,
  doomedOf,
  filledMailbox,
  isFullDisk,
  isMbox,
  type Kind,
  kinds,
  openMailbox,
} from "../crash/filled_mailbox.ts";

function noAnswer(): Error {
  return new Deno.errors.TimedOut("The disk has not answered for 30 s");
}

/** What the disk does with the call that decides. */
type Answer =
  | "carried out, but not answered"
  | "carried out before the next call"
  | "never carried out"
  | "carried out when the disk answers again";

/** A disk that does not answer the rename that decides, or any call from it on. */
class LateDisk {
  readonly answer: Answer;
  isHung = false;
  /** The call that the disk has not carried out yet. */
  pending: (() => Promise<void>) | null = null;
  readonly files: FileSystem;

  constructor(answer: Answer) {
    this.answer = answer;
    const checked = countedFileSystem(denoFileSystem, () => {
      if (this.isHung) throw noAnswer();
    });
    const renames = async () => {
      if (this.answer === "carried out before the next call") await this.carryOut();
    };
    this.files = {
      ...checked,
      rename: async (from, to) => {
        await renames();
        if (!isDecision(to)) return await checked.rename(from, to);
        this.pending = () => denoFileSystem.rename(from, to);
        if (this.answer === "carried out, but not answered") await this.carryOut();
        this.isHung = this.answer === "carried out when the disk answers again";
        throw noAnswer();
      },
      entries: async (path) => {
        const entries = await checked.entries(path);
        // Whoever has just seen the folder of the deletion will not find it.
        await renames();
        return entries;
      },
      remove: async (path) => {
        await renames();
        await checked.remove(path);
      },
    };
  }

  async carryOut(): Promise<void> {
    const call = this.pending;
    this.pending = null;
    await call?.();
  }
}

function isDecision(to: string): boolean {
  return /\/(?:deleted|trashed|journal)-[^/]+$|\/mail\.mbox$/.test(to);
}

/** Deletes; the error, or null when all is deleted. */
async function failureOf(kind: Kind, path: string, files: FileSystem): Promise<unknown> {
  const mailbox = openMailbox(kind, path, files);
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  try {
    await mailbox.messageDelete(info, doomedOf(kind));
    return null;
  } catch (error) {
    return error;
  }
}

/** The names below a path, however deep, that say that a deletion is decided. */
function decisionsIn(path: string): string[] {
  return [...Deno.readDirSync(path)].flatMap(({ name, isDirectory }) => [
    ...(/^(?:deleted|trashed|journal)-/.test(name) ? [name] : []),
    ...(isDirectory ? decisionsIn(`${path}/${name}`) : []),
  ]);
}

// An mbox in place is decided by other calls.
for (const kind of kinds.filter((kind) => kind !== "mbox in place")) {
  for (
    const answer of [
      "carried out, but not answered",
      "carried out before the next call",
      "never carried out",
    ] as const
  ) {
    Deno.test(`${kind}: a decision that is ${answer}: the reply is true, also after a restart`, async () => {
      await using folder = await filledMailbox(kind);
      const disk = new LateDisk(answer);
      const failure = await failureOf(kind, folder.path, disk.files);
      // A process that starts now finds no decision that it would finish.
      if (failure !== null) assertEquals(decisionsIn(folder.path), []);
      if (disk.pending !== null) await assertRejects(() => disk.carryOut());
      assert(!(failure instanceof UnknownOutcomeError));
      assertEquals(await assertAllOrNothing(kind, folder.path, answer), failure === null);
    });
  }

  Deno.test(`${kind}: the disk does not answer from the decision on: the reply is that the outcome is not known`, async () => {
    for (const isCarriedOut of [false, true]) {
      await using folder = await filledMailbox(kind);
      const disk = new LateDisk("carried out when the disk answers again");
      const failure = await failureOf(kind, folder.path, disk.files);
      assert(failure instanceof UnknownOutcomeError, String(failure));
      if (isCarriedOut) await disk.carryOut();
      await assertAllOrNothing(kind, folder.path, `carried out: ${isCarriedOut}`);
    }
  });

  if (isMbox(kind) || !isFullDisk(kind)) continue;
  Deno.test(`${kind}: the disk does not answer whether it has removed the first message: all are deleted`, async () => {
    for (const isCarriedOut of [false, true]) {
      await using folder = await filledMailbox(kind);
      let isAnswered = true;
      const removes = async (path: string, call: () => Promise<void>) => {
        if (!/\/(?:new|cur)\/[^/]+$/.test(path)) return await call();
        isAnswered = false;
        if (isCarriedOut) await call();
        throw noAnswer();
      };
      const failure = await failureOf(kind, folder.path, {
        ...denoFileSystem,
        remove: (path) => removes(path, () => denoFileSystem.remove(path)),
        rename: (from, to) => removes(from, () => denoFileSystem.rename(from, to)),
      });
      assertEquals([failure, isAnswered], [null, false]);
      assertEquals(await assertAllOrNothing(kind, folder.path, "not answered"), true);
    }
  });
}
