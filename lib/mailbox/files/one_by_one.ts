/**
 * Deletes messages one by one, where the disk is full and no journal can be written anywhere. This is the only case in
 * which some messages of a set may be deleted and others not, and the client learns how many.
 */
import { dirname, join } from "@std/path";
import { PartialDeletionError } from "../../provider/partial_deletion_error.ts";
import { UnknownOutcomeError } from "../unknown_outcome.ts";
import type { Disposal, DoomedFile } from "./deletions.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { RemoverByName } from "./remove_by_name.ts";

/** @throws {PartialDeletionError} unless there was only one file: removing that is all or nothing by itself */
export async function deleteOneByOne(
  folder: MailboxFolder,
  own: string,
  disposal: Disposal,
  doomed: readonly DoomedFile[],
): Promise<void> {
  const remover = new RemoverByName(folder, own, disposal);
  const left = new Set<string>();
  let failure: unknown = null;
  for (const file of doomed) {
    try {
      await remover.remove(file);
    } catch (error) {
      failure ??= error;
      left.add(file.uniqueId);
    }
  }
  try {
    for (const name of new Set(doomed.map(({ path }) => dirname(path)))) {
      await folder.files.sync(join(folder.path, name));
    }
  } catch (error) {
    // The messages are gone, so the client must still hear how many.
    failure ??= error;
  }
  if (doomed.length === 0 || doomed.length === 1 && left.size === 0 && failure === null) return;
  const cause = failure ?? new Error("ENOSPC: the disk is full, and no journal can be written");
  if (!remover.hasBegun) throw cause;
  if (failure instanceof Deno.errors.TimedOut) throw new UnknownOutcomeError(cause);
  throw new PartialDeletionError(left, { cause });
}
