import { Pop3Client } from "../lib/testing/pop3_client.ts";
import { authority } from "./test_authority.ts";

/** A client for the listeners of tests: it sees every line, also the greeting, and trusts the tests' authority. */
export class LoopbackClient implements Disposable {
  readonly #client: Pop3Client;

  private constructor(client: Pop3Client) {
    this.#client = client;
  }

  static async connect(port: number, hostname = "127.0.0.1"): Promise<LoopbackClient> {
    const options = { port, hostname, caCerts: [authority.pem] };
    return new LoopbackClient(await Pop3Client.connectSilently(options));
  }

  /** Connects to a port with implicit TLS. */
  static async connectTls(port: number): Promise<LoopbackClient> {
    const client = await LoopbackClient.connect(port);
    await client.startTls();
    return client;
  }

  startTls(): Promise<void> {
    return this.#client.startTls();
  }

  send(octets: Uint8Array | string): Promise<void> {
    return this.#client.send(octets);
  }

  readLine(): Promise<string | null> {
    return this.#client.readLine();
  }

  readLines(): Promise<string[]> {
    return this.#client.lines();
  }

  /** Sends a command and reads one line. */
  async command(line: string): Promise<string | null> {
    await this.send(`${line}\r\n`);
    return await this.readLine();
  }

  /** Reads the greeting and logs in. */
  async logIn(password = "passw0rd", username = "me"): Promise<string | null> {
    await this.readLine();
    await this.command(`USER ${username}`);
    return await this.command(`PASS ${password}`);
  }

  endSending(): Promise<void> {
    return this.#client.endSending();
  }

  close(): void {
    this.#client.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
