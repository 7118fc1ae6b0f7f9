/** A small POP3 client for tests: it hides nothing of the protocol, and corrects nothing. */
import { type ClientReply, parseReply, ReplyError, ServerClosedError } from "./client_reply.ts";
import { UnreadLines } from "./unread_lines.ts";

/** Where a {@linkcode Pop3Client} connects to. */
export interface Pop3ClientOptions {
  /** The port of the server. */
  readonly port: number;
  /** The server; 127.0.0.1 by default. */
  readonly hostname?: string;
  /** Whether to begin with a TLS handshake (implicit TLS). False by default. */
  readonly tls?: boolean;
  /** PEM certificates of authorities to trust, besides those of the system. */
  readonly caCerts?: readonly string[];
  /** The name that the server's certificate must have; `localhost` by default. */
  readonly serverName?: string;
}

/**
 * The client end of a POP3 connection.
 *
 * Lines come with a character for each octet, so that nothing of a message is lost.
 *
 * @example
 * ```ts
 * import { Pop3Client, startTestServer } from "@pop3svc/pop3svc/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const mailboxes = { me: { a: "Subject: Grüße\r\n\r\n" } };
 * await using server = await startTestServer({ mailboxes });
 *
 * using client = await Pop3Client.connect({ port: server.port });
 * await client.logIn("me", "x");
 * assertEquals((await client.say("STAT")).text, "1 20");
 * assertEquals(await client.listing("UIDL"), ["1 a"]);
 * const message = await client.octets("RETR 1");
 * assertEquals(new TextDecoder().decode(message), "Subject: Grüße\r\n\r\n");
 * await client.say("DELE UID:a");
 * assertEquals((await client.say("SLEE")).isOk, true);
 * assertEquals((await client.say("WAKE")).code, "ACTIVITY/NONE");
 * ```
 */
export class Pop3Client implements Disposable {
  readonly #options: Pop3ClientOptions;
  readonly #buffer = new Uint8Array(65_536);
  readonly #unread = new UnreadLines();
  #connection: Deno.TcpConn | Deno.TlsConn;
  #isOpen = true;
  #greeting: ClientReply | null = null;

  private constructor(options: Pop3ClientOptions, connection: Deno.TcpConn | Deno.TlsConn) {
    this.#options = options;
    this.#connection = connection;
  }

