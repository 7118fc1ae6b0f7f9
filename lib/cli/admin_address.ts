import type { AdminAddress } from "../program.ts";

/** The value of `--admin`: a port on loopback, an address and a port, or off. Throws a RangeError for anything else. */
export function adminAddress(given: string): AdminAddress | "off" {
  if (given === "off") return given;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d+)$/.exec(given) ?? [];
  const port = Number(digits);
  if (port <= 65_535) return { hostname: bracketed ?? plain ?? "127.0.0.1", port };
  throw new RangeError(
    "give a port from 0 to 65535, an address and a port such as 0.0.0.0:1180 or [::]:1180, or off",
  );
}
