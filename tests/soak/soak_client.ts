/** A client that waits only a limited time for each step, and that can claim any address. */
import type { ClientReply } from "../../lib/testing/client_reply.ts";
import { Pop3Client } from "../../lib/testing/pop3_client.ts";
import { authority } from "../test_authority.ts";
import { type Soak, soon } from "./soak.ts";

/** How long the server may take for each step while it is attacked. */
export const PATIENCE_MS = 10_000;

/** The header in which a proxy names the address of its client. */
export function proxyHeader(address: string): string {
  return `PROXY TCP4 ${address} 127.0.0.1 4000 110\r\n`;
}

export class SoakClient implements Disposable {
  readonly #client: Pop3Client;

  private constructor(client: Pop3Client) {
    this.#client = client;
  }

  /** Connects, and waits for the greeting. */
  static async connect(soak: Soak, address: string, tls = false): Promise<SoakClient> {
    const port = tls ? soak.server.tlsPort : soak.server.port;
    const options = { port, caCerts: [authority.pem] };
    const client = new SoakClient(
      await soon("connecting", PATIENCE_MS, Pop3Client.connectSilently(options)),
    );
    try {
      await client.#client.send(proxyHeader(address));
      if (tls) await soon("TLS handshake", PATIENCE_MS, client.#client.startTls());
      await soon("greeting", PATIENCE_MS, client.#client.reply());
      soak.count("sessions");
      return client;
    } catch (error) {
      client[Symbol.dispose]();
      throw error;
    }
  }

  say(command: string): Promise<ClientReply> {
    return soon(command, PATIENCE_MS, this.#client.say(command));
  }

  /** @throws when the reply is not `+OK` */
  async mustSay(command: string): Promise<void> {
    const { isOk, line } = await this.say(command);
    if (!isOk) throw new Error(`${command}: ${line}`);
  }

  listing(command: string): Promise<string[]> {
    return soon(command, PATIENCE_MS, this.#client.listing(command));
  }

  async pipeline(...commands: readonly string[]): Promise<void> {
    await soon("pipelined commands", PATIENCE_MS, this.#client.pipeline(...commands));
  }

  /** The unique-ids in the order of the messages. */
  async uniqueIds(): Promise<string[]> {
    const lines = await this.listing("UIDL");
    return lines.map((line) => line.slice(line.indexOf(" ") + 1));
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
