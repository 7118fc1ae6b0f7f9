/** Checks whether the ports of a server can be opened, and whether clients on other machines can log in. */
import { reasonOf } from "../telemetry/reason.ts";
import type { Clock } from "../time/clock.ts";
import { isThisMachine } from "../transport/address.ts";
import { tryHosts } from "../transport/try_hosts.ts";
import { greetingOf, NOBODY_LISTENS } from "./ask_port.ts";
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

/** A port that a running server has, probably the one that is checked. */
export interface AnsweringPort {
  readonly hostname: string;
  readonly port: number;
  readonly answer: string;
}

/**
 * Opens each port for a moment, as the server would.
 *
 * @param onAnswer called for each port that a running POP3 server has, which is no finding
 */
export async function checkPorts(
  { hostnames, ports, proxies, admin }: PortsToCheck,
  clock: Clock,
  onAnswer: (port: AnsweringPort) => void = () => {},
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const { port, tls } of ports) {
    found.push(
      ...await checkPort(hostnames, port, clock, async (hostname) => {
        const answer = await greetingOf({ hostname, port, tls, proxies }, clock);
        onAnswer({ hostname, port, answer });
      }),
    );
  }
  if (admin === null) return found;
  const ofAdmin = await checkPort([admin.hostname], admin.port, clock, async () => {
    const { isAdminPort } = await import("./ask_admin.ts");
    if (await isAdminPort(admin, clock)) return onAnswer({ ...admin, answer: "an --admin port" });
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

/** @param owner asks who has the port at an address; throws where that is no server like this one */
async function checkPort(
  hostnames: readonly string[],
  port: number,
  clock: Clock,
  owner: (hostname: string) => Promise<void>,
): Promise<Finding[]> {
  const all = port === 0 ? [] : await tryHosts(hostnames, port, clock);
  const found = all.map(async ({ hostname, error, isSkipped }): Promise<Finding[]> => {
    const concerns = { type: "port", hostname, port } as const;
    if (isSkipped) {
      return [{ severity: "warning", concerns, text: "this machine has no IPv6", remedy: null }];
    }
    if (!(error instanceof Deno.errors.AddrInUse)) return [closed(concerns, error)];
    try {
      await owner(hostname);
      return [];
    } catch (reason) {
      const remedy = `to see which: ss -ltnp 'sport = :${port}'`;
      return [{ severity: "fault", concerns, text: takenText(reasonOf(reason)), remedy }];
    }
  });
  return (await Promise.all(found)).flat();
}

/** A program may have a port without accepting connections, or have it at another address. */
function takenText(reason: string): string {
  return reason === NOBODY_LISTENS
    ? "it is taken, but no connection is accepted there: another program has it, perhaps at another address"
    : `another program is using it (${reason})`;
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
