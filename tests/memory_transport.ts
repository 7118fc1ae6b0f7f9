import type { Transport } from "../lib/transport/transport.ts";
import { UnreadLines } from "../lib/testing/unread_lines.ts";

/** A transport in memory, without a socket: the test plays the peer. */
export class MemoryTransport implements Transport {
  /** Every write of the server. */
  readonly writes: Uint8Array[] = [];
  /** Whether the peer has stopped reading, so that writes wait. */
  stalled = false;
  /** Octets that a stalled peer still takes from the next write. */
  #sip = 0;
  readonly #octetsPerRead: number;
  #incoming: Uint8Array[] = [];
  #isClientDone = false;
  #isClosed = false;
  #wakeReader: (() => void) | null = null;
  #wakeWriter: (() => void) | null = null;
  readonly #unread = new UnreadLines();
  #wakePeer: (() => void) | null = null;
  #isServerDone = false;

  constructor(octetsPerRead = Infinity) {
    this.#octetsPerRead = octetsPerRead;
  }

  // The client's side.

  send(octets: Uint8Array): void {
    this.#incoming.push(octets);
    this.#wakeReader?.();
  }

  endSending(): void {
    this.#isClientDone = true;
    this.#wakeReader?.();
  }

  /** The next line of the server without its CRLF; null when the server has closed. */
  async readLine(): Promise<string | null> {
    for (;;) {
      const line = this.#unread.take();
      if (line !== null) return line;
      if (this.#isServerDone) return this.#unread.rest();
      await new Promise<void>((resolve) => this.#wakePeer = resolve);
    }
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Makes a stalled peer read some octets, and no more. */
  sip(octets: number): void {
    this.#sip = octets;
    this.#wakeWriter?.();
  }

  // The server's side.

  async read(into: Uint8Array): Promise<number | null> {
    while (
      this.#incoming.length === 0 && !this.#isClientDone && !this.#isClosed
    ) {
      await new Promise<void>((resolve) => this.#wakeReader = resolve);
    }
    if (this.#isClosed) throw new Deno.errors.BadResource("closed");
    const chunk = this.#incoming.shift();
    if (chunk === undefined) return null;
    const part = chunk.subarray(0, Math.min(this.#octetsPerRead, into.length));
    into.set(part);
    if (part.length < chunk.length) {
      this.#incoming.unshift(chunk.subarray(part.length));
    }
    return part.length;
  }

  async write(bytes: Uint8Array): Promise<number> {
    while (this.stalled && this.#sip === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#wakeWriter = resolve);
    }
    if (this.#isClosed) throw new Deno.errors.BadResource("closed");
    const taken = this.stalled ? bytes.slice(0, this.#sip) : bytes.slice();
    this.#sip = 0;
    this.writes.push(taken);
    this.#unread.add(taken);
    this.#wakePeer?.();
    return taken.length;
  }

  closeWrite(): Promise<void> {
    this.#isServerDone = true;
    this.#wakePeer?.();
    return Promise.resolve();
  }

  close(): void {
    this.#isClosed = true;
    this.#isServerDone = true;
    this.#wakePeer?.();
    this.#wakeReader?.();
    this.#wakeWriter?.();
  }
}
