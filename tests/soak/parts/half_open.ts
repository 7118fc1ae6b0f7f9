/** Peers that begin something and never finish it: the server must close each after the login timeout. */
import { LOGIN_SECONDS } from "../limits.ts";
import { messageOf, pause, type Soak, type SoakPart, soon } from "../soak.ts";
import { PATIENCE_MS, proxyHeader } from "../soak_client.ts";

interface Beginning {
  readonly what: string;
  readonly octets: string;
  readonly tls?: boolean;
  readonly isHalfClosed?: boolean;
}

const from = proxyHeader("198.51.100.3");
const beginnings: readonly Beginning[] = [
  { what: "nothing", octets: "" },
  { what: "half a PROXY header", octets: "PROXY TCP4 198.5" },
  { what: "a PROXY header and nothing else", octets: from },
  { what: "half a command", octets: `${from}USER jo` },
  { what: "a name without a password", octets: `${from}USER joe\r\n` },
  { what: "an AUTH exchange", octets: `${from}AUTH PLAIN\r\n` },
  { what: "half a command, and no more sending", octets: `${from}USER jo`, isHalfClosed: true },
  { what: "half a TLS handshake", octets: `${from}\x16\x03\x01\x02`, tls: true },
  { what: "no TLS handshake", octets: from, tls: true },
];

export const halfOpen: SoakPart = {
  name: "half-open",
  run: async (soak) => {
    do {
      const outcomes = beginnings.flatMap((each) => [holdOpen(soak, each), holdOpen(soak, each)]);
      await Promise.all(outcomes);
      soak.count("half-open connections", outcomes.length);
      await pause(soak, 200);
    } while (soak.left > 1_000 * LOGIN_SECONDS);
  },
};

async function holdOpen(soak: Soak, { what, octets, tls, isHalfClosed }: Beginning): Promise<void> {
  const port = tls === true ? soak.server.tlsPort : soak.server.port;
  try {
    using connection = await soon("connecting", PATIENCE_MS, Deno.connect({ port }));
    await connection.write(Uint8Array.from(octets, (character) => character.charCodeAt(0)));
    if (isHalfClosed === true) await connection.closeWrite();
    await soon(
      `the end of a connection with ${what}`,
      1_000 * LOGIN_SECONDS + PATIENCE_MS,
      untilClosed(connection),
    );
  } catch (error) {
    if (!soak.server.hasEnded) soak.fail("half-open", messageOf(error));
  }
}

async function untilClosed(connection: Deno.Conn): Promise<void> {
  const buffer = new Uint8Array(1_024);
  try {
    while (await connection.read(buffer) !== null);
  } catch {
    // A reset also counts as closed.
  }
}
