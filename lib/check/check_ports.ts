/** Checks whether the ports of a server can be opened, and whether clients on other machines can log in. */
import { reasonOf } from "../telemetry/reason.ts";
import { systemClock } from "../time/clock.ts";
import { isThisMachine } from "../transport/address.ts";
import { tryHosts } from "../transport/try_hosts.ts";
import type { Finding } from "./finding.ts";

/** The addresses and ports on which a server will listen. */
export interface PortsToCheck {
  readonly hostnames: readonly string[];
  /** The ports to open on each host; 0, which picks a free port, is not tried. */
  readonly ports: readonly number[];
}

/** Opens each port for a moment. */
export async function checkPorts({ hostnames, ports }: PortsToCheck): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const port of ports.filter((port) => port !== 0)) {
    for (const { hostname, error, isSkipped } of await tryHosts(hostnames, port, systemClock)) {
      findings.push({
        severity: isSkipped ? "warning" : "fault",
        concerns: { type: "port", hostname, port },
        text: isSkipped ? "this machine has no IPv6" : whyClosed(error, port),
        remedy: null,
      });
    }
  }
  return findings;
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

function whyClosed(error: unknown, port: number): string {
  const isPrivileged = error instanceof Deno.errors.PermissionDenied && port < 1024;
  if (isPrivileged) {
    return "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE or root";
  }
  const isUsed = error instanceof Deno.errors.AddrInUse;
  return isUsed ? "another program is using it; is a server running?" : reasonOf(error);
}
