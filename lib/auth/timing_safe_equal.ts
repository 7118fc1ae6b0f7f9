const encoder = new TextEncoder();

/** Whether the texts are equal. The time depends on the length of the given text, not on how much of it is right. */
export function timingSafeEqual(given: string, right: string): boolean {
  const a = encoder.encode(given);
  const b = encoder.encode(right);
  let difference = a.length ^ b.length;
  for (let index = 0; index < a.length; index++) {
    difference |= (a[index] ?? 0) ^ (b[index % b.length] ?? 0);
  }
  return difference === 0;
}
