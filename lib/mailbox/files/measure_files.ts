/**
 * Reads files to tell what POP3 must know of the messages in them. Each is read once, and then not again until
 * it is another file.
 *
 * A synchronous call costs a tenth of an asynchronous one, and a huge mailbox needs hundreds of thousands:
 * they are made synchronously, in slices, so that other sessions go on.
 */
import { join } from "@std/path";
import { TimeSlice } from "../../time/time_slice.ts";
import type { FileIdentity } from "../../files/file_identity.ts";
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import { envelopeOctets } from "./envelope_line.ts";
import type { MailboxFolder } from "./mailbox_folder.ts";
import { MboxInAFile } from "./mbox_in_a_file.ts";
import type { MessageFile } from "./message_ids.ts";

/** Longest stretch of work before others have a turn. */
const SLICE_MS = 2;

/** What is known of one file. */
export interface MeasuredFile {
  readonly identity: FileIdentity;
  /** Size of the message as sent. */
  readonly octets: number;
  /** Whether it goes over the wire as it lies there. */
  readonly isClean: boolean;
  /** Whether it is a whole mbox, and no message; not remembered by an index. */
  readonly isMbox?: boolean;
}

const CHUNK_OCTETS = 65_536;

/** What became of counting one message; `gone` is one that is not there any more as the file that it was. */
export type Measurement =
  | { readonly type: "measured"; readonly measured: MeasuredFile }
  | { readonly type: "gone" }
  | { readonly type: "unreadable"; readonly error: unknown };

/** Counts each message, and tells what became of it: one that cannot be read costs the others nothing. */
export async function measureFiles(
  folder: MailboxFolder,
  messages: readonly MessageFile[],
  tell: (message: MessageFile, measurement: Measurement) => void,
): Promise<void> {
  const slice = new TimeSlice(SLICE_MS);
  const buffer = new Uint8Array(CHUNK_OCTETS);
  for (const message of messages) {
    await slice.pause();
    const path = join(folder.path, message.path);
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
      const count = file.readNow(
        buffer.subarray(0, Math.min(identity.size - at, buffer.length)),
        at,
      );
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
    return { type: "unreadable", error };
  }
}
