/** The open ports of a listener: who has connected there, and which addresses they have. */
import { acceptLoop, type Acceptor, type Arrival, closeIfOpen } from "../transport/accept_loop.ts";
import { mayBeCovered } from "../transport/hosts.ts";
import { OwnArrivals } from "../transport/own_arrivals.ts";
import type { OpenPort } from "../transport/open_port.ts";
import type { Concern } from "../protocol/failure_costs.ts";
import type { Clock } from "../time/clock.ts";
import type { PortStatus } from "./listener_status.ts";

/** What becomes of a connection, and of a failure to accept one. */
export interface Reception {
  readonly receive: (arrival: Arrival) => void;
  readonly report: (error: unknown, concern: Concern) => void;
}

/** A port that this listener has opened itself. */
interface NamedPort {
  readonly status: PortStatus;
  readonly manner: string;
}

export class ListenerPorts {
  readonly #clock: Clock;
  readonly #loops = new Map<Acceptor<Arrival>, Promise<void>>();
  readonly #named = new Map<Acceptor<Arrival>, NamedPort>();
  readonly #own: OwnArrivals;
  /** Whether connections that were accepted just when the port was closed are served. */
  #isDraining = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#own = new OwnArrivals(clock);
  }

  /** The addresses of the ports that this listener has opened itself. */
  get addresses(): readonly PortStatus[] {
    return [...this.#named.values()].map(({ status }) => status);
  }

  /**
   * Opens a port; null where a port that is open already has its address, too.
   *
   * @param manner how connections begin there; only a port with the same manner can stand for it
   */
  async open(
    { hostname, port }: { readonly hostname: string; readonly port: number },
    manner: string,
    open: () => OpenPort | Promise<OpenPort>,
  ): Promise<OpenPort | null> {
    try {
      return await open();
    } catch (error) {
      const alike = [...this.#named.values()].filter((each) => each.manner === manner);
      const isCovered = mayBeCovered(error, hostname, port, alike.map(({ status }) => status)) &&
        await this.#own.hasArrived(hostname, port);
      if (isCovered) return null;
      throw error;
    }
  }

  /** Accepts connections until the port is closed. */
  accept(acceptor: Acceptor<Arrival>, { receive, report }: Reception): void {
    const serve = (arrival: Arrival) =>
      this.#own.receive(arrival, () => {
        // The connection came just when the port was closed.
        if (!this.#loops.has(acceptor) && !this.#isDraining) arrival.transport.close();
        else receive(arrival);
      });
    this.#loops.set(acceptor, acceptLoop(acceptor, this.#clock, serve, report));
  }

  /** Notes the address of a port. */
  name(acceptor: Acceptor<Arrival>, status: PortStatus, manner: string): void {
    this.#named.set(acceptor, { status, manner });
  }

  /** Waits until a port is closed. */
  async closed(acceptor: Acceptor<Arrival>): Promise<void> {
    await this.#loops.get(acceptor);
    this.#loops.delete(acceptor);
  }

  /** Ends what `close` has begun: what arrives from here on is closed. */
  endDraining(): void {
    this.#isDraining = false;
  }

  /**
   * Closes all ports.
   *
   * @param isDraining whether to serve connections that are accepted already
   * @returns a promise that resolves when nothing is accepted any more
   */
  close(isDraining: boolean): Promise<unknown> {
    const loops = [...this.#loops];
    this.#isDraining = isDraining;
    this.#loops.clear();
    this.#named.clear();
    for (const [acceptor] of loops) closeIfOpen(acceptor);
    return Promise.all(loops.map(([, loop]) => loop));
  }
}
