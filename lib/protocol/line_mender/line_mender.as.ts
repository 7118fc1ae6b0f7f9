/**
 * The loops of `LineMender` in AssemblyScript, which look at sixteen octets at a time. `deno task wasm` compiles this
 * file into line_mender_wasm.ts. The rules are in ../well_formed_lines.ts.
 */
const LF: u8 = 0x0a;
const CR: u8 = 0x0d;
const DOT: u8 = 0x2e;

/** Where the input begins in memory, and the most octets that it may have. */
export const INPUT: i32 = 1_024;
export const INPUT_OCTETS: i32 = 65_536;
/** Where the output begins. It has room for twice as many octets, and for sixteen that are stored beyond its end. */
export const OUTPUT: i32 = 69_632;

/** Whether the next octet begins a line, and whether it follows a CR. Kept between calls. */
export let atLineStart: i32 = 1;
export let afterCr: i32 = 0;
/** How many octets the last call of `mend` inserted. */
export let insertedForLineEnds: i32 = 0;
export let insertedDots: i32 = 0;

/** How many of these sixteen octets come before the first CR or LF. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function plainOctets(octets: v128): i32 {
  const ends = v128.or(i8x16.eq(octets, i8x16.splat(LF)), i8x16.eq(octets, i8x16.splat(CR)));
  return ctz(i8x16.bitmask(ends) | 0x10000);
}

/** The offset of the first place that needs mending; the length when there is none. */
export function skipClean(length: i32): i32 {
  const end = INPUT + length;
  let at = INPUT;
  while (at < end) {
    const octet = load<u8>(at);
    if (octet === LF) {
      if (!afterCr) break;
      afterCr = 0;
      atLineStart = 1;
      at++;
      continue;
    }
    if (afterCr || (atLineStart && octet === DOT)) break;
    atLineStart = 0;
    let plain = 16;
    while (plain === 16 && at < end) {
      plain = plainOctets(v128.load(at));
      at += plain;
    }
    if (at > end) at = end;
    if (at < end && load<u8>(at) === CR) {
      afterCr = 1;
      at++;
    }
  }
  return at - INPUT;
}

/** Writes the mended input to the output. @returns how many octets the output has */
export function mend(length: i32): i32 {
  const end = INPUT + length;
  let at = INPUT;
  let to = OUTPUT;
  insertedForLineEnds = 0;
  insertedDots = 0;
  while (at < end) {
    const octet = load<u8>(at);
    if (octet === LF) {
      if (!afterCr) {
        store<u8>(to++, CR);
        insertedForLineEnds++;
      }
      store<u8>(to++, LF);
      at++;
      afterCr = 0;
      atLineStart = 1;
      continue;
    }
    if (afterCr) {
      store<u8>(to++, LF);
      insertedForLineEnds++;
      atLineStart = 1;
    }
    if (atLineStart && octet === DOT) {
      store<u8>(to++, DOT);
      insertedDots++;
    }
    atLineStart = 0;
    afterCr = 0;
    // Copies the rest of the line by sixteens; the next octets overwrite what this stores beyond the line's end.
    let plain = 16;
    while (plain === 16 && at < end) {
      const octets = v128.load(at);
      v128.store(to, octets);
      plain = plainOctets(octets);
      at += plain;
      to += plain;
    }
    if (at > end) {
      to -= at - end;
      at = end;
    }
    if (at < end && load<u8>(at) === CR) {
      store<u8>(to++, CR);
      at++;
      afterCr = 1;
    }
  }
  return to - OUTPUT;
}