  /**
   * Connects, and reads the greeting.
   *
   * @throws {ServerClosedError} when the server closes the connection before it
   */
  static async connect(options: Pop3ClientOptions): Promise<Pop3Client> {
    const client = await Pop3Client.connectSilently(options);
    await client.#orClose(async () => {
      client.#greeting = await client.reply();
    });
    return client;
  }

  /** The greeting; null after `connectSilently`, which does not read it. */
  get greeting(): ClientReply | null {
    return this.#greeting;
  }

  /** Connects without reading the greeting, for a caller that reads every line itself. */
  static async connectSilently(options: Pop3ClientOptions): Promise<Pop3Client> {
    const { hostname = "127.0.0.1", port, tls = false } = options;
    const connection = await Deno.connect({ hostname, port });
    connection.setNoDelay(true);
    const client = new Pop3Client(options, connection);
    if (tls) await client.#orClose(() => client.startTls());
    return client;
  }

  /** Sends a command, and reads the first line of the reply. */
  async say(command: string): Promise<ClientReply> {
    await this.send(`${command}\r\n`);
    return await this.reply();
  }

  /** Sends commands in one packet, and reads the first line of each reply (PIPELINING, RFC 2449 section 6.6). */
  async pipeline(...commands: readonly string[]): Promise<ClientReply[]> {
    await this.send(commands.map((command) => `${command}\r\n`).join(""));
    const replies: ClientReply[] = [];
    for (const _command of commands) replies.push(await this.reply());
    return replies;
  }

  /**
   * Sends a command whose reply has several lines, and reads them, byte-stuffing undone.
   *
   * @throws {ReplyError} when the reply is `-ERR`
   */
  async listing(command: string): Promise<string[]> {
    await this.#mustSay(command);
    return await this.lines();
  }

  /**
   * Sends RETR or TOP, and gives the message as octets: its lines with CRLF, byte-stuffing undone.
   *
   * @throws {ReplyError} when the reply is `-ERR`
   */
  async octets(command: string): Promise<Uint8Array<ArrayBuffer>> {
    const lines = await this.listing(command);
    const text = lines.map((line) => `${line}\r\n`).join("");
    return Uint8Array.from(text, (octet) => octet.charCodeAt(0));
  }

  /**
   * Logs in with USER and PASS.
   *
   * @throws {ReplyError} when the reply is `-ERR`
   */
  async logIn(username: string, password: string): Promise<void> {
    await this.#mustSay(`USER ${username}`);
    await this.#mustSay(`PASS ${password}`);
  }

  /**
   * Goes through an AUTH exchange (RFC 5034): each challenge is answered by the next of the responses, as base64.
   *
   * @returns the reply that ends the exchange
   */
  async authenticate(mechanism: string, ...responses: readonly string[]): Promise<ClientReply> {
    await this.send(`AUTH ${mechanism}\r\n`);
    for (const response of responses) {
      const line = await this.readLine();
      if (line === null) throw new ServerClosedError("The server closed the connection");
      if (!line.startsWith("+ ")) return parseReply(line);
      await this.send(`${new TextEncoder().encode(response).toBase64()}\r\n`);
    }
    return await this.reply();
  }

  /**
   * Sends STLS, and goes through the TLS handshake (RFC 2595 section 4).
   *
   * @throws {ReplyError} when the reply is `-ERR`
   */
  async stls(): Promise<void> {
    await this.#mustSay("STLS");
    await this.startTls();
  }

  /**
   * Goes through a TLS handshake without a command before it.
   *
   * @throws {Error} when the server has sent more, which would pass for a reply under TLS
   */
  async startTls(): Promise<void> {
    if (!("setNoDelay" in this.#connection)) {
      throw new TypeError("The connection is secure already");
    }
    const rest = this.#unread.rest();
    if (rest !== null) throw new Error(`The server sent this before TLS: ${rest.slice(0, 200)}`);
    this.#connection = await Deno.startTls(this.#connection, {
      hostname: this.#options.serverName ?? "localhost",
      caCerts: [...this.#options.caCerts ?? []],
    });
    await this.#connection.handshake();
  }

  /** Sends octets as they are, or text as UTF-8. */
  async send(octets: Uint8Array | string): Promise<void> {
    const bytes = typeof octets === "string" ? new TextEncoder().encode(octets) : octets;
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** The first line of the next reply. */
  async reply(): Promise<ClientReply> {
    const line = await this.readLine();
    if (line === null) throw new ServerClosedError("The server closed the connection");
    return parseReply(line);
  }

  /** The lines up to the one with only a dot, byte-stuffing undone (RFC 1939 section 3). */
  async lines(): Promise<string[]> {
    const lines: string[] = [];
    for (;;) {
      const line = await this.readLine();
      if (line === null) throw new ServerClosedError("The server closed in the middle of a reply");
      if (line === ".") return lines;
      lines.push(line.startsWith(".") ? line.slice(1) : line);
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

  /** Closes the sending side; replies can still be read. */
  async endSending(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Closes the connection. It may be called more than once. */
  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#connection.close();
  }

  /** The same as `close`. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #mustSay(command: string): Promise<void> {
    const reply = await this.say(command);
    if (!reply.isOk) throw new ReplyError(command.split(" ", 1).join(""), reply);
  }

  /** Nobody else can close a connection that the caller does not get. */
  async #orClose(begin: () => Promise<void>): Promise<void> {
    try {
      await begin();
    } catch (error) {
      this.close();
      throw error;
    }
  }
}
