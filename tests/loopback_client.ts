import { authority } from "./test_authority.ts";
import { UnreadLines } from "./unread_lines.ts";

/** The client end of a real socket, line by line. */
export class LoopbackClient implements Disposable {
  #connection: Deno.TcpConn | Deno.TlsConn;
  readonly #buffer = new Uint8Array(65_536);
  readonly #unread = new UnreadLines();
  #isOpen = true;

  private constructor(connection: Deno.TcpConn | Deno.TlsConn) {
    this.#connection = connection;
  }

  static async connect(
    port: number,
    hostname = "127.0.0.1",
  ): Promise<LoopbackClient> {
    const connection = await Deno.connect({ hostname, port });
    connection.setNoDelay(true);
    return new LoopbackClient(connection);
  }

  /** Begins with a TLS handshake. */
  static async connectTls(port: number): Promise<LoopbackClient> {
    const client = await LoopbackClient.connect(port);
    await client.startTls();
    return client;
  }

  /** Takes the line over into TLS, behind STLS. */
  async startTls(): Promise<void> {
    if (!("setNoDelay" in this.#connection)) throw new TypeError("The line is secure already");
    this.#connection = await Deno.startTls(this.#connection, {
      hostname: "localhost",
      caCerts: [authority.pem],
    });
    await this.#connection.handshake();
  }

  async send(octets: Uint8Array | string): Promise<void> {
    const bytes = typeof octets === "string" ? new TextEncoder().encode(octets) : octets;
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** The next line without its CRLF; null when the server has closed. */
  async readLine(): Promise<string | null> {
    for (;;) {
      const line = this.#unread.take();
      if (line !== null) return line;
      const count = await this.#connection.read(this.#buffer);
      if (count === null) return this.#unread.rest();
      this.#unread.add(this.#buffer.subarray(0, count));
    }
  }

  /** The lines up to the one with only a dot, byte-stuffing undone. */
  async readLines(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.readLine();
      if (line === null) {
        throw new Error("The server closed in the middle of a reply");
      }
      if (line === ".") return lines;
      lines.push(line.startsWith(".") ? line.slice(1) : line);
    }
  }

  /** Sends a command and reads one line. */
  async command(line: string): Promise<string | null> {
    await this.send(`${line}\r\n`);
    return await this.readLine();
  }

  /** Reads the greeting and logs in as `me`. */
  async logIn(password = "passw0rd"): Promise<string | null> {
    await this.readLine();
    await this.command("USER me");
    return await this.command(`PASS ${password}`);
  }

  async endSending(): Promise<void> {
    await this.#connection.closeWrite();
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
