/**
 * Accepts connections until the socket is closed. A failure that a peer causes does not delay the port. When the process
 * lacks something (no file descriptors left), the port waits before it tries again, so that it does not use all CPU.
 *
 * `serve` must close what it is given; if it throws, the loop closes the transport.
 */
import type { Clock } from "../time/clock.ts";
import type { Handshake, PushbackTransport } from "./transport.ts";
import { type Concern, concernOfAccept, failureCosts } from "../protocol/failure_costs.ts";

/** Where to listen. */
export interface PortToOpen {
  readonly hostname: string;
  readonly port: number;
  readonly reusePort: boolean;
}

/** A listening socket: a `Deno.Listener`, or a double of it in a test. */
export interface Acceptor<T = Deno.TcpConn | Deno.TlsConn> {
  /** Waits for the next connection. */
  accept(): Promise<T>;
  /** Ends listening; a waiting `accept` rejects with `Deno.errors.BadResource` or `Interrupted`. */
  close(): void;
}

/** An accepted connection, and the address of its peer. */
export interface Arrival {
  readonly transport: PushbackTransport;
  /** Of the peer, as it is without IPv6 around it; empty where the peer was gone before the system could say it. */
  readonly address: string;
  readonly port: number;
  /** Whether the peer has the address to which it has connected: it is on this machine. */
  readonly isOwn: boolean;
  /** Waits for the handshake of a connection that Deno begins with TLS; null for any other connection. */
  readonly handshake: Handshake | null;
}

/** After so many failures in a row without a known cause, the port waits, as when the process lacks something. */
const MOST_UNEXPLAINED = 100;

/** Gives each accepted connection to `serve`, and each failure to `report`, until `acceptor` is closed. */
export async function acceptLoop(
  acceptor: Acceptor<Arrival>,
  clock: Clock,
  serve: (arrival: Arrival) => void,
  report: (error: unknown, concern: Concern) => void,
): Promise<void> {
  for (let unexplained = 0;;) {
    let arrival: Arrival;
    try {
      arrival = await acceptor.accept();
    } catch (error) {
      if (
        error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.Interrupted
      ) return;
      const concern = concernOfAccept(error);
      report(error, concern);
      unexplained = concern === "port" ? unexplained + 1 : 0;
      const { portWaits } = failureCosts[unexplained < MOST_UNEXPLAINED ? concern : "process"];
      if (portWaits > 0) await new Promise<void>((resolve) => clock.after(portWaits, resolve));
      continue;
    }
    unexplained = 0;
    try {
      serve(arrival);
    } catch (error) {
      arrival.transport.close();
      report(error, "port");
    }
  }
}

/** Closes a socket that its owner may have closed already. */
export function closeIfOpen(acceptor: Acceptor<Arrival>): void {
  try {
    acceptor.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}
