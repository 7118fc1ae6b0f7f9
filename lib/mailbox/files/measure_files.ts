/**
 * Reads files to measure the messages in them.
 *
 * A synchronous call takes a tenth of the time of an asynchronous one, and a huge mailbox needs hundreds of thousands.
 * So we make synchronous calls where the disk has been fast, in slices, so that other sessions go on. On a thread of its
 * own, this work would take the CPU whenever it can: on two cores, other sessions would wait longer than they do now.
 */
import { TimeSlice } from "../../time/time_slice.ts";
import type { FileIdentity } from "../../files/file_identity.ts";
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import { envelopeOctets } from "./envelope_line.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { MboxInAFile } from "./mbox_in_a_file.ts";
import type { MeasuredFile } from "./measured_file.ts";
import type { MessageFile } from "./message_table.ts";

/** The longest stretch of work before yielding to the event loop. */
const SLICE_MS = 2;

const CHUNK_OCTETS = 65_536;

/** The result for one message; `gone` where the file does not exist any more, or is another file. */
export type Measurement =
  | { readonly type: "measured"; readonly measured: MeasuredFile }
  | { readonly type: "gone" }
  | { readonly type: "unreadable"; readonly error: unknown };

/** Measures each message and calls `tell` with the result. A message that cannot be read does not stop the others. */
export async function measureFiles(
  folder: MailboxFolder,
  messages: Iterable<MessageFile>,
  tell: (message: MessageFile, measurement: Measurement) => void,
): Promise<void> {
  const slice = new TimeSlice(SLICE_MS);
  const buffer = new Uint8Array(CHUNK_OCTETS);
  for (const message of messages) {
    const pause = slice.pause();
    if (pause !== undefined) await pause;
    // Nothing of what `join` does is needed here, and a huge mailbox has many paths.
    const path = `${folder.path}/${message.path}`;
    tell(message, await measureFile(folder, path, message.identity, buffer, slice));
  }
}

async function measureFile(
  folder: MailboxFolder,
  path: string,
  identity: FileIdentity,
  buffer: Uint8Array,
  slice: TimeSlice,
): Promise<Measurement> {
  try {
    using file = await folder.files.open(path, folder.isExposed, identity);
    if (file === null || !folder.isStill(file.info, identity)) return { type: "gone" };
    const counter = new OctetCounter();
    let mbox: MboxInAFile | null = null;
    for (let at = 0; at < identity.size;) {
      const read = file.readSoon(
        buffer.subarray(0, Math.min(identity.size - at, buffer.length)),
        at,
      );
      const count = read instanceof Promise ? await read : read;
      if (count === 0) return { type: "gone" };
      const chunk = buffer.subarray(0, count);
      const envelope = at === 0 ? envelopeOctets(chunk) : 0;
      counter.add(chunk.subarray(envelope));
      if (envelope > 0) mbox = new MboxInAFile();
      mbox?.add(chunk);
      at += count;
      if (at < identity.size) await slice.pause();
    }
    const { octets, isClean } = counter;
    const isMbox = mbox?.isMbox === true;
    return { type: "measured", measured: { identity, octets, isClean, isMbox } };
  } catch (error) {
    // The other messages are on the same disk.
    if (error instanceof Deno.errors.TimedOut) throw error;
    return { type: "unreadable", error };
  }
}
