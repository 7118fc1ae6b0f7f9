/** The reader of the log stops while the server logs more than a pipe holds: no session waits for it. */
import { messageOf, pause, type Soak, type SoakPart } from "../soak.ts";
import { SoakClient } from "../soak_client.ts";
import { PASSWORD } from "../soak_mail.ts";

/** Each NOOP logs a line at `--log-level debug`; a pipe holds 64 KB. */
const NOOPS = 2_000;

export const logReader: SoakPart = {
  name: "log-reader",
  run: async (soak) => {
    while (!soak.isOver) {
      soak.server.stopReading();
      try {
        await logMuch(soak);
      } catch (error) {
        if (!soak.server.hasEnded) soak.fail("log-reader", messageOf(error));
      }
      await pause(soak, 2_000);
      soak.server.goOnReading();
      await pause(soak, 3_000);
    }
  },
};

async function logMuch(soak: Soak): Promise<void> {
  using client = await SoakClient.connect(soak, "198.51.100.4");
  await client.mustSay(`XLOG ann ${PASSWORD}`);
  for (let sent = 0; sent < NOOPS; sent += 100) {
    await client.pipeline(...new Array<string>(100).fill("NOOP"));
  }
  await client.mustSay("QUIT");
}
