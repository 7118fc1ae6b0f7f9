import { connect, type Socket } from "node:net";

/** A client that can reset its connection, which a `Deno.Conn` cannot. */
export class ResettingClient implements Disposable {
  readonly #socket: Socket;
  #heard = "";
  #wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (octets: Uint8Array) => {
      this.#heard += new TextDecoder().decode(octets);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#wake());
  }

  static async connect(port: number): Promise<ResettingClient> {
    const socket = connect(port, "127.0.0.1");
    const client = new ResettingClient(socket);
    await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
    return client;
  }

  /** Sends commands, each once the one before was answered with one line. */
  async say(...commands: readonly string[]): Promise<void> {
    for (const command of commands) {
      await this.#line();
      this.#socket.write(`${command}\r\n`);
    }
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  async #line(): Promise<void> {
    while (!this.#heard.includes("\r\n")) {
      if (this.#socket.destroyed) return;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    this.#heard = this.#heard.slice(this.#heard.indexOf("\r\n") + 2);
  }
}
