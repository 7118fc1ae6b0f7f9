import type { Duplex } from "node:stream";
import type { Transport } from "../transport.ts";

/** A socket of `node:net` or `node:tls` as the line to a peer. It begins to read with the first `read`. */
export class SocketTransport implements Transport {
  readonly #socket: Duplex;
  /** What was read from the socket and not taken yet. */
  #rest: Uint8Array | null = null;
  #isListening = false;
  #isEnded = false;
  #failure: Error | null = null;
  /** Called when there is something to read, and when it is over. */
  #wake: () => void = () => {};
  /** Rejects the write that waits, when it is over. */
  #abandon: (error: Error) => void = () => {};

  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.on("error", this.#onError);
    socket.on("close", this.#onClose);
  }

  /** Puts octets back that were read too far: the next reads give them again. */
  unread(octets: Uint8Array): void {
    const behind = this.#rest ?? new Uint8Array(0);
    const all = new Uint8Array(octets.length + behind.length);
    all.set(octets);
    all.set(behind, octets.length);
    this.#rest = all.length > 0 ? all : null;
  }

  /** Gives the socket to somebody else; null once something was read from it. */
  detach(): Duplex | null {
    if (this.#isListening) return null;
    this.#socket.off("error", this.#onError);
    this.#socket.off("close", this.#onClose);
    return this.#socket;
  }

  async read(into: Uint8Array): Promise<number | null> {
    this.#listen();
    for (;;) {
      const octets: Uint8Array | null = this.#rest ?? this.#socket.read();
      if (octets !== null) {
        const part = octets.subarray(0, into.length);
        into.set(part);
        this.#rest = part.length < octets.length ? octets.subarray(part.length) : null;
        return part.length;
      }
      if (this.#failure !== null) throw this.#failure;
      if (this.#isEnded) return null;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(octets: Uint8Array): Promise<number> {
    return this.#untilDone((done) => this.#socket.write(octets, done), octets.length);
  }

  closeWrite(): Promise<void> {
    return this.#untilDone((done) => this.#socket.end(() => done()), undefined);
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    this.#socket.on("readable", () => this.#wake());
    this.#socket.on("end", () => this.#end());
  }

  #untilDone<T>(start: (done: (error?: Error | null) => void) => void, result: T): Promise<T> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#abandon = reject;
      start((error) => error ? reject(error) : resolve(result));
    });
  }

  #end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  readonly #onError = (error: Error): void => {
    this.#failure ??= error;
    this.#end();
    this.#abandon(error);
  };

  readonly #onClose = (): void => this.#onError(new Deno.errors.BadResource("The line is closed"));
}
