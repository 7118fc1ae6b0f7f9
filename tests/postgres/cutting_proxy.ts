/**
 * A TCP proxy in front of PostgreSQL that a test can make cut connections, hold or lose what they carry, or lead to another
 * server.
 */

/**
 * What becomes of octets of a client:
 *
 * - `cut-answer`: they pass, and the connection closes when the answer comes.
 * - `cut-query`: the connection closes before they reach the server.
 * - `lose`: they and all that follows on the connection are lost, in both directions, and it stays open.
 * - a promise: they pass when it is fulfilled.
 */
export type Verdict = "pass" | "cut-answer" | "cut-query" | "lose" | Promise<void>;

type Fate = "pass" | "lost" | "end";

export class CuttingProxy implements Disposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #sockets = new Set<Deno.TcpConn>();
  /** Where new connections lead. */
  upstream: number;
  #onQuery: (text: string) => Verdict = () => "pass";

  constructor(upstream: number) {
    this.upstream = upstream;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    void this.#accept();
  }

  /** Decides about what clients send. */
  onQuery(decide: (text: string) => Verdict): void {
    this.#onQuery = decide;
  }

  /** Whether all is lost that connections carry from now on; new ones are accepted, and hear nothing. */
  isSilent = false;

  /** Resets all connections, as a failover does. */
  cutAll(): void {
    for (const socket of this.#sockets) close(socket);
    this.#sockets.clear();
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    this.cutAll();
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#listener) void this.#serve(client);
    } catch {
      // Closed.
    }
  }

  async #serve(client: Deno.TcpConn): Promise<void> {
    let server: Deno.TcpConn;
    try {
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.upstream });
    } catch {
      return close(client);
    }
    this.#sockets.add(client).add(server);
    let [isCut, isLost] = [false, false];
    const up = pump(client, server, async (octets) => {
      isLost ||= this.isSilent;
      if (isLost) return "lost";
      const verdict = this.#onQuery(new TextDecoder("latin1").decode(octets));
      if (typeof verdict === "object") await verdict;
      if (verdict === "cut-answer") isCut = true;
      if (verdict === "lose") isLost = true;
      return isLost ? "lost" : verdict === "cut-query" ? "end" : "pass";
    });
    const down = pump(server, client, () => {
      isLost ||= this.isSilent;
      return Promise.resolve(isLost ? "lost" : isCut ? "end" : "pass");
    });
    await Promise.race([up, down]);
    close(client);
    if (isCut) await down;
    close(server);
    await Promise.all([up, down]);
    this.#sockets.delete(client);
    this.#sockets.delete(server);
  }
}

async function pump(
  from: Deno.TcpConn,
  to: Deno.TcpConn,
  fateOf: (octets: Uint8Array) => Promise<Fate>,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null) return;
      const fate = await fateOf(buffer.subarray(0, count));
      if (fate === "end") return;
      if (fate === "lost") continue;
      for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
    }
  } catch {
    // One of them was closed.
  }
}

function close(socket: Deno.TcpConn): void {
  try {
    socket.close();
  } catch {
    // Closed already.
  }
}
