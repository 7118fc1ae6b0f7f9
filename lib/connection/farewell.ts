/** Ends a connection so that the peer gets the last reply. */
import { errReply, statusLine } from "../protocol/reply.ts";
import { Deadline, type Deadlines } from "../time/deadlines.ts";
import type { LineReader } from "./line_reader.ts";
import type { Transport } from "../transport/transport.ts";

const TOO_MANY = new TextEncoder().encode(
  statusLine(errReply("Too many connections. Try again later.", "SYS/TEMP")),
);

/**
 * Says that there is no place, and closes. One write into a socket buffer that has room needs no waiting; a peer whose
 * buffer has none is closed at the next look of the deadlines.
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
 * Ends the server's side first. TLS needs it, so that the client knows that nothing was cut off. After an error the
 * server reads on until the peer has ended its side: a socket that is closed while the peer still sends is reset, and then
 * the peer may lose the reply that says why.
 */
export async function sayGoodbye(
  transport: Transport,
  lines: LineReader,
  isError: boolean,
): Promise<void> {
  try {
    await transport.closeWrite();
    if (isError) await lines.drain();
  } catch {
    // The peer is gone, or has lingered too long.
  }
}
