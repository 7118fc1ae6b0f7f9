/**
 * Sizes of messages, remembered across restarts in `.pop3svc/sizes` of the mailbox.
 *
 * It may be deleted at any time: then sizes are counted anew. Its last line is a checksum of all others, so that
 * one that was half written, or written by two at once, is not believed; each line holds the identity of its
 * file, so that it is believed only of that very file. A small mailbox, and one that cannot be written to, has
 * none.
 */
import { join } from "@std/path";
import { OWN_FOLDER } from "./atomic_delete.ts";
import type { MeasuredFile } from "./measure_files.ts";

const HEADER = "pop3svc sizes 1: octets clean size modified inode unique-id";
/** Below this many messages, counting anew is faster than anyone could notice. */
const LEAST_MESSAGES = 1_000;

/** What was remembered, by unique id; nothing when there is no file that can be believed. */
export async function readSizes(mailbox: string): Promise<Map<string, MeasuredFile>> {
  const sizes = new Map<string, MeasuredFile>();
  const text = await Deno.readTextFile(pathIn(mailbox)).catch(() => "");
  const end = text.lastIndexOf("\n") + 1;
  const body = text.slice(0, end);
  if (!body.startsWith(`${HEADER}\n`) || text.slice(end) !== await checksum(body)) return sizes;
  for (const line of body.split("\n").slice(1, -1)) {
    const [octets, isClean, size, modified, inode, uniqueId = ""] = line.split(" ");
    sizes.set(uniqueId, {
      identity: { size: Number(size), modified: Number(modified), inode: Number(inode) },
      octets: Number(octets),
      isClean: isClean === "1",
    });
  }
  return sizes;
}

/** Remembers them, if it is worth it. That it cannot is no error: the sizes are known all the same. */
export async function writeSizes(
  mailbox: string,
  sizes: ReadonlyMap<string, MeasuredFile>,
): Promise<void> {
  if (sizes.size < LEAST_MESSAGES) return;
  const lines = sizes.entries().map(([uniqueId, { identity, octets, isClean }]) =>
    `${octets} ${
      isClean ? 1 : 0
    } ${identity.size} ${identity.modified} ${identity.inode} ${uniqueId}\n`
  );
  const body = `${HEADER}\n${lines.toArray().join("")}`;
  const path = pathIn(mailbox);
  try {
    await Deno.mkdir(join(mailbox, OWN_FOLDER), { recursive: true });
    await Deno.writeTextFile(`${path}.new`, body + await checksum(body));
    await Deno.rename(`${path}.new`, path);
  } catch {
    // A mailbox that we may only read.
  }
}

function pathIn(mailbox: string): string {
  return join(mailbox, OWN_FOLDER, "sizes");
}

async function checksum(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex();
}
