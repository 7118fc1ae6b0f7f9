/** Connections that peers reset: before accept, in the PROXY header, in the handshake, in the greeting. */
import { connect, type Socket } from "node:net";
import { messageOf, pause, type SoakPart, soon } from "../soak.ts";
import { proxyHeader, SoakClient } from "../soak_client.ts";

const BURST = 40;
/** If the port waited 100 ms after each reset, a greeting would take four seconds. */
const GREETING_MS = 2_000;

const openings: readonly string[] = [
  "",
  "PROXY TCP4 ",
  proxyHeader("198.51.100.7"),
  "\x16\x03\x01",
];

export const resets: SoakPart = {
  name: "resets",
  run: async (soak) => {
    for (let turn = 0; !soak.isOver; turn++) {
      const ports = [soak.server.port, soak.server.tlsPort];
      await Promise.all(
        Array.from(
          { length: BURST },
          (_, at) => resetOne(ports[at % 2] ?? 0, openings[(turn + at) % openings.length] ?? ""),
        ),
      );
      soak.count("resets", BURST);
      try {
        using client = await soon(
          "a greeting after resets",
          GREETING_MS,
          SoakClient.connect(soak, "198.51.100.2", turn % 2 === 1),
        );
        await client.mustSay("QUIT");
      } catch (error) {
        if (!soak.server.hasEnded) soak.fail("resets", messageOf(error));
      }
      await pause(soak, 400);
    }
  },
};

async function resetOne(port: number, opening: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket: Socket = connect({ host: "127.0.0.1", port });
  socket.once("connect", () => {
    if (opening === "") return void socket.resetAndDestroy();
    socket.write(opening, () => socket.resetAndDestroy());
  });
  socket.on("error", () => socket.destroy());
  socket.once("close", () => resolve());
  const deadline = setTimeout(() => socket.destroy(), 5_000);
  await promise;
  clearTimeout(deadline);
}
