import { assertEquals } from "@std/assert";
import { ReplyWriter } from "../../lib/connection/reply_writer.ts";
import { latin1 } from "../../lib/testing/latin1.ts";
import { joined } from "../protocol/chunks.ts";

Deno.test("a list of any length is written with each line once, in order", async () => {
  for (const count of [0, 1, 2, 1_000, 20_000]) {
    const written: Uint8Array[] = [];
    const writer = new ReplyWriter({
      write(octets) {
        written.push(octets.slice());
        return Promise.resolve(octets.length);
      },
    });
    const lines = Array.from({ length: count }, (_, index) => `${index + 1} ${7 * index}`);
    await writer.add({ type: "listing", text: "Here", lines });
    await writer.flush();
    const text = latin1(joined(written));
    assertEquals(text, ["+OK Here", ...lines, ".", ""].join("\r\n"));
  }
});
