/** A POP3 client that works on octets: it decodes no line of a message. */
const CRLF = [0x0d, 0x0a];
const DOT = 0x2e;

export class OctetClient implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(65_536);
  #unread = new Uint8Array();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Connects and logs in. */
  static async logIn(port: number, user: string, password: string): Promise<OctetClient> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    const client = new OctetClient(connection);
    await client.#line();
    await client.command(`USER ${user}`);
    await client.command(`PASS ${password}`);
    return client;
  }

  /** @throws {Error} with the reply, when it is `-ERR` */
  async command(command: string): Promise<string> {
    const octets = new TextEncoder().encode(`${command}\r\n`);
    for (let sent = 0; sent < octets.length;) {
      sent += await this.#connection.write(octets.subarray(sent));
    }
    const reply = new TextDecoder().decode(await this.#line());
    if (!reply.startsWith("+OK")) throw new Error(`${command}: ${reply}`);
    return reply;
  }

  /** The octets after the first line of a reply, with byte-stuffing undone (RFC 1939 section 3). */
  async octets(command: string): Promise<Uint8Array> {
    await this.command(command);
    const lines: Uint8Array[] = [];
    for (;;) {
      const line = await this.#line();
      if (line.length === 1 && line[0] === DOT) break;
      lines.push(line[0] === DOT ? line.subarray(1) : line);
    }
    const whole = new Uint8Array(lines.reduce((sum, { length }) => sum + length + 2, 0));
    let at = 0;
    for (const line of lines) {
      whole.set(line, at);
      whole.set(CRLF, at + line.length);
      at += line.length + 2;
    }
    return whole;
  }

  /** The second word of each line of a listing. */
  async listing(command: string): Promise<string[]> {
    const text = new TextDecoder().decode(await this.octets(command));
    return text.split("\r\n").slice(0, -1).map((line) => line.split(" ")[1] ?? "");
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #line(): Promise<Uint8Array> {
    for (let seen = 0;;) {
      const end = this.#unread.indexOf(0x0a, seen);
      // A bare LF does not end a line; if the server sends one, the comparison shows it.
      if (end > 0 && this.#unread[end - 1] === 0x0d) {
        const line = this.#unread.subarray(0, end - 1);
        this.#unread = this.#unread.subarray(end + 1);
        return line;
      }
      seen = end === -1 ? Math.max(0, this.#unread.length - 1) : end + 1;
      const count = await this.#connection.read(this.#buffer);
      if (count === null) throw new Error("the server closed the connection");
      const more = new Uint8Array(this.#unread.length + count);
      more.set(this.#unread);
      more.set(this.#buffer.subarray(0, count), this.#unread.length);
      this.#unread = more;
    }
  }
}
