/** What is measured of each server, and what only a database has. */
import type { LocalCluster, Part } from "../../deploy/local_cluster.ts";
import { LoadClient } from "../peers/load_client.ts";
import { type Figures, loggedIn, sessionsOf } from "../peers/measurements.ts";
import { route, type RunningPeer } from "../peers/peers.ts";
import { cpuSeconds, memoryOctets } from "../peers/process_accounting.ts";
import { sleeper } from "./set_up.ts";

const CLIENTS = 16;
const DOWNLOADS = 16;

/** What a server asks from time to time, whoever is there: other servers' bans, health, and the renewal of leases. */
const OTHERS = /pop3svc\.strike|select 1$|update pop3svc\.lease/m;

/** Sessions of login, STAT, QUIT at one or more servers, with the CPU of the servers and of PostgreSQL. */
export async function sessions(
  servers: readonly RunningPeer[],
  cluster: LocalCluster,
): Promise<Figures> {
  const postgres = await cluster.pidOf("postgres");
  const before = cpuSeconds(postgres);
  const figures = await Promise.all(
    servers.map((server) => sessionsOf(server, CLIENTS / servers.length, "none", 2)),
  );
  const rate = sum(figures.map((each) => each["rate"] ?? NaN));
  // Both run for two seconds.
  const count = 2 * rate;
  const perSession = figures.map((each) => (each["CPU ms each"] ?? NaN) * (each["rate"] ?? NaN));
  return {
    "a second": rate,
    "CPU ms each": sum(perSession) / rate,
    "CPU of PostgreSQL, ms each": 1_000 * (cpuSeconds(postgres) - before) / count,
    "p99 ms": Math.max(...figures.map((each) => each["p99 ms"] ?? NaN)),
  };
}

/** PASS, STAT and UIDL of the large mailbox. */
export async function manyMessages(server: RunningPeer): Promise<Figures> {
  using client = await LoadClient.connect(route(server), 262_144);
  await client.command("USER many");
  const figures: Record<string, number> = {};
  figures["PASS ms"] = await timed(() => client.command("PASS passw0rd"));
  figures["STAT ms"] = await timed(() => client.command("STAT"));
  await client.send("UIDL");
  figures["UIDL ms"] = await timed(() => client.wholeReply());
  await client.command("QUIT");
  return figures;
}

/** Sessions that sleep, of which each wakes up and sleeps again in turn. */
export async function polls(server: RunningPeer, asleep: number): Promise<Figures> {
  const clients: LoadClient[] = [];
  try {
    let next = 0;
    await Promise.all(Array.from({ length: CLIENTS }, async () => {
      while (next < asleep) {
        const user = sleeper(next++);
        const client = await LoadClient.connect(route(server), 512);
        clients.push(client);
        await client.logIn(user);
        await client.command("SLEE");
      }
    }));
    let polled = 0;
    const [began, cpu] = [performance.now(), cpuSeconds(server.pid)];
    const rounds = Math.ceil(4_000 / asleep);
    await Promise.all(Array.from({ length: CLIENTS }, async (_, first) => {
      for (let round = 0; round < rounds; round++) {
        for (let at = first; at < clients.length; at += CLIENTS) {
          await clients[at]?.command("WAKE");
          await clients[at]?.command("SLEE");
          polled++;
        }
      }
    }));
    return {
      "a second": 1_000 * polled / (performance.now() - began),
      "CPU ms each": 1_000 * (cpuSeconds(server.pid) - cpu) / polled,
    };
  } finally {
    for (const client of clients) client[Symbol.dispose]();
  }
}

/**
 * Memory of clients that have asked for the large message and read no more of it than the system does: of the first ones
 * together, which includes what the engine has not collected yet (64 MB of octets before it does), and of each further one.
 */
export async function memoryOfDownloads(start: () => Promise<RunningPeer>): Promise<Figures> {
  await using server = await start();
  await sessionsOf(server, 4, "none", 0.5);
  const clients: LoadClient[] = [];
  const memoryWith = async (downloads: number) => {
    const first = clients.length;
    while (clients.length < downloads) {
      clients.push(await loggedIn(server, "large", "none", 262_144));
    }
    for (const client of clients.slice(first)) await client.send("RETR 1");
    // Until all buffers of the system are full.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    return memoryOctets(server.pid);
  };
  const before = memoryOctets(server.pid);
  const some = await memoryWith(DOWNLOADS);
  const many = await memoryWith(4 * DOWNLOADS);
  for (const client of clients) client[Symbol.dispose]();
  return {
    [`MB, ${DOWNLOADS} together`]: (some - before) / 1e6,
    "MB for each further one": (many - some) / (3 * DOWNLOADS) / 1e6,
  };
}

/** How many statements a session sends: the first of a mailbox at this server, and the next. */
export async function statements(
  server: RunningPeer,
  cluster: LocalCluster,
  commands: readonly string[],
): Promise<Figures> {
  const count = async () => {
    // What a server does after its answer to QUIT belongs to the session.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const entries = (await cluster.logOf("postgres")).split(/^(?=\d{4}-\d\d-\d\d )/m);
    return entries.filter((entry) =>
      /LOG: {2}(statement|execute )/.test(entry) && !OTHERS.test(entry)
    )
      .length;
  };
  const session = async () => {
    const before = await count();
    using client = await LoadClient.connect(route(server));
    await client.logIn("few");
    for (const command of commands) {
      await client.send(command);
      if (command.startsWith("RETR")) await client.wholeReply();
      else await client.line();
    }
    await client.command("QUIT");
    return await count() - before;
  };
  return { "first": await session(), "again": await session() };
}

/** From the death of the server that has a session of a user to the user's next login through HAProxy. */
export async function takeover(cluster: LocalCluster): Promise<Figures> {
  const { port } = cluster;
  const through = { port, security: "none", caCerts: [] } as const;
  await cluster.until("UP");
  using client = await LoadClient.connect(through);
  await client.logIn("few");
  const server = await cluster.server();
  const began = performance.now();
  Deno.kill(await cluster.pidOf(server), "SIGKILL");
  for (;;) {
    try {
      using again = await LoadClient.connect(through);
      await again.logIn("few");
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  const milliseconds = performance.now() - began;
  await restart(cluster, server);
  return { "ms": milliseconds };
}

export async function restart(cluster: LocalCluster, server: Part): Promise<void> {
  await cluster.stop(server);
  await cluster.start(server);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
