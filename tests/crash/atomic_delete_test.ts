/**
 * A deletion is interrupted before each of its file-system calls: by SIGKILL, by an error of that call, or by errors of
 * that call and all later ones. Afterwards either all messages of the set are gone or none.
 */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { denoFileSystem, type FileSystem } from "../../lib/files/file_system.ts";
import { PartialDeletionError } from "../../lib/provider/partial_deletion_error.ts";
import { testConnectionInfo } from "../../lib/testing/mod.ts";
import { countedFileSystem } from "./counted_file_system.ts";
import {
  assertAllOrNothing,
  doomedOf,
  filledMailbox,
  isFullDisk,
  isMbox,
  isOthers,
  type Kind,
  kinds,
  openMailbox,
} from "./filled_mailbox.ts";

/** The names of the file-system calls of an undisturbed deletion, in order. */
async function callsOfOneDeletion(kind: Kind): Promise<string[]> {
  await using folder = await filledMailbox(kind);
  const calls: string[] = [];
  let isArmed = false;
  const files = countedFileSystem(denoFileSystem, (_, name) => {
    if (isArmed) calls.push(name);
  });
  const mailbox = openMailbox(kind, folder.path, files);
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  isArmed = true;
  await mailbox.messageDelete(info, doomedOf(kind));
  assertEquals(await assertAllOrNothing(kind, folder.path, "undisturbed"), true);
  return calls;
}

/** Deletes the set while some calls fail. */
async function deleteWithFailures(
  kind: Kind,
  path: string,
  fails: (call: number) => boolean,
  error: () => Error,
): Promise<"deleted" | "deleted one by one" | "failed"> {
  let isArmed = false;
  let calls = 0;
  const files = countedFileSystem(denoFileSystem, () => {
    if (isArmed && fails(++calls)) throw error();
  });
  const mailbox = openMailbox(kind, path, files);
  const info = testConnectionInfo();
  await mailbox.listMessageUniqueIds(info);
  isArmed = true;
  try {
    await mailbox.messageDelete(info, doomedOf(kind));
    return "deleted";
  } catch (error) {
    if (error instanceof PartialDeletionError) return "deleted one by one";
    // The session goes on, and its messages are still there.
    isArmed = false;
    for (const uniqueId of doomedOf(kind)) {
      assertEquals(await mailbox.messageExists(info, uniqueId), true);
    }
    return "failed";
  }
}

