import { type Awaitable, type MessageBody, recover } from "../protocol/reply.ts";

/** A mailbox failed in the middle of a message: `+OK` is said, so all that is left is to hang up. */
export class BrokenMessageError extends Error {
  override readonly name = "BrokenMessageError";
}

/** The next chunk of a message that is being sent. */
export function nextChunk(body: MessageBody): Awaitable<Uint8Array | null> {
  return recover(() => body.nextChunk(), (cause) => {
    throw new BrokenMessageError("A message broke off while it was sent", { cause });
  });
}
