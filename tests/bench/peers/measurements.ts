/** The measurements: what clients do, and the CPU and memory that the server uses for it. */
import { type Corpus, SMALL_MESSAGES } from "./corpus.ts";
import { LoadClient, type Route } from "./load_client.ts";
import { type Peer, route, type RunningPeer } from "./peers.ts";
import { cpuSeconds, memoryOctets } from "./process_accounting.ts";

/** Figures by name, with the unit in the name. */
export type Figures = Readonly<Record<string, number>>;

const SECONDS = 1;

/** Runs `work` and gives the CPU time of the server meanwhile, in milliseconds. */
async function withCpu<T>(peer: RunningPeer, work: () => Promise<T>): Promise<[T, number]> {
  const before = cpuSeconds(peer.pid);
  const result = await work();
  return [result, 1_000 * (cpuSeconds(peer.pid) - before)];
}

/** Repeats sessions of connect, USER, PASS, STAT, QUIT. */
export async function sessionsOf(
  peer: RunningPeer,
  clients: number,
  security: Route["security"],
  seconds = SECONDS,
): Promise<Figures> {
  const latencies: number[] = [];
  const start = performance.now();
  const [, cpu] = await withCpu(peer, () =>
    allOf(clients, async () => {
      while (performance.now() - start < 1_000 * seconds) {
        const began = performance.now();
        using client = await LoadClient.connect(route(peer, security));
        await client.logIn("few");
        await client.command("STAT");
        await client.command("QUIT");
        latencies.push(performance.now() - began);
      }
    }));
  const elapsed = (performance.now() - start) / 1_000;
  latencies.sort((a, b) => a - b);
  return {
    "rate": latencies.length / elapsed,
    "per CPU second": 1_000 * latencies.length / cpu,
    "CPU ms each": cpu / latencies.length,
    "median ms": quantile(latencies, 0.5),
    "p99 ms": quantile(latencies, 0.99),
  };
}

export async function smallMessages(
  peer: RunningPeer,
  clients: number,
  pipelined: number,
): Promise<Figures> {
  const replyOctets: number[] = [];
  {
    using client = await loggedIn(peer, "small", "none");
    for (let number = 1; number <= SMALL_MESSAGES; number++) {
      await client.send(`RETR ${number}`);
      replyOctets.push((await client.wholeReply()).octets);
    }
  }
  let messages = 0;
  const start = performance.now();
  const [, cpu] = await withCpu(peer, () =>
    allOf(clients, async () => {
      using client = await loggedIn(peer, "small", "none");
      for (let number = 1; performance.now() - start < 1_000 * SECONDS;) {
        const numbers = Array.from(
          { length: pipelined },
          (_, index) => (number + index - 1) % SMALL_MESSAGES + 1,
        );
        await client.send(numbers.map((each) => `RETR ${each}`).join("\r\n"));
        await client.octets(numbers.reduce((sum, each) => sum + (replyOctets[each - 1] ?? 0), 0));
        number += pipelined;
        messages += pipelined;
      }
    }));
  return {
    "rate": 1_000 * messages / (performance.now() - start),
    "per CPU second": 1_000 * messages / cpu,
    "CPU µs each": 1_000 * cpu / messages,
  };
}

/** The best of three: a download is so short that other work on the machine would distort it. */
export async function largeMessage(
  peer: RunningPeer,
  user: string,
  security: Route["security"],
): Promise<Figures> {
  using client = await loggedIn(peer, user, security, 262_144);
  await client.send("RETR 1");
  const { octets } = await client.wholeReply();
  const rates: number[] = [];
  const [, cpu] = await withCpu(peer, async () => {
    for (let time = 0; time < 3; time++) {
      const began = performance.now();
      await client.send("RETR 1");
      await client.octets(octets);
      rates.push(octets / 1e3 / (performance.now() - began));
    }
  });
  return { "rate": Math.max(...rates), "CPU ms each": cpu / 3 };
}

/** Login, STAT, LIST and UIDL: the first after a start, with the index of an earlier run on disk, and the next. */
export async function huge(peer: Peer, user: string): Promise<Figures> {
  {
    await using before = await peer.start();
    await visit(before, user);
  }
  await using running = await peer.start();
  const first = await visit(running, user);
  return { first, again: await visit(running, user) };
}

export async function visit(peer: RunningPeer, user: string): Promise<number> {
  const began = performance.now();
  using client = await loggedIn(peer, user, "none", 262_144);
  for (const command of ["LIST", "UIDL"]) {
    await client.send(command);
    await client.wholeReply();
  }
  const elapsed = performance.now() - began;
  await client.command("QUIT");
  return elapsed;
}

/** Memory for each connection that is logged in and silent. */
export async function idle(
  peer: Peer,
  security: Route["security"],
  count: number,
): Promise<Figures> {
  await using running = await peer.start();
  await sessionsOf(running, 4, security, 0.5);
  const before = memoryOctets(running.pid);
  const clients: LoadClient[] = [];
  await allOf(16, async () => {
    while (clients.length < count) {
      const client = await LoadClient.connect(route(running, security), 512);
      clients.push(client);
      await client.logIn("few");
    }
  });
  // The server frees the memory of the logins a little later.
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const octets = memoryOctets(running.pid) - before;
  for (const client of clients) client[Symbol.dispose]();
  return { "KB each": octets / clients.length / 1_024 };
}

/** Times of other sessions: alone (before and after), beside a client that does not read, beside a huge mailbox. */
export async function disturbed(peer: RunningPeer, hugeUser: string): Promise<Figures> {
  const p99 = async () => (await sessionsOf(peer, 16, "none", 2))["p99 ms"] ?? NaN;
  await visit(peer, hugeUser);
  const before = await p99();
  const stalled = await loggedIn(peer, "large", "none");
  await stalled.send("RETR 1");
  const besideStalled = await p99();
  stalled[Symbol.dispose]();
  let isOver = false;
  const visits = (async () => {
    while (!isOver) await visit(peer, hugeUser);
  })();
  const besideHuge = await p99();
  isOver = true;
  await visits;
  return {
    "alone, p99 ms": (before + await p99()) / 2,
    "beside a stalled download, p99 ms": besideStalled,
    "beside sessions of a huge mailbox, p99 ms": besideHuge,
  };
}

export async function loggedIn(
  peer: RunningPeer,
  user: string,
  security: Route["security"],
  bufferOctets?: number,
): Promise<LoadClient> {
  const client = await LoadClient.connect(route(peer, security), bufferOctets);
  await client.logIn(user);
  // Clients send these commands, too.
  await client.command("STAT");
  return client;
}

/** Checks that the messages are right, octet by octet. */
export async function verify(peer: RunningPeer, corpus: Corpus): Promise<void> {
  for (const [user, messages] of corpus.wire) {
    for (const security of ["none", "implicit", "STLS"] as const) {
      using client = await loggedIn(peer, user, security, 262_144);
      for (const [index, expected] of messages.slice(0, 10).entries()) {
        await client.send(`RETR ${index + 1}`);
        const { body } = await client.wholeReply();
        const isRight = body.length === expected.length &&
          body.every((octet, at) => octet === expected[at]);
        if (!isRight) throw new Error(`${user}, message ${index + 1}: not the octets expected`);
      }
    }
  }
}

async function allOf(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}

function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
