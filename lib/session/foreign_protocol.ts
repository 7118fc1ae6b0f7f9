/**
 * Peers that speak another protocol. A web page can have a browser send whatever it likes to a port of this machine, in
 * the body of an HTTP request: to forgive the lines before it as typing errors would be to obey the commands in it.
 *
 * Somebody who types by hand does none of this by mistake.
 */
/** What a peer speaks, as the reason for which its connection ends. */
export type ForeignProtocol = "spoke-http" | "spoke-ssh" | "spoke-tls";

/** The first octet of a TLS handshake (RFC 8446 section 5.1). No line end has to follow, so none is waited for. */
export const TLS_HANDSHAKE = 0x16;

const decoder = new TextDecoder("latin1");

/** Nobody types two header lines in a row by mistake. */
const MAXIMUM_HEADER_LINES = 2;

/** Listens to the lines of one peer that are not logged in yet. */
export class ForeignProtocolWatch {
  #isFirst = true;
  #headerLines = 0;

  /** What the peer speaks, once this line makes it clear that it is not POP3; `isVerb` knows ours. */
  hear(line: Uint8Array | null, isVerb: (word: string) => boolean): ForeignProtocol | null {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    if (line === null) return null;
    const text = decoder.decode(line);
    const protocol = isFirst ? protocolOf(text) : null;
    // A verb with a colon is a typing error.
    const name = /^([\w!#$%&'*+.^`|~-]+):/.exec(text)?.[1]?.toUpperCase();
    this.#headerLines = name === undefined || isVerb(name) ? 0 : this.#headerLines + 1;
    return this.#headerLines < MAXIMUM_HEADER_LINES ? protocol : "spoke-http";
  }
}

/** What a first line is; null where it may be POP3. */
function protocolOf(firstLine: string): ForeignProtocol | null {
  if (firstLine.charCodeAt(0) === TLS_HANDSHAKE) return "spoke-tls";
  // RFC 9112 section 3, RFC 9113 section 3.4, RFC 4253 section 4.2.
  if (/HTTP\/1\.\d$/.test(firstLine) || firstLine.startsWith("PRI * HTTP/2")) return "spoke-http";
  return firstLine.startsWith("SSH-") ? "spoke-ssh" : null;
}
