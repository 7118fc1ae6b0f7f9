/** Parse the values of options that are not settings. They throw a RangeError that says what is allowed. */
import type { AdminAddress } from "../program.ts";

/** A port on loopback, an address and a port, or off. */
export function adminAddress(given: string): AdminAddress | "off" {
  if (given === "off") return given;
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]:|([^:]+):)?(\d+)$/.exec(given) ?? [];
  const port = Number(digits);
  if (port <= 65_535) return { hostname: bracketed ?? plain ?? "127.0.0.1", port };
  throw new RangeError(
    "give a port from 0 to 65535, an address and a port such as 0.0.0.0:1180 or [::]:1180, or off",
  );
}

/** A port, or off. */
export function portNumber(given: string): number | "off" {
  if (given === "off") return given;
  const number = Number(given);
  if (/^\d+$/.test(given) && number <= 65_535) return number;
  throw new RangeError("give a whole number from 0 to 65535, or off");
}

/** Any text but an empty one. */
export function text(what: string): (given: string) => string {
  return (given) => {
    if (given === "") throw new RangeError(`give ${what}`);
    return given;
  };
}
