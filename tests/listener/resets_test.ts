/** Connections that peers reset: neither the port nor the process is harmed. */
import { assert, assertEquals } from "@std/assert";
import { failureCosts } from "../../lib/protocol/failure_costs.ts";
import type { Acceptor } from "../../lib/transport/accept_loop.ts";
import { type MailboxProvider, MemoryMailbox } from "../../lib/mod.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";
import { LoopbackClient } from "../loopback_client.ts";
import { ManualClock } from "../manual_clock.ts";
import { MemoryTransport } from "../memory_transport.ts";
import { ObservedListener } from "../observed_listener.ts";
import { certificate } from "../test_authority.ts";

const loopback = { hostname: "127.0.0.1", port: 0 };
const ready = "+OK pop3svc ready.";
const header = "PROXY TCP4 192.0.2.7 192.0.2.1 50000 110\r\n";
const provider: MailboxProvider = { name: "one", authenticate: () => new MemoryMailbox() };

/** The error that Deno makes of a failed system call. */
function failure(code: string): Error {
  return Object.assign(new Error(`accept failed (${code})`), { code });
}

/** Fails so many times, then accepts from the socket. */
function failing(failures: Error[]): [Acceptor, number] {
  const socket = Deno.listen(loopback);
  const accept = () => {
    const next = failures.shift();
    return next === undefined ? socket.accept() : Promise.reject(next);
  };
  return [{ accept, close: () => socket.close() }, socket.addr.port];
}

Deno.test("a port waits only when the process lacks resources", async () => {
  const wants = ["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS"];
  const faultsOfAPeer = ["ENOTCONN", "ECONNABORTED", "ECONNRESET", "EPROTO", "ETIMEDOUT"];
  for (const code of [...wants, ...faultsOfAPeer, "EINVAL"]) {
    const clock = new ManualClock();
    await using pop3 = new ObservedListener({ provider }, clock);
    const [acceptor, port] = failing(Array.from({ length: 50 }, () => failure(code)));
    pop3.serve(acceptor);
    using client = await LoopbackClient.connect(port);
    if (wants.includes(code)) {
      for (let n = 1; n <= 50; n++) {
        await pop3.until("error", n);
        while (clock.pending === 0) await Promise.resolve();
        clock.advance(failureCosts.process.portWaits);
      }
    }
    assertEquals(await client.readLine(), ready, code);
    const isOfAPeer = faultsOfAPeer.includes(code);
    assertEquals(pop3.all("error").length, isOfAPeer ? 0 : 50, code);
    assertEquals(pop3.all("refuse").map(({ reason }) => reason).length, isOfAPeer ? 50 : 0, code);
  }
});

Deno.test("a port that keeps failing for an unknown reason does not use up the CPU", async () => {
  const clock = new ManualClock();
  await using pop3 = new ObservedListener({ provider }, clock);
  const [acceptor, port] = failing(Array.from({ length: 150 }, () => failure("EINVAL")));
  pop3.serve(acceptor);
  await pop3.until("error", 100);
  while (clock.pending === 0) await Promise.resolve();
  assertEquals(pop3.all("error").length, 100);
  while (pop3.all("error").length < 150 || clock.pending > 0) {
    clock.advance(100);
    await Promise.resolve();
  }
  using client = await LoopbackClient.connect(port);
  assertEquals(await client.readLine(), ready);
});

Deno.test("a connection is closed when serving it throws, and the port goes on", async () => {
  let throws = true;
  await using pop3 = new ObservedListener({ provider });
  Object.defineProperty(pop3, "maxConnectionsPerIp", {
    get() {
      if (throws) throw new Deno.errors.BadResource("an option that fails");
      return 100;
    },
  });
  const direct = await pop3.listenOn(loopback);
  const proxied = await pop3.listenOn({ ...loopback, trustedProxies: ["127.0.0.1"] });
  using first = await LoopbackClient.connect(direct.port);
  assertEquals(await first.readLine(), null);
  using second = await LoopbackClient.connect(proxied.port);
  await second.send(header);
  assertEquals(await second.readLine(), null);
  assertEquals(pop3.all("error").map(({ during }) => during), ["accept", "accept"]);
  throws = false;
  using third = await LoopbackClient.connect(direct.port);
  assertEquals(await third.readLine(), ready);
});

