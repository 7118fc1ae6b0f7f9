/**
 * The scenarios. A scenario gets a server and gives figures; `main.ts` runs it with one server after the other, round by
 * round.
 */
import type { Corpus } from "./corpus.ts";
import type { Route } from "./load_client.ts";
import {
  disturbed,
  type Figures,
  huge,
  idle,
  largeMessage,
  sessionsOf,
  smallMessages,
} from "./measurements.ts";
import { deliveries, firstEver, folderDeliveries, memoryOfTen } from "./huge_mailboxes.ts";
import type { Peer, RunningPeer } from "./peers.ts";
import { besideSlowDisk } from "./slow_disk.ts";

export const SLOW_DISK = "16 clients beside a slow disk";

/** A kind of work for a server. */
export interface Scenario {
  readonly name: string;
  /** The servers that are compared in this work. */
  readonly peers: "all" | "pop3svc";
  /** Yardsticks that show the upper limit: a server that replays octets, a bare copy from file to socket. */
  readonly yardstick?: "replay" | "bare copy";
  /** Measures a server that has been running for a while. */
  readonly measure?: (peer: RunningPeer) => Promise<Figures>;
  /** Measures a server that is started for this scenario. */
  readonly measureFresh?: (peer: Peer) => Promise<Figures>;
}

/** All scenarios, for this mail. */
export function scenarios(corpus: Corpus, many: number): readonly Scenario[] {
  const octetsOf = (user: string) => corpus.wire.get(user)?.[0]?.length ?? NaN;
  return [
    sessions("1 client", 1, "none"),
    sessions("16 clients", 16, "none"),
    sessions("128 clients", 128, "none"),
    sessions("TLS, 1 client", 1, "implicit"),
    sessions("TLS, 16 clients", 16, "implicit"),
    {
      name: "4 KB messages, 8 clients, one RETR at a time",
      peers: "all",
      yardstick: "replay",
      measure: (peer) => smallMessages(peer, 8, 1),
    },
    {
      name: "4 KB messages, 8 clients, ten RETR pipelined",
      peers: "all",
      yardstick: "replay",
      measure: (peer) => smallMessages(peer, 8, 10),
    },
    { ...large("50 MB, CRLF and clean", "large", "none"), yardstick: "bare copy" },
    large("50 MB, LF and leading dots", "largelf", "none"),
    large("50 MB over implicit TLS", "large", "implicit"),
    large("50 MB over STLS", "large", "STLS"),
    { name: `${many} messages`, peers: "all", measureFresh: (peer) => huge(peer, `many${many}`) },
    {
      name: `${many} messages, one delivery before each login`,
      peers: "all",
      measureFresh: (peer) => deliveries(peer, `many${many}`),
    },
    {
      name: `a folder of ${many} messages, one delivery before each login`,
      peers: "pop3svc",
      measureFresh: (peer) => folderDeliveries(peer, `folder${many}`),
    },
    {
      name: `${many} messages, first login ever`,
      peers: "all",
      measureFresh: (peer) => firstEver(peer, `many${many}`),
    },
    {
      name: `${many} messages, open in ten sessions`,
      peers: "pop3svc",
      measureFresh: (peer) => memoryOfTen(peer, `many${many}`),
    },
    {
      name: "idle logins",
      peers: "all",
      measureFresh: (peer) => idle(peer, "none", peer.name === "pop3svc" ? 10_000 : 500),
    },
    {
      name: "idle logins over TLS",
      peers: "all",
      measureFresh: (peer) => idle(peer, "implicit", peer.name === "pop3svc" ? 10_000 : 500),
    },
    {
      name: "linear in messages",
      peers: "pop3svc",
      measureFresh: async (peer) => {
        const figures: Record<string, number> = {};
        for (const count of [1_000, 10_000, many]) {
          const { again } = await huge(peer, `many${count}`);
          figures[`${count} messages, ms`] = again ?? NaN;
        }
        return figures;
      },
    },
    {
      name: "linear in octets",
      peers: "pop3svc",
      measure: async (peer) => {
        const figures: Record<string, number> = {};
        for (const megabytes of [1, 10, 100]) {
          const user = `megabytes${megabytes}`;
          const { rate } = await largeMessage(peer, user, "none");
          figures[`${megabytes} MB, ms`] = octetsOf(user) / 1e3 / (rate ?? NaN);
        }
        return figures;
      },
    },
    {
      name: "one that disturbs 16 others",
      peers: "pop3svc",
      measure: (peer) => disturbed(peer, `many${many}`),
    },
    { name: SLOW_DISK, peers: "pop3svc", measureFresh: () => besideSlowDisk() },
  ];
}

function sessions(name: string, clients: number, security: Route["security"]): Scenario {
  return {
    name: `sessions, ${name}`,
    peers: "all",
    ...(security === "none" ? { yardstick: "replay" } : {}),
    measure: (peer) => sessionsOf(peer, clients, security),
  };
}

function large(name: string, user: string, security: Route["security"]): Scenario {
  return { name, peers: "all", measure: (peer) => largeMessage(peer, user, security) };
}
