/**
 * Accepts connections until the socket is closed. What a peer does costs the port nothing; only a want of the process
 * (no file descriptors left) makes it wait, so that a lasting one does not eat the CPU.
 *
 * An arrival belongs to whoever serves it; where serving throws, it is closed here.
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

/** A listening socket: a `Deno.Listener`, or what a test makes of it. */
export interface Acceptor<T = Deno.TcpConn | Deno.TlsConn> {
  /** Waits for the next connection. */
  accept(): Promise<T>;
  /** Ends listening; a waiting `accept` rejects with `Deno.errors.BadResource` or `Interrupted`. */
  close(): void;
}

/** Somebody who has come, and where from. */
export interface Arrival {
  readonly transport: PushbackTransport;
  /** Empty where the peer was gone before it could be asked for. */
  readonly address: string;
  readonly port: number;
  /** For a connection that Deno begins with TLS: waits for its handshake. Null for any other. */
  readonly handshake: Handshake | null;
}

/** After so many failures in a row that nobody can explain, the port is broken for now, and waits like the process. */
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
