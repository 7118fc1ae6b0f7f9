/** Opening a port: by Deno where it is plain, by `node:net` where TLS comes first. */
import type { Clock } from "../time/clock.ts";
import type { Acceptor, Arrival, PortToOpen } from "./accept_loop.ts";
import { arrivalOf } from "./tcp_transport.ts";

/** A port, and the address that it is bound to. */
export type OpenPort = readonly [addr: Deno.NetAddr, acceptor: Acceptor<Arrival>];

export function openPlainPort(port: PortToOpen): OpenPort {
  const listener = Deno.listen({ ...port });
  return [listener.addr, arrivals(listener)];
}

/** Loaded only where there is TLS. */
export async function openTlsPort(port: PortToOpen, clock: Clock): Promise<OpenPort> {
  const { SocketAcceptor } = await import("./socket_acceptor.ts");
  const acceptor = await SocketAcceptor.listen(port, clock);
  return [acceptor.addr, acceptor];
}

/** What a `Deno.Listener` accepts, as arrivals. */
export function arrivals(acceptor: Acceptor): Acceptor<Arrival> {
  return {
    async accept() {
      const accepted = await acceptor.accept();
      try {
        return arrivalOf(accepted);
      } catch (error) {
        accepted.close();
        throw error;
      }
    },
    close: () => acceptor.close(),
  };
}
