/** A client that does as little work as possible, so that the server is the bottleneck. */
import { PASSWORD } from "./corpus.ts";

const LF = 0x0a;
const encoder = new TextEncoder();

const commands = new Map<string, Uint8Array>();

function octetsOf(command: string): Uint8Array {
  const known = commands.get(command) ?? encoder.encode(`${command}\r\n`);
  commands.set(command, known);
  return known;
}

/** How a client reaches the server. */
export interface Route {
  readonly port: number;
  readonly security: "none" | "implicit" | "STLS";
  readonly caCerts: readonly string[];
}

/** A multi-line reply. */
export interface WholeReply {
  /** Octets of the whole reply. */
  readonly octets: number;
  /** The octets after the first line, including the terminator. */
  readonly body: Uint8Array;
}

export class LoadClient implements Disposable {
  #connection: Deno.TcpConn | Deno.TlsConn;
  readonly #buffer: Uint8Array;

  private constructor(connection: Deno.TcpConn | Deno.TlsConn, bufferOctets: number) {
    this.#connection = connection;
    this.#buffer = new Uint8Array(bufferOctets);
  }

  /** Connects, and reads the greeting. */
  static async connect(route: Route, bufferOctets = 65_536): Promise<LoadClient> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port: route.port });
    connection.setNoDelay(true);
    const client = new LoadClient(connection, bufferOctets);
    if (route.security === "implicit") await client.#startTls(connection, route);
    await client.line();
    if (route.security === "STLS") {
      await client.command("STLS");
      await client.#startTls(connection, route);
    }
    return client;
  }

  /** `Deno.connectTls` cannot turn Nagle's algorithm off, and the second half of its handshake would wait 40 ms. */
  async #startTls(connection: Deno.TcpConn, { caCerts }: Route): Promise<void> {
    const options = { hostname: "127.0.0.1", caCerts: [...caCerts] };
    const secure = await Deno.startTls(connection, options);
    await secure.handshake();
    this.#connection = secure;
  }

  async logIn(user: string): Promise<void> {
    await this.command(`USER ${user}`);
    await this.command(`PASS ${PASSWORD}`);
  }

  /** Sends a command, and reads a reply of one line. */
  async command(command: string): Promise<string> {
    await this.send(command);
    return await this.line();
  }

  async send(command: string): Promise<void> {
    const octets = octetsOf(command);
    let sent = 0;
    while (sent < octets.length) sent += await this.#connection.write(octets.subarray(sent));
  }

  /** Reads a reply of one line; nothing may follow it. */
  async line(): Promise<string> {
    let end = 0;
    while (end === 0 || this.#buffer[end - 1] !== LF) {
      end += await this.#read(this.#buffer.subarray(end));
    }
    if (this.#buffer[0] === 0x2b) return "+";
    throw new Error(`Refused: ${new TextDecoder().decode(this.#buffer.subarray(0, end))}`);
  }

  /** Reads so many octets, which begin with `+`. */
  async octets(count: number): Promise<void> {
    for (let come = 0; come < count;) {
      come += await this.#read(this.#buffer);
      if (come > count) throw new Error("The server sent more than was asked for");
    }
  }

  /** Reads one reply of many lines to its terminator. */
  async wholeReply(): Promise<WholeReply> {
    const chunks: Uint8Array[] = [];
    let tail = "";
    while (!tail.endsWith("\r\n.\r\n")) {
      const got = await this.#read(this.#buffer);
      chunks.push(this.#buffer.slice(0, got));
      const end = this.#buffer.subarray(Math.max(0, got - 5), got);
      tail = (tail + new TextDecoder("latin1").decode(end)).slice(-5);
    }
    const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of chunks) {
      whole.set(chunk, at);
      at += chunk.length;
    }
    return { octets: whole.length, body: whole.subarray(whole.indexOf(LF) + 1) };
  }

  async #read(into: Uint8Array): Promise<number> {
    const count = await this.#connection.read(into);
    if (count === null) throw new Error("The server closed the connection");
    return count;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