for (const kind of kinds) {
  Deno.test(`${kind}: a real process is killed before each call`, async () => {
    const calls = await callsOfOneDeletion(kind);
    const outcomes: boolean[] = [];
    for (const [index, name] of calls.entries()) {
      await using folder = await filledMailbox(kind);
      const script = fromFileUrl(new URL("delete_and_die.ts", import.meta.url));
      const { signal, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--quiet", "--no-check", "-A", script, kind, folder.path, `${index + 1}`],
        stdout: "null",
        stderr: "piped",
      }).output();
      assertEquals(signal, "SIGKILL", new TextDecoder().decode(stderr));
      outcomes.push(
        await assertAllOrNothing(kind, folder.path, `killed before ${index + 1} ${name}`),
      );
    }
    // From some call on the deletion is final; both outcomes must occur.
    assertEquals(outcomes, outcomes.toSorted((a, b) => Number(a) - Number(b)));
    assert(outcomes.includes(true) && outcomes.includes(false));
  });

  const failures: readonly (readonly [string, () => Error])[] = [
    ["ENOSPC", () => new Error("No space left on device (os error 28)")],
    ["EACCES", () => new Deno.errors.PermissionDenied("Permission denied (os error 13)")],
    ["EIO", () => new Error("Input/output error (os error 5)")],
  ];
  for (const [name, error] of failures) {
    for (const scope of ["one call", "all calls from it on"] as const) {
      Deno.test(`${kind}: ${name} in ${scope}: when the deletion fails, nothing is gone`, async () => {
        const calls = await callsOfOneDeletion(kind);
        let failed = 0;
        for (const [index, call] of calls.entries()) {
          await using folder = await filledMailbox(kind);
          const n = index + 1;
          const fails = scope === "one call"
            ? (number: number) => number === n
            : (number: number) => number >= n;
          const what = `${name} in ${n} ${call}`;
          const outcome = await deleteWithFailures(kind, folder.path, fails, error);
          const isGone = await assertAllOrNothing(kind, folder.path, what);
          assertEquals(isGone, outcome !== "failed", what);
          if (outcome === "failed") failed++;
        }
        // The journal may find the room that another call did not.
        assert(failed > 0 || name === "ENOSPC" && scope === "one call");
      });
    }
  }

  // On a full disk no file is renamed.
  if (isMbox(kind) || isFullDisk(kind)) continue;
  Deno.test(`${kind}: a login during a deletion waits, and never sees a part of the set`, async () => {
    await using folder = await filledMailbox(kind);
    let listed: readonly string[] | null = null;
    let listing = Promise.resolve();
    let renames = 0;
    const files: FileSystem = {
      ...denoFileSystem,
      async rename(from, to) {
        await denoFileSystem.rename(from, to);
        if (++renames !== 2) return;
        const other = openMailbox(kind, folder.path);
        listing = Promise.resolve(other.listMessageUniqueIds(testConnectionInfo()))
          .then((uniqueIds) => void (listed = uniqueIds));
        // These calls give the other login time for everything that it can do without the lock.
        for (let turn = 0; turn < 20; turn++) await denoFileSystem.look(folder.path);
        assertEquals(listed, null);
      },
    };
    const mailbox = openMailbox(kind, folder.path, files);
    const info = testConnectionInfo();
    await mailbox.listMessageUniqueIds(info);
    await mailbox.messageDelete(info, doomedOf(kind));
    await listing;
    assertEquals(listed, ["m3", "m4", "m6"]);
  });

  // In a Maildir of another user, a failed deletion puts no file back. On a full disk no file is moved.
  if (isOthers(kind) || isFullDisk(kind)) continue;
  Deno.test(`${kind}: when a new file has the name of a file that is put back, both are kept`, async () => {
    await using folder = await filledMailbox(kind);
    const name = kind === "maildir" ? "new/m1" : "m1";
    let isArmed = false;
    let armedRenames = 0;
    const files = countedFileSystem(denoFileSystem, (_, call) => {
      if (!isArmed || call !== "rename" || ++armedRenames !== 2) return;
      Deno.writeTextFileSync(join(folder.path, name), "Subject: just delivered\n\n");
      throw new Error("EIO");
    });
    const mailbox = openMailbox(kind, folder.path, files);
    const info = testConnectionInfo();
    await mailbox.listMessageUniqueIds(info);
    isArmed = true;
    await assertRejects(async () => await mailbox.messageDelete(info, doomedOf(kind)));
    const uniqueIds = await openMailbox(kind, folder.path).listMessageUniqueIds(
      testConnectionInfo(),
    );
    assertEquals(uniqueIds.toSorted(), ["1.m1", "m1", "m2", "m3", "m4", "m5", "m6"]);
    assertEquals(await Deno.readTextFile(join(folder.path, name)), "Subject: just delivered\n\n");
  });
}

for (const kind of kinds) {
  if (isMbox(kind)) continue;
  Deno.test(`${kind}: a login that overlaps a deletion sees all of the set or nothing of it`, async () => {
    await using folder = await filledMailbox(kind);
    const deleting = openMailbox(kind, folder.path);
    const info = testConnectionInfo();
    await deleting.listMessageUniqueIds(info);
    let listings = 0;
    const files: FileSystem = {
      ...denoFileSystem,
      async regularFiles(path) {
        const listed = await denoFileSystem.regularFiles(path);
        // The deletion happens when the first folder has been listed and the others have not.
        if (++listings === 1) await deleting.messageDelete(info, doomedOf(kind));
        return listed;
      },
    };
    const uniqueIds = await openMailbox(kind, folder.path, files).listMessageUniqueIds(
      testConnectionInfo(),
    );
    assertEquals(uniqueIds, ["m3", "m4", "m6"]);
  });
}
