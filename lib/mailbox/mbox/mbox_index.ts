/**
 * The messages of an mbox: one pass over the lines finds them, a second one measures them. Both need little memory.
 */
import { OctetCounter } from "../../protocol/well_formed_lines.ts";
import { TimeSlice } from "../../time/time_slice.ts";
import { type FileIdentity, identityOf } from "../../files/file_identity.ts";
import type { OpenFile } from "../../files/regular_file.ts";
import { MessageList } from "../../provider/message_list.ts";
import { FileWindow, type WindowSource } from "./file_window.ts";
import { MessageFinder } from "./find_messages.ts";
import type { FoundMessages, MessagePlace } from "./found_messages.ts";
import { FromUnquoter } from "./from_unquoter.ts";
import { lengthTargets } from "./length_target.ts";
import type { MboxIds } from "./mbox_ids.ts";
import { MessageIdentity } from "./message_identity.ts";
import { scanLines } from "./scan_lines.ts";

/** One message. */
export interface MboxMessage extends MessagePlace {
  readonly uniqueId: string;
  /** The digest of its identity (message_identity.ts). */
  readonly digest: string;
  /** Size as sent. */
  readonly octets: number;
  /** Stays the same when the contents of the message change in place (message_identity.ts). */
  readonly origin: number;
}

/** All messages that are served, by unique id, in the order of the file. */
export interface MboxIndex {
  readonly identity: FileIdentity;
  readonly list: MessageList;
  readonly messages: ReadonlyMap<string, MboxMessage>;
  readonly found: FoundMessages;
  /** Messages that another program has marked as no mail, or as deleted. */
  readonly hidden: number;
  /** Messages that are equal to another one in every octet. */
  readonly twins: number;
}

interface MeasuredMessage extends MessagePlace {
  readonly digest: string;
  readonly octets: number;
  readonly origin: number;
}

/** Indexes a file that nobody changes meanwhile. */
export async function indexMbox(file: OpenFile, ids: MboxIds): Promise<MboxIndex> {
  const identity = identityOf(file.info);
  const { size } = identity;
  const slice = new TimeSlice();
  const window = new FileWindow(file);
  const found = await findMessages(file, size, slice, window);
  const served: MeasuredMessage[] = [];
  for (const place of found.places) {
    const { isHidden, ...message } = await measure(window, place, slice);
    if (!isHidden) served.push(message);
  }
  const digests = served.map(({ digest }) => digest);
  const uniqueIds = ids.assign(digests);
  const messages = new Map<string, MboxMessage>();
  for (const [at, uniqueId] of uniqueIds.entries()) {
    const message = served[at];
    if (message !== undefined) messages.set(uniqueId, { ...message, uniqueId });
  }
  return {
    identity,
    list: new MessageList(Object.freeze(uniqueIds), served.map(({ octets }) => octets)),
    messages,
    found,
    hidden: found.places.length - served.length,
    twins: digests.length - new Set(digests).size,
  };
}

/** Finds the messages, in one pass over the lines. */
export async function findMessages(
  file: WindowSource,
  size: number,
  slice: TimeSlice,
  window: FileWindow = new FileWindow(file),
): Promise<FoundMessages> {
  const finder = new MessageFinder(lengthTargets(file, size));
  await scanLines(window, size, slice, finder);
  return finder.finish(size);
}

/** Whether the octets of a message are still where they were, after somebody has written to the file. */
export async function isStillThere(file: OpenFile, message: MboxMessage): Promise<boolean> {
  if (file.identityNow().size < message.next) return false;
  const window = new FileWindow(file);
  const { digest, isHidden } = await measure(window, message, new TimeSlice());
  return digest === message.digest && !isHidden;
}

async function measure(
  window: FileWindow,
  place: MessagePlace,
  slice: TimeSlice,
): Promise<MeasuredMessage & { readonly isHidden: boolean }> {
  const { start, contentStart, contentEnd, isQuoted } = place;
  const seen = window.octets(start, contentStart);
  const isWhole = seen.length === contentStart - start;
  const identity = new MessageIdentity(isWhole ? seen : window.fresh(start, contentStart));
  const counter = new OctetCounter();
  const unquoter = new FromUnquoter();
  for (let at = contentStart; at < contentEnd;) {
    await slice.pause();
    const chunk = window.octets(at, contentEnd);
    identity.add(chunk);
    counter.add(isQuoted ? unquoter.unquote(chunk) : chunk);
    at += chunk.length;
  }
  if (isQuoted) counter.add(unquoter.end());
  return { ...place, ...identity.end(), octets: counter.octets };
}
