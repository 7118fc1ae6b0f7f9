/** The ports that `--port` and `--tls-port` name, and the addresses of `--host` where they are opened. */
import { inOpeningOrder, type ListenOptions } from "../program.ts";
import { CliError } from "./cli_error.ts";
import { type ServeOptions, TLS_PORT } from "./options.ts";

/** A port to open, and whether its connections begin with TLS. */
export interface Port {
  readonly port: number;
  readonly tls: boolean;
}

export function portsOf(
  { port, "tls-port": tlsPort, cert }: Pick<ServeOptions, "port" | "tls-port" | "cert">,
): readonly Port[] {
  const ofTls = tlsPort ?? (cert === null ? "off" : TLS_PORT);
  return [
    ...(port === "off" ? [] : [{ port, tls: false }]),
    ...(ofTls === "off" ? [] : [{ port: ofTls, tls: true }]),
  ];
}

/** A port on one of the addresses. */
export interface PortToOpen extends ListenOptions {
  readonly hostname: string;
  /** Whether there are other addresses. */
  readonly isOneOfSeveral: boolean;
}

/** The ports of all addresses, in the order in which they can be opened. */
export function portsToOpen(options: ServeOptions): readonly PortToOpen[] {
  const all = options.host.flatMap((hostname) =>
    portsOf(options).map(({ port, tls }) => ({
      hostname,
      port,
      tls,
      trustedProxies: options["proxy-protocol"],
      reusePort: options["reuse-port"],
      isOneOfSeveral: new Set(options.host).size > 1,
    }))
  );
  return inOpeningOrder(all);
}

/** @throws {CliError} when there is nothing to listen on, or no certificate for TLS */
export function ensurePorts(ports: readonly Port[], hasCertificate: boolean): void {
  const tls = ports.find((port) => port.tls);
  if (tls !== undefined && !hasCertificate) {
    throw CliError.usage(`--tls-port ${tls.port} needs a certificate: give --cert and --key`);
  }
  if (ports.length > 0) return;
  throw CliError.usage("--port off leaves nothing to listen on: give --cert and --key for TLS");
}
