/** Asks a POP3 port for its greeting, as a client does that then leaves. */
import { connect } from "node:net";
import { connect as connectTls } from "node:tls";
import type { Clock } from "../time/clock.ts";
import { cut, printable } from "../telemetry/printable.ts";
import { Networks } from "../transport/networks.ts";

/** A port that should greet. */
export interface PortToAsk {
  /** The address that the port is bound to. */
  readonly hostname: string;
  readonly port: number;
  /** Whether connections begin with TLS. The certificate is not verified. */
  readonly tls: boolean;
  /** The networks from which the port expects a PROXY header. */
  readonly proxies: readonly string[];
}

/** How long a port has to greet. */
export const GREETING_MS = 5_000;
/** Why there is no greeting where the connection is refused. */
export const NOBODY_LISTENS = "nobody listens there";
/** RFC 1939 section 3: a reply has at most 512 octets. */
const MOST_CHARACTERS = 512;

/**
 * Connects from this machine and waits for `+OK`.
 *
 * @returns the greeting
 * @throws the reason why there is none
 */
export async function greetingOf(port: PortToAsk, clock: Clock): Promise<string> {
  const proxies = new Networks(port.proxies);
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  using _limit = clock.after(GREETING_MS, () => {
    reject(new Error(`no greeting within ${GREETING_MS / 1_000} seconds`));
  });
  using held = new DisposableStack();
  const socket = connect({ host: reachable(port.hostname), port: port.port });
  held.defer(() => socket.destroy());
  socket.on("error", (error) => reject(plainly(error)));
  socket.on("close", () => reject(new Error("it closes the connection without a greeting")));
  socket.once("connect", () => {
    if (proxies.has(socket.localAddress ?? "")) socket.write("PROXY UNKNOWN\r\n");
    if (!port.tls) {
      socket.on("data", hear);
      return;
    }
    const secure = connectTls({ socket, rejectUnauthorized: false });
    held.defer(() => secure.destroy());
    secure.on("error", (error) => reject(plainly(error)));
    secure.on("data", hear);
  });
  let heard = "";
  function hear(octets: Uint8Array): void {
    heard += new TextDecoder("latin1").decode(octets);
    const line = /^[^\n]*\n/.exec(heard)?.[0].trimEnd();
    if (line === undefined && heard.length < MOST_CHARACTERS) return;
    if (line?.startsWith("+OK") === true) resolve(printable(line));
    else reject(new Error(`it does not speak POP3: ${JSON.stringify(cut(line ?? heard, 80))}`));
  }
  return await promise;
}

/** The address at which this machine reaches what is bound to an address. */
export function reachable(hostname: string): string {
  if (hostname === "0.0.0.0") return "127.0.0.1";
  return hostname === "::" ? "::1" : hostname;
}

function plainly(error: Error): Error {
  const isRefused = "code" in error && error.code === "ECONNREFUSED";
  return isRefused ? new Error(NOBODY_LISTENS) : error;
}
