/** Opens ports whose connections arrive as {@linkcode Arrival}s. */
import type { Acceptor, Arrival, PortToOpen } from "./accept_loop.ts";
import { arrivalOf } from "./tcp_transport.ts";
import type { ServedCertificate } from "./tls/served_certificate.ts";

/** A port, and the address that it is bound to. */
export type OpenPort = readonly [addr: Deno.NetAddr, acceptor: Acceptor<Arrival>];

/** Opens a port for connections without TLS at the accept: for no TLS, STLS, and implicit TLS by the engine `node`. */
export function openPort(port: PortToOpen): OpenPort {
  const listener = Deno.listen({ ...port });
  return [listener.addr, arrivals(listener)];
}

/** Opens a port with the TLS engine `deno`, whose code is loaded only where it is chosen. */
export async function openDenoTlsPort(
  port: PortToOpen,
  certificate: ServedCertificate,
): Promise<OpenPort> {
  const { DenoTlsPort } = await import("./tls/deno_tls_port.ts");
  const acceptor = new DenoTlsPort(port, certificate);
  return [acceptor.addr, acceptor];
}

/** Wraps a listener of Deno, so that it accepts arrivals. */
export function arrivals(acceptor: Acceptor): Acceptor<Arrival> {
  return {
    accept: async () => arrivalOf(await acceptor.accept()),
    close: () => acceptor.close(),
  };
}
