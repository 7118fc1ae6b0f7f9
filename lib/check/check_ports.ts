/** Checks whether the ports of a server can be opened, and whether clients on other machines can log in. */
import { reasonOf } from "../telemetry/reason.ts";
import type { Clock } from "../time/clock.ts";
import { isThisMachine } from "../transport/address.ts";
import { greetingOf } from "./ask_port.ts";
import type { Finding } from "./finding.ts";

/** The addresses and ports on which a server will listen. */
export interface PortsToCheck {
  readonly hostnames: readonly string[];
  /** The ports to open on each host; 0, which picks a free port, is not tried. */
  readonly ports: readonly { readonly port: number; readonly tls: boolean }[];
  /** The networks from which connections begin with a PROXY header. */
  readonly proxies: readonly string[];
  /** The port of `--admin`; null for none. */
  readonly admin: { readonly hostname: string; readonly port: number } | null;
}

/** Opens each port for a moment. A port that a running POP3 server has is a warning. */
export async function checkPorts(
  { hostnames, ports, proxies, admin }: PortsToCheck,
  clock: Clock,
): Promise<Finding[]> {
  const found = [
    ...hostnames.flatMap((hostname) =>
      ports.map(({ port, tls }) =>
        checkPort(hostname, port, async () => {
          const greeting = await greetingOf({ hostname, port, tls, proxies }, clock);
          return `it answers ${JSON.stringify(greeting)}`;
        })
      )
    ),
    ...(admin === null ? [] : [
      checkPort(admin.hostname, admin.port, async () => {
        const { isAdminPort } = await import("./ask_admin.ts");
        if (await isAdminPort(admin, clock)) return "it answers as an --admin port";
        throw new Error("it is no --admin port");
      }),
    ]),
  ];
  return (await Promise.all(found)).flat();
}

/** Warns of the TLS engine that cannot close the connections of strangers, where strangers can connect. */
export function checkTlsEngine({ hostnames }: PortsToCheck): Finding[] {
  return hostnames.every(isThisMachine) ? [] : [{
    severity: "warning",
    concerns: { type: "server" },
    text: "--tls-engine deno: one stranger can use up all file descriptors of the server",
    remedy: "--tls-engine node",
  }];
}

/**
 * Checks a server that accepts passwords over TLS only, but has no certificate: that is a fault unless only this machine
 * can connect.
 */
export function checkLoginWithoutTls({ hostnames }: PortsToCheck): Finding[] {
  return hostnames.every(isThisMachine) ? [] : [{
    severity: "fault",
    concerns: { type: "certificate" },
    text: "no certificate: nobody on another machine can log in",
    remedy: "--cert and --key",
  }];
}

/** @param owner who has the port, where that is a server like this one; throws where it is not */
async function checkPort(
  hostname: string,
  port: number,
  owner: () => Promise<string>,
): Promise<Finding[]> {
  const concerns = { type: "port", hostname, port } as const;
  const error = port === 0 ? null : whyClosed(hostname, port);
  if (error === null) return [];
  if (!(error instanceof Deno.errors.AddrInUse)) return [closed(concerns, error)];
  try {
    const text = `it is in use, probably by this server, which is running: ${await owner()}`;
    return [{ severity: "warning", concerns, text, remedy: null }];
  } catch (reason) {
    return [{
      severity: "fault",
      concerns,
      text: `another program is using it (${reasonOf(reason)})`,
      remedy: `to see which: ss -ltnp 'sport = :${port}'`,
    }];
  }
}

function closed(concerns: Finding["concerns"] & { type: "port" }, error: unknown): Finding {
  const isPrivileged = error instanceof Deno.errors.PermissionDenied && concerns.port < 1024;
  return {
    severity: "fault",
    concerns,
    text: reasonOf(error),
    remedy: isPrivileged
      ? "AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or a port from 1024"
      : null,
  };
}

/** Why the port cannot be opened; null where it can. */
function whyClosed(hostname: string, port: number): unknown {
  try {
    Deno.listen({ hostname, port }).close();
    return null;
  } catch (error) {
    return error;
  }
}
