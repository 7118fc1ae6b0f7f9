/**
 * Accepts connections until the socket is closed. A failed `accept` (no file descriptors left, a peer that was
 * gone before we came) is told, and does not end the loop; a pause keeps a lasting one from eating the CPU.
 */
import type { Clock } from "../connection/clock.ts";
import type { UnreadableTransport } from "../connection/transport.ts";

/** A listening socket: a `Deno.Listener`, or what a test makes of it. */
export interface Acceptor<T = Deno.TcpConn | Deno.TlsConn> {
  /** Waits for the next connection. */
  accept(): Promise<T>;
  /** Ends listening; a waiting `accept` rejects with `Deno.errors.BadResource` or `Interrupted`. */
  close(): void;
}

/** Somebody who has come, and where from. */
export interface Arrival {
  readonly transport: UnreadableTransport;
  readonly address: string;
  readonly port: number;
  /** Is the line encrypted already? */
  readonly isSecure: boolean;
}

const PAUSE_MS = 100;

/** Gives each accepted connection to `serve`, and each failure to `report`, until `acceptor` is closed. */
export async function acceptLoop<T>(
  acceptor: Acceptor<T>,
  clock: Clock,
  serve: (connection: T) => void,
  report: (error: unknown) => void,
): Promise<void> {
  for (;;) {
    try {
      serve(await acceptor.accept());
    } catch (error) {
      if (
        error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.Interrupted
      ) return;
      report(error);
      await new Promise<void>((resolve) => clock.after(PAUSE_MS, resolve));
    }
  }
}
