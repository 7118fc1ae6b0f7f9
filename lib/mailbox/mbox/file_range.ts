/** A part of an open file, read in chunks. */
import type { InPlaceFile } from "../../files/in_place_file.ts";
import type { OpenFile } from "../../files/regular_file.ts";

/** A part of a file. */
export interface FileRange {
  readonly start: number;
  readonly end: number;
  /** A line end that the copy begins with; it is not in the file. */
  readonly lead?: Uint8Array;
}

/** How many octets the copy has. */
export function octetsIn({ start, end, lead }: FileRange): number {
  return (lead?.length ?? 0) + end - start;
}

const CHUNK_OCTETS = 262_144;

/**
 * Copies a part of a file, also to an earlier place in the same file.
 *
 * @returns where the copy ends
 */
export async function copy(
  from: OpenFile,
  range: FileRange,
  to: InPlaceFile,
  at: number,
): Promise<number> {
  let end = at;
  await eachChunk(from, range, async (chunk) => {
    await to.write(chunk, end);
    end += chunk.length;
  });
  return end;
}

/** Visits a part of a file in chunks; a chunk is valid until its visit has ended. */
export async function eachChunk(
  file: OpenFile,
  { start, end, lead }: FileRange,
  visit: (chunk: Uint8Array) => Promise<void> | void,
): Promise<void> {
  if (lead !== undefined) await visit(lead);
  const buffer = new Uint8Array(Math.min(CHUNK_OCTETS, Math.max(1, end - start)));
  for (let at = start; at < end;) {
    const count = await file.read(buffer.subarray(0, Math.min(buffer.length, end - at)), at);
    if (count === 0) throw new Error("The mbox became shorter while it was read");
    await visit(buffer.subarray(0, count));
    at += count;
  }
}
