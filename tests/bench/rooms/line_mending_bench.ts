/** The code that looks at each octet of a message: `deno bench -A tests/bench/rooms/line_mending_bench.ts`. */
import { ByteStuffer } from "../../../lib/protocol/byte_stuffing.ts";
import { OctetCounter } from "../../../lib/protocol/well_formed_lines.ts";

const MEGABYTE = 1_048_576;
const CHUNK_OCTETS = 65_536;

const messages = {
  "CRLF, clean": "x".repeat(74) + "\r\n",
  "LF": "x".repeat(75) + "\n",
  "LF, each line with a dot": "." + "x".repeat(74) + "\n",
};

for (const [kind, line] of Object.entries(messages)) {
  const octets = new TextEncoder().encode(line.repeat(MEGABYTE / line.length));
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < octets.length; at += CHUNK_OCTETS) {
    chunks.push(octets.subarray(at, at + CHUNK_OCTETS));
  }
  Deno.bench({ name: `send 1 MiB: ${kind}`, group: kind }, () => {
    const stuffer = new ByteStuffer();
    for (const chunk of chunks) stuffer.encode(chunk);
  });
  Deno.bench({ name: `count 1 MiB: ${kind}`, group: kind }, () => {
    const counter = new OctetCounter();
    for (const chunk of chunks) counter.add(chunk);
  });
}
