/** A port that went deaf, as one of node:net does when no file descriptors were left. */
import { assertEquals, assertRejects } from "@std/assert";
import { createServer, type Server } from "node:net";
import type { PortToOpen } from "../../lib/transport/accept_loop.ts";
import { SocketAcceptor } from "../../lib/transport/socket_acceptor.ts";
import { ManualClock } from "../manual_clock.ts";

const loopback = { hostname: "127.0.0.1", port: 0, reusePort: false };

async function listening({ hostname, port }: PortToOpen): Promise<Server> {
  const server = createServer({ pauseOnConnect: true });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen({ host: hostname, port }, resolve);
  await promise;
  return server;
}

/** Opens a port; the first one hears nobody. */
class Opener {
  opened = 0;

  constructor(readonly deaf: number) {}

  readonly open = async (port: PortToOpen): Promise<Server> => {
    const server = await listening(port);
    this.opened++;
    if (this.opened <= this.deaf) server.on = () => server;
    return server;
  };
}

/** Connects, and leaves when the test has seen it. */
async function visit(acceptor: SocketAcceptor): Promise<void> {
  const { hostname, port } = acceptor.addr;
  using visitor = await Deno.connect({ hostname, port });
  const { transport, port: from } = await acceptor.accept();
  assertEquals(from, visitor.localAddr.port);
  transport.close();
}

Deno.test("a port that answers nobody is opened anew, and says so", async () => {
  const [clock, opener] = [new ManualClock(), new Opener(1)];
  const acceptor = await SocketAcceptor.listen(loopback, clock, opener.open);
  const { port } = acceptor.addr;
  const next = assertRejects(() => acceptor.accept(), Error, "opened anew");
  clock.advance(10_000);
  // It calls itself up, which takes real sockets, and waits for a second of the clock.
  while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve));
  clock.advance(1_000);
  // It looks again later, whatever it has found.
  while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve));
  assertEquals(opener.opened, 2);
  await next;
  assertEquals([opener.opened, acceptor.addr.port], [2, port]);
  await visit(acceptor);
  acceptor.close();
});

Deno.test("a port that is well stays as it is, and nobody hears of the call", async () => {
  const [clock, opener] = [new ManualClock(), new Opener(0)];
  const acceptor = await SocketAcceptor.listen(loopback, clock, opener.open);
  for (let time = 0; time < 3; time++) {
    clock.advance(10_000);
    while (clock.pending === 0) await new Promise((resolve) => setTimeout(resolve));
    // Who comes in the middle of it is served.
    await visit(acceptor);
  }
  assertEquals(opener.opened, 1);
  const last = assertRejects(() => acceptor.accept(), Deno.errors.BadResource);
  acceptor.close();
  await last;
});
