/** The ports that `--port` and `--tls-port` name. */
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
