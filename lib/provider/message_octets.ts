import { OctetCounter } from "../protocol/well_formed_lines.ts";
import { octetsOrThrow } from "./bodies.ts";
import { type MessageContent, openBody } from "./message_content.ts";

/**
 * The size of a message as POP3 counts it (RFC 1939 section 11): octets with CRLF line ends, a missing last one
 * included, without byte-stuffing. It is what `messageSize` of a mailbox returns. The contents are read to their end,
 * and closed.
 *
 * @throws what reading throws
 *
 * @example
 * ```ts
 * import { messageOctets } from "@pop3svc/pop3svc";
 *
 * console.log(await messageOctets("Subject: Hello\n\n.dot")); // 24
 * ```
 */
export async function messageOctets(content: MessageContent): Promise<number> {
  const body = openBody(content);
  const counter = new OctetCounter();
  try {
    for (;;) {
      const chunk = octetsOrThrow(await body.nextChunk());
      if (chunk === null) return counter.octets;
      counter.add(chunk);
    }
  } finally {
    await body.close();
  }
}
