/** Opens a port on several addresses for a moment, in the same way as a listener, to find out whether that works. */
import type { Clock } from "../time/clock.ts";
import { acceptLoop, type Arrival } from "./accept_loop.ts";
import { canBeSkipped, inOpeningOrder, mayBeCovered } from "./hosts.ts";
import { openPort } from "./open_port.ts";
import { OwnArrivals } from "./own_arrivals.ts";

/** An address where the port cannot be opened. */
export interface ClosedHost {
  readonly hostname: string;
  readonly error: unknown;
  /** Whether the server starts without this address. */
  readonly isSkipped: boolean;
}

/** @returns the addresses where the port cannot be opened */
export async function tryHosts(
  hostnames: readonly string[],
  port: number,
  clock: Clock,
): Promise<readonly ClosedHost[]> {
  const own = new OwnArrivals(clock);
  const closed: ClosedHost[] = [];
  const open: { readonly hostname: string; readonly port: number }[] = [];
  const loops: Promise<void>[] = [];
  {
    using acceptors = new DisposableStack();
    for (const { hostname } of inOpeningOrder(hostnames.map((hostname) => ({ hostname })))) {
      try {
        const [, acceptor] = openPort({ hostname, port, reusePort: false });
        acceptors.defer(() => acceptor.close());
        const serve = (arrival: Arrival) => own.receive(arrival, () => arrival.transport.close());
        loops.push(acceptLoop(acceptor, clock, serve, () => {}));
        open.push({ hostname, port });
      } catch (error) {
        const isCovered = mayBeCovered(error, hostname, port, open) &&
          await own.hasArrived(hostname, port);
        const isSkipped = hostnames.length > 1 && canBeSkipped(error, hostname);
        if (!isCovered) closed.push({ hostname, error, isSkipped });
      }
    }
  }
  await Promise.all(loops);
  return closed;
}
