/**
 * Recognizes peers that speak another protocol. A web page can make a browser send an HTTP request to a port of this
 * machine. A server that took its head for typing errors would obey the commands in its body.
 *
 * Nobody who types POP3 by hand does by mistake what is recognized here.
 */
/** What a peer speaks: the reason why its connection ends. */
export type ForeignProtocol = "spoke-http" | "spoke-ssh" | "spoke-tls";

/** The first octet of a TLS handshake (RFC 8446 section 5.1). A line end need not follow it. */
export const TLS_HANDSHAKE = 0x16;

const COLON = 0x3a;

const decoder = new TextDecoder("latin1");

/** One header line may be a typing error; two in a row are not. */
const MAXIMUM_HEADER_LINES = 2;

/** Watches the lines of one peer before its login. */
export class ForeignProtocolWatch {
  #isFirst = true;
  #headerLines = 0;

  /**
   * What the peer speaks, once a line shows that it is not POP3.
   *
   * @param line null for one that was too long
   * @param isVerb whether a word is a POP3 command
   */
  hear(line: Uint8Array | null, isVerb: (word: string) => boolean): ForeignProtocol | null {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (line === null) return null;
    if (!isFirst && !line.includes(COLON)) {
      this.#headerLines = 0;
      return null;
    }
    const text = decoder.decode(line);
    const protocol = isFirst ? protocolOf(text) : null;
    // A POP3 verb with a colon is a typing error.
    const name = /^([\w!#$%&'*+.^`|~-]+):/.exec(text)?.[1]?.toUpperCase();
    this.#headerLines = name === undefined || isVerb(name) ? 0 : this.#headerLines + 1;
    return this.#headerLines < MAXIMUM_HEADER_LINES ? protocol : "spoke-http";
  }
}

/** The protocol of a first line; null where it may be POP3. */
function protocolOf(firstLine: string): ForeignProtocol | null {
  if (firstLine.charCodeAt(0) === TLS_HANDSHAKE) return "spoke-tls";
  // RFC 9112 section 3, RFC 9113 section 3.4, RFC 4253 section 4.2.
  if (/HTTP\/1\.\d$/.test(firstLine) || firstLine.startsWith("PRI * HTTP/2")) return "spoke-http";
  return firstLine.startsWith("SSH-") ? "spoke-ssh" : null;
}
