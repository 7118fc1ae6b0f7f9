/** Measurements of mailboxes of 100 000 messages that change between logins. */
import { join } from "@std/path";
import type { LoadClient } from "./load_client.ts";
import { type Figures, loggedIn } from "./measurements.ts";
import type { Peer, RunningPeer } from "./peers.ts";
import { memoryOctets } from "./process_accounting.ts";

const LOGINS = 5;

/** A new message is renamed into the mailbox before each login; its time is one minute old, so that it is settled. */
export async function deliveries(peer: Peer, user: string): Promise<Figures> {
  const path = join(peer.root, user);
  return await loginsAfterDeliveries(peer, user, join(path, "tmp"), join(path, "new"));
}

/** The same for a plain folder, which has the same messages; and what a bare listing of the folder takes, in two ways. */
export async function folderDeliveries(peer: Peer, user: string): Promise<Figures> {
  const path = join(peer.root, user);
  const figures = await loginsAfterDeliveries(peer, user, peer.root, path);
  return {
    ...figures,
    "bare listing that lets others go on, ms": await timed(async () => {
      for await (const _ of Deno.readDir(path));
    }),
    "bare listing that blocks all others, ms": await timed(() => [...Deno.readDirSync(path)]),
  };
}

async function loginsAfterDeliveries(
  peer: Peer,
  user: string,
  tmp: string,
  to: string,
): Promise<Figures> {
  await using running = await peer.start();
  await login(running, user);
  const times: number[] = [];
  for (let number = 0; number < LOGINS; number++) {
    await deliver(tmp, to);
    times.push(await login(running, user));
  }
  return { "login and STAT, ms": times.sort((a, b) => a - b)[Math.floor(LOGINS / 2)] ?? NaN };
}

let delivered = 0;

async function deliver(tmp: string, to: string): Promise<void> {
  const minuteAgo = Math.floor(Date.now() / 1_000) - 60;
  const name = `${minuteAgo}.M${Deno.pid}Q${++delivered}.bench`;
  const path = join(tmp, name);
  await Deno.writeTextFile(path, "Subject: late\r\n\r\nThis message came late.\r\n");
  await Deno.utime(path, minuteAgo, minuteAgo);
  // Dovecot runs as another user.
  if (Deno.uid() === 0) {
    const { uid, gid } = await Deno.stat(to);
    await Deno.chown(path, uid, gid);
  }
  await Deno.rename(path, join(to, name));
}

/** Login and STAT of a mailbox that no server has seen yet: their indexes are removed before. */
export async function firstEver(peer: Peer, user: string): Promise<Figures> {
  await using running = await peer.start();
  const path = join(peer.root, user);
  for await (const { name } of Deno.readDir(path)) {
    if (!/^(courierpop3d|dovecot|\.?pop3svc)/.test(name)) continue;
    await Deno.remove(join(path, name), { recursive: true });
  }
  return { "login and STAT, ms": await login(running, user) };
}

/** Memory of the whole process, with ten sessions that have listed everything. */
export async function memoryOfTen(peer: Peer, user: string): Promise<Figures> {
  await using running = await peer.start();
  const clients: LoadClient[] = [];
  for (let number = 0; number < 10; number++) {
    const client = await loggedIn(running, user, "none", 262_144);
    clients.push(client);
    for (const command of ["LIST", "UIDL"]) {
      await client.send(command);
      await client.wholeReply();
    }
  }
  const megabytes = memoryOctets(running.pid) / 2 ** 20;
  for (const client of clients) client[Symbol.dispose]();
  return { "MB": megabytes };
}

/** Login and STAT, in milliseconds. */
async function login(peer: RunningPeer, user: string): Promise<number> {
  const began = performance.now();
  using client = await loggedIn(peer, user, "none");
  const elapsed = performance.now() - began;
  await client.command("QUIT");
  return elapsed;
}

async function timed(work: () => unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
