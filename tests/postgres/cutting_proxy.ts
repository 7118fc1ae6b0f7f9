/** A TCP proxy in front of PostgreSQL that a test can make cut connections, hold them, or refuse new ones. */
export class CuttingProxy implements Disposable {
  readonly port: number;
  readonly #listener: Deno.TcpListener;
  readonly #upstream: number;
  readonly #sockets = new Set<Deno.TcpConn>();
  /** Called with what a client sends; what it returns decides about the connection. */
  #onQuery: (text: string) => "pass" | "cut-answer" | "cut-query" = () => "pass";

  constructor(upstream: number) {
    this.#upstream = upstream;
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    this.port = this.#listener.addr.port;
    void this.#accept();
  }

  /**
   * Decides about what clients send: `cut-answer` lets the query through and closes the connection when its answer comes;
   * `cut-query` closes it before the query reaches the server.
   */
  onQuery(decide: (text: string) => "pass" | "cut-answer" | "cut-query"): void {
    this.#onQuery = decide;
  }

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
      server = await Deno.connect({ hostname: "127.0.0.1", port: this.#upstream });
    } catch {
      return close(client);
    }
    this.#sockets.add(client).add(server);
    let isCut = false;
    const up = pump(client, server, (octets) => {
      const verdict = this.#onQuery(new TextDecoder("latin1").decode(octets));
      if (verdict === "cut-answer") isCut = true;
      return verdict !== "cut-query";
    });
    const down = pump(server, client, () => !isCut);
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
  passes: (octets: Uint8Array) => boolean,
): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (;;) {
      const count = await from.read(buffer);
      if (count === null || !passes(buffer.subarray(0, count))) return;
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
