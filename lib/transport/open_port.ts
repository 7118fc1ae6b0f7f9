/** Opening a port, and what it accepts. */
import type { Acceptor, Arrival, PortToOpen } from "./accept_loop.ts";
import { arrivalOf } from "./tcp_transport.ts";
import type { ServedCertificate } from "./tls/served_certificate.ts";

/** A port, and the address that it is bound to. */
export type OpenPort = readonly [addr: Deno.NetAddr, acceptor: Acceptor<Arrival>];

/** A port on which nothing comes before the connection: for no TLS, STLS, and implicit TLS by the engine `node`. */
export function openPort(port: PortToOpen): OpenPort {
  const listener = Deno.listen({ ...port });
  return [listener.addr, arrivals(listener)];
}

/** A port whose TLS is Deno's; loaded only for those who want it. */
export async function openDenoTlsPort(
  port: PortToOpen,
  certificate: ServedCertificate,
): Promise<OpenPort> {
  const { DenoTlsPort } = await import("./tls/deno_tls_port.ts");
  const acceptor = new DenoTlsPort(port, certificate);
  return [acceptor.addr, acceptor];
}

/** What a listener of Deno's accepts, as arrivals. */
export function arrivals(acceptor: Acceptor): Acceptor<Arrival> {
  return {
    accept: async () => arrivalOf(await acceptor.accept()),
    close: () => acceptor.close(),
  };
}
