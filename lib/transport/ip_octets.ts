/**
 * The octets of an IP address, 4 or 16; null for what is no address. Without a library, since the default run loads this
 * file, and `ipaddr.js` takes longer than all the rest.
 */
export function ipOctets(text: string): readonly number[] | null {
  if (!text.includes(":")) {
    const octets = text.split(".").map((octet) => /^\d{1,3}$/.test(octet) ? Number(octet) : 256);
    return octets.length === 4 && octets.every((octet) => octet < 256) ? octets : null;
  }
  // The parser of URLs knows all spellings of an IPv6 address, and has one way to write it.
  const url = /^[\da-f:.]+$/i.test(text) ? URL.parse(`http://[${text}]`) : null;
  if (url === null) return null;
  const [before = [], after = []] = url.hostname.slice(1, -1).split("::")
    .map((part) => part === "" ? [] : part.split(":"));
  const zeros = new Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after]
    .map((group) => Number.parseInt(group, 16))
    .flatMap((group) => [group >> 8, group & 0xff]);
}
