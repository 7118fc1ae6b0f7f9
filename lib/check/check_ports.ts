/** Checks whether the ports of a server can be opened, and whether clients on other machines can log in. */
import { reasonOf } from "../telemetry/reason.ts";
import type { Clock } from "../time/clock.ts";
import { isThisMachine } from "../transport/address.ts";
import { tryHosts } from "../transport/try_hosts.ts";
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

/** Opens each port for a moment, as the server would. A port that a running POP3 server has is a warning. */
export async function checkPorts(
  { hostnames, ports, proxies, admin }: PortsToCheck,
  clock: Clock,
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { port, tls } of ports) {
    found.push(
      ...await checkPort(hostnames, port, clock, async (hostname) => {
        const greeting = await greetingOf({ hostname, port, tls, proxies }, clock);
        return `it answers ${JSON.stringify(greeting)}`;
      }),
    );
  }
  if (admin === null) return found;
  const ofAdmin = await checkPort([admin.hostname], admin.port, clock, async () => {
    const { isAdminPort } = await import("./ask_admin.ts");
    if (await isAdminPort(admin, clock)) return "it answers as an --admin port";
    throw new Error("it is no --admin port");
  });
  return [...found, ...ofAdmin];
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

/** @param owner who has the port at an address, where that is a server like this one; throws where it is not */
async function checkPort(
  hostnames: readonly string[],
  port: number,
  clock: Clock,
  owner: (hostname: string) => Promise<string>,
): Promise<Finding[]> {
  const all = port === 0 ? [] : await tryHosts(hostnames, port, clock);
  return await Promise.all(all.map(async ({ hostname, error, isSkipped }): Promise<Finding> => {
    const concerns = { type: "port", hostname, port } as const;
    if (isSkipped) {
      return { severity: "warning", concerns, text: "this machine has no IPv6", remedy: null };
    }
    if (!(error instanceof Deno.errors.AddrInUse)) return closed(concerns, error);
    try {
      const who = await owner(hostname);
      const text = `it is in use, probably by this server, which is running: ${who}`;
      return { severity: "warning", concerns, text, remedy: null };
    } catch (reason) {
      return {
        severity: "fault",
        concerns,
        text: `another program is using it (${reasonOf(reason)})`,
        remedy: `to see which: ss -ltnp 'sport = :${port}'`,
      };
    }
  }));
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
