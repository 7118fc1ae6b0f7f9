/**
 * Reads files to tell what POP3 must know of the messages in them. Each is read once, and then not again until
 * it is another file.
 *
 * A synchronous call costs a tenth of an asynchronous one, and a huge mailbox needs hundreds of thousands:
 * they are made synchronously, in slices, so that other sessions go on.
 */
import { join } from "@std/path";
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import { type FileIdentity, identityOf, isSameFile } from "./message_file.ts";
import type { MessageFile } from "./message_layout.ts";
import { nullIfGone } from "../../files/null_if_gone.ts";
import { TimeSlice } from "../../connection/time_slice.ts";

/** Of work, before others have a turn. */
const SLICE_MS = 2;

/** What is known of one file. */
export interface MeasuredFile {
  readonly identity: FileIdentity;
  /** Size of the message as sent. */
  readonly octets: number;
  /** Does it go over the wire as it lies there? */
  readonly isClean: boolean;
}

const CHUNK_OCTETS = 65_536;

/** Tells `found` of each message that is the file that it was, and `missing` of the others. */
export async function measureFiles(
  mailbox: string,
  messages: readonly MessageFile[],
  found: (message: MessageFile, measured: MeasuredFile) => void,
  missing: (message: MessageFile) => void = () => {},
): Promise<void> {
  const slice = new TimeSlice(SLICE_MS);
  const buffer = new Uint8Array(CHUNK_OCTETS);
  for (const message of messages) {
    await slice.pause();
    const measured = await measureFile(
      join(mailbox, message.path),
      message.identity,
      buffer,
      slice,
    );
    if (measured === null) missing(message);
    else found(message, measured);
  }
}

async function measureFile(
  path: string,
  identity: FileIdentity,
  buffer: Uint8Array,
  slice: TimeSlice,
): Promise<MeasuredFile | null> {
  using file = nullIfGone(() => Deno.openSync(path));
  if (file === null || !isSameFile(identityOf(file.statSync()), identity)) return null;
  const counter = new OctetCounter();
  for (let left = identity.size; left > 0;) {
    const count = file.readSync(buffer.subarray(0, Math.min(left, buffer.length)));
    if (count === null) return null;
    counter.add(buffer.subarray(0, count));
    left -= count;
    if (left > 0) await slice.pause();
  }
  return { identity, octets: counter.octets, isClean: counter.isClean };
}
