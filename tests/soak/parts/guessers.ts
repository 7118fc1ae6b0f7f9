/** Password guessers at many addresses: none gets in, and each is banned sooner or later. */
import { messageOf, pause, type Soak, type SoakPart } from "../soak.ts";
import { SoakClient } from "../soak_client.ts";

const ADDRESSES = 8;

export const guessers: SoakPart = {
  name: "guessers",
  run: async (soak) => {
    await Promise.all(
      Array.from({ length: ADDRESSES }, (_, at) => guess(soak, `203.0.113.${at + 1}`)),
    );
    if ((soak.server.events.get("banned") ?? 0) === 0) {
      soak.fail("guessers", "no address was banned");
    }
  },
};

async function guess(soak: Soak, address: string): Promise<void> {
  const names = ["joe", "ann", "nobody", address];
  for (let attempt = 0; !soak.isOver;) {
    try {
      using client = await SoakClient.connect(soak, address, attempt % 3 === 2);
      for (let each = 0; each < 5 && !soak.isOver; each++, attempt++) {
        const name = names[attempt % names.length] ?? "joe";
        const { isOk } = await client.say(`XLOG ${name} guess-${attempt}`);
        if (isOk) return soak.fail("guessers", `${name} got in with a wrong password`);
        soak.count("guesses");
        await pause(soak, 50);
      }
    } catch (error) {
      // The server may end the connection, but must not be silent.
      const isLate = error instanceof Error && error.name === "LateError";
      if (isLate && !soak.server.hasEnded) soak.fail("guessers", messageOf(error));
    }
    await pause(soak, 200);
  }
}
