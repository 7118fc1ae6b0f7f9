const encoder = new TextEncoder();

/** Are the texts equal? It takes a time that depends on what was given only, not on how much of it is right. */
export function timingSafeEqual(given: string, right: string): boolean {
  const a = encoder.encode(given);
  const b = encoder.encode(right);
  let difference = a.length ^ b.length;
  for (const [index, octet] of a.entries()) {
    difference |= octet ^ (b[index % b.length] ?? 0);
  }
  return difference === 0;
}
