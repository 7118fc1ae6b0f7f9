/** A listener and its ports in one call. */
import { inOpeningOrder } from "../transport/hosts.ts";
import type { ListenOptions } from "./listen_options.ts";
import { Pop3Listener } from "./pop3_listener.ts";
import type { Pop3ListenerOptions } from "./settings.ts";

/** The options of a {@linkcode Pop3Listener}, and where it listens: on one port, or on several. */
export interface ListenerOptions extends Pop3ListenerOptions, Partial<ListenOptions> {
  /** Several ports; what one of them leaves out is as the options beside `ports` say. */
  readonly ports?: readonly Partial<ListenOptions>[];
}

/** The port where nothing says another. */
const PORT = 1100;

/**
 * Makes a listener and opens its ports: 127.0.0.1 port 1100, unless the options say otherwise.
 *
 * @throws what `new Pop3Listener` and `listenOn` throw; then no port is open
 *
 * @example
 * ```ts
 * import { listen, MemoryMailbox } from "@pop3svc/pop3svc";
 *
 * await using pop3 = await listen({
 *   port: 0,
 *   provider: (_info, username, password) =>
 *     username === "ann" && password === "x" ? new MemoryMailbox({ a: "Subject: Hi\\r\\n\\r\\n" }) : null,
 * });
 * console.log(pop3.addr.port);
 * ```
 */
export async function listen(options: ListenerOptions = {}): Promise<Pop3Listener> {
  const { ports, hostname, port, tls, reusePort, trustedProxies, ...ofListener } = options;
  const shared = { hostname, port, tls, reusePort, trustedProxies };
  const pop3 = new Pop3Listener(ofListener);
  try {
    const all = (ports ?? [{}]).map((own) => whereOf({ ...shared, ...own }));
    for (const where of inOpeningOrder(all)) await pop3.listenOn(where);
    return pop3;
  } catch (error) {
    await pop3.stop();
    throw error;
  }
}

/** Without what is undefined. */
function whereOf(
  { port = PORT, ...rest }: {
    readonly [Name in keyof ListenOptions]: ListenOptions[Name] | undefined;
  },
): ListenOptions {
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  return { port, ...Object.fromEntries(given) };
}
