/** Writes the index of a mailbox (mailbox_index.ts), in slices, so that other sessions go on. */
import { join } from "@std/path";
import type { FileSystem } from "../../files/file_system.ts";
import { writeWhole } from "../../files/write_whole.ts";
import { TimeSlice } from "../../time/time_slice.ts";
import { type Head, indexPathIn, VERSION } from "./mailbox_index.ts";
import type { MessageTable } from "./message_table.ts";

/** The name of an index that is being written. */
const UNFINISHED = /^index\.[0-9a-f-]+$/;

/** How many values of a column become text at once. */
const PART = 2_000;

/** Writes an index in place of the old one. Every message must be measured. */
export async function writeIndex(
  files: FileSystem,
  stateFolder: string,
  stamp: string,
  messages: MessageTable,
): Promise<void> {
  const slice = new TimeSlice();
  const column = async (name: string, valueAt: (row: number) => unknown): Promise<Uint8Array[]> => {
    const parts = [encoder.encode(`"${name}":[`)];
    for (let row = 0; row < messages.size; row += PART) {
      await slice.pause();
      const length = Math.min(PART, messages.size - row);
      const values = Array.from({ length }, (_, index) => valueAt(row + index));
      parts.push(encoder.encode((row === 0 ? "" : ",") + JSON.stringify(values).slice(1, -1)));
    }
    return [...parts, encoder.encode("]")];
  };
  const overview = line([
    await column("uniqueIds", (row) => messages.uniqueIdAt(row)),
    await column("octets", (row) => messages.octetsAt(row)),
  ]);
  const details = line([
    await column("paths", (row) => messages.pathAt(row)),
    await column("fileSizes", (row) => messages.fileSizeAt(row)),
    await column("modified", (row) => messages.modifiedAt(row)),
    await column("inodes", (row) => messages.inodeAt(row)),
    await column("clean", (row) => messages.isCleanAt(row)),
  ]);
  const lengths = [lengthOf(overview), lengthOf(details)] as const;
  const head = encoder.encode(
    `${JSON.stringify({ version: VERSION, stamp, lengths } satisfies Head)}\n`,
  );
  for (const { name } of await files.entries(stateFolder)) {
    // The process that was writing it is gone, or will write it again.
    if (UNFINISHED.test(name)) await files.remove(join(stateFolder, name)).catch(() => {});
  }
  const path = indexPathIn(stateFolder);
  await writeWhole(files, path, `${path}.${crypto.randomUUID()}`, async (file) => {
    for (const part of [[head], overview, details].map(joined)) await file.write(part);
  });
}

const encoder = new TextEncoder();

/** An object of columns, in parts. */
function line(columns: readonly (readonly Uint8Array[])[]): Uint8Array[] {
  const separated = columns.flatMap((column, at) =>
    at === 0 ? column : [encoder.encode(","), ...column]
  );
  return [encoder.encode("{"), ...separated, encoder.encode("}\n")];
}

function lengthOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(lengthOf(parts));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
