/** How a connection ends so that the peer hears our last word. */
import { errReply, statusLine } from "../protocol/reply.ts";
import { Deadline, type Deadlines } from "../time/deadlines.ts";
import type { Transport } from "../transport/transport.ts";

const TOO_MANY = new TextEncoder().encode(
  statusLine(errReply("Too many connections. Try again later.", "SYS/TEMP")),
);

/**
 * Says that there is no place, where that can be done without waiting, and closes: one write into a socket buffer that
 * has room. A peer whose buffer has none is closed at the next look.
 */
export function turnAway(transport: Transport, deadlines: Deadlines): void {
  const deadline = new Deadline(() => transport.close());
  deadline.at = -Infinity;
  deadlines.add(deadline);
  transport.write(TOO_MANY).catch(() => {}).finally(() => {
    deadlines.delete(deadline);
    transport.close();
  });
}

/**
 * Ends our side first. TLS needs it, so that the client knows that nothing was cut off. And after an error we read on
 * until the peer has heard our last word: a socket that is closed while the peer still sends is reset, and then the
 * peer may lose the reply that tells it why.
 */
export async function sayGoodbye(transport: Transport, isError: boolean): Promise<void> {
  try {
    await transport.closeWrite();
    if (!isError) return;
    const thrownAway = new Uint8Array(1024);
    while (await transport.read(thrownAway) !== null);
  } catch {
    // The peer is gone, or has lingered too long.
  }
}