const resetter = `
import socket, struct, sys
said = sys.argv[3].encode().decode("unicode_escape").encode("latin1")
for n in range(int(sys.argv[2])):
    peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    if said: peer.send(said)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
`;

/** A process that opens so many connections, sends something on each, and resets it. */
function resets(port: number, count: number, said: string): Deno.Command {
  return new Deno.Command("python3", { args: ["-c", resetter, `${port}`, `${count}`, said] });
}

function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

const canReset = Deno.build.os === "linux" &&
  new Deno.Command("python3", { args: ["--version"] }).outputSync().success;
if (!canReset) console.warn("SKIPPED: resets need Linux and python3");

for (const engine of [null, "node", "deno"] as const) {
  const tls = engine !== null;
  for (const trustedProxies of [[], ["127.0.0.1"]]) {
    // It refuses them.
    if (engine === "deno" && trustedProxies.length > 0) continue;
    const kind = `${tls ? `TLS by ${engine}` : "plain"}${
      trustedProxies.length > 0 ? ", PROXY" : ""
    }`;
    Deno.test({
      name: `connections that are reset, before accept and after: ${kind}`,
      ignore: !canReset,
      fn: async () => {
        // The clock stands still, so a port that waits would wait for ever.
        await using pop3 = new ObservedListener(
          // By Deno they are known to be gone only when their handshakes have failed.
          { provider, certificate, tlsEngine: engine ?? "node", maxConnectionsPerIp: 1_000 },
          new ManualClock(),
        );
        const { port } = await pop3.listenOn({ ...loopback, tls, trustedProxies });
        const visit = async () => {
          using client = await LoopbackClient.connect(port);
          if (trustedProxies.length > 0) await client.send(header);
          if (tls) await client.startTls();
          assertEquals(await client.readLine(), ready);
          assertEquals(
            await client.command("QUIT"),
            "+OK Closing connection without authenticating.",
          );
        };
        await visit();
        await pop3.until("close");
        const before = descriptors();
        for (const said of ["", "\\x16", "USER me\\r\\n", header.replace("\r\n", "\\r\\n")]) {
          // This call blocks the event loop, so all are reset before the port accepts them.
          assert(resets(port, 100, said).outputSync().success);
          await visit();
          // This call does not block: the port accepts them meanwhile.
          assert((await resets(port, 100, said).output()).success);
          await visit();
        }
        for (let turn = 0; turn < 1_000 && descriptors() > before; turn++) {
          await new Promise((resolve) => setTimeout(resolve));
        }
        assert(descriptors() <= before, `${descriptors()} descriptors, ${before} before`);
        assertEquals(pop3.status().connections.authorization, 0);
        assertEquals(pop3.all("error").filter(({ during }) => during !== "tls"), []);
        const gone = [...pop3.all("refuse"), ...pop3.all("close")]
          .filter(({ reason }) => reason === "gone");
        assert(gone.length >= 100, `${gone.length}`);
        for (const event of gone) {
          assertEquals(logLine(event, "text", "info"), null);
        }
      },
    });
  }
}

Deno.test("a peer whose address is unknown is closed, with trusted proxies and without", async () => {
  await using pop3 = new ObservedListener({ provider });
  for (const trustedProxies of [[], ["127.0.0.1"]]) {
    const transport = new MemoryTransport();
    const peer = {
      remoteAddr: { transport: "tcp", hostname: "", port: 0 },
      localAddr: { transport: "tcp", hostname: "127.0.0.1", port: 110 },
      read: (into: Uint8Array) => transport.read(into),
      write: (octets: Uint8Array) => transport.write(octets),
      close: () => transport.close(),
    };
    const waiting = Promise.withResolvers<never>();
    const arrivals = [peer as unknown as Deno.TcpConn];
    pop3.serve({
      accept: () => {
        const next = arrivals.shift();
        return next === undefined ? waiting.promise : Promise.resolve(next);
      },
      close: () => waiting.reject(new Deno.errors.BadResource()),
    }, { trustedProxies });
    await pop3.until("refuse", trustedProxies.length + 1);
    assertEquals(transport.isClosed, true);
  }
  assertEquals(pop3.all("refuse").map(({ reason }) => reason), ["gone", "gone"]);
});
