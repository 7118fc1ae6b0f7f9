/** Addresses to listen on that overlap: `::` takes IPv4 connections, too, where the system does not divide the two. */

/** All addresses of this machine; on most systems those of IPv4, too. */
const EVERY_ADDRESS = "::";

/** `::` first: after an IPv4 address it could not be opened. */
export function inOpeningOrder<T extends { readonly hostname?: string }>(
  places: readonly T[],
): readonly T[] {
  const rank = ({ hostname }: T) => hostname === EVERY_ADDRESS ? 0 : 1;
  return places.toSorted((a, b) => rank(a) - rank(b));
}

/** Whether the failure to open an address may mean that a port on `::`, which is open, has it already. */
export function mayBeCovered(
  error: unknown,
  hostname: string,
  port: number,
  open: Iterable<{ readonly hostname: string; readonly port: number }>,
): boolean {
  return error instanceof Deno.errors.AddrInUse && !hostname.includes(":") &&
    [...open].some((each) => each.hostname === EVERY_ADDRESS && each.port === port);
}

/** Whether an address cannot be opened since this machine has no IPv6. If there are others, it is left out. */
export function canBeSkipped(error: unknown, hostname: string): boolean {
  return hostname === EVERY_ADDRESS && error instanceof Error && "code" in error &&
    (error.code === "EAFNOSUPPORT" || error.code === "EADDRNOTAVAIL");
}
