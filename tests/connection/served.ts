/** A connection in memory whose clock stands still until a test moves it. */
import { assertEquals } from "@std/assert";
import type { Connection } from "../../lib/connection/connection.ts";
import { servePeer } from "../../lib/connection/serve_peer.ts";
import { Pop3Listener } from "../../lib/mod.ts";
import type { Mailbox } from "../../lib/provider/mailbox.ts";
import type { Happening } from "../../lib/events/events.ts";
import { ManualClock } from "../manual_clock.ts";
import { MemoryTransport } from "../memory_transport.ts";
import { memoryPeerFacts, providerOf, services } from "../transcript_peers.ts";

const encoder = new TextEncoder();
export const idleTimeout = 600_000;
export const sleepTimeout = 86_400_000;
export const loginTimeout = 60_000;

export class Served {
  readonly clock = new ManualClock();
  readonly events: Happening[] = [];
  readonly transport = new MemoryTransport();
  readonly connection: Connection;
  readonly done: Promise<void>;

  constructor(mailbox: Mailbox) {
    const settings = new Pop3Listener({
      provider: providerOf(mailbox),
      loginTimeout: loginTimeout / 1_000,
      idleTimeout: idleTimeout / 1_000,
      sleepTimeout: sleepTimeout / 1_000,
    });
    const { connection } = servePeer(
      this.transport,
      { ...memoryPeerFacts, acceptedAt: this.clock.now() },
      settings,
      { ...services(settings, this.clock), emit: (event) => void this.events.push(event) },
    );
    this.connection = connection;
    this.done = this.connection.run();
  }

  async say(line: string): Promise<string | null> {
    this.transport.send(encoder.encode(`${line}\r\n`));
    return await this.transport.readLine();
  }

  async logIn(): Promise<void> {
    await this.transport.readLine();
    await this.say("USER me");
    assertEquals(await this.say("PASS passw0rd"), "+OK Welcome.");
  }

  closeReason(): string | undefined {
    const last = this.events.at(-1);
    return last?.type === "close" ? last.reason : undefined;
  }
}

/** Runs everything that is ready to run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}
