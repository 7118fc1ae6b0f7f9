/**
 * A pop3svc of its own process, for tests that kill it. Its options are one argument, as JSON; it says its port on standard
 * output, and then what it has to log.
 */
import { Pop3Listener } from "../../lib/mod.ts";
import { PostgresBanEngine, PostgresDatabase, PostgresProvider } from "../../lib/postgres/mod.ts";
import { logLine } from "../../lib/telemetry/log_lines.ts";

/** The options of this program. */
export interface ServerOptions {
  readonly url: string;
  /** Seconds; without it, sessions share a mailbox. */
  readonly leaseTime?: number;
  /** Seconds; 30 by default. */
  readonly queryTimeout?: number;
  /** Whether clients come through a proxy that says their addresses. */
  readonly isProxied?: boolean;
}

const options: ServerOptions = JSON.parse(Deno.args[0] ?? "");
const { url, leaseTime, queryTimeout = 30, isProxied = false } = options;
const onEvent = (event: Parameters<typeof logLine>[0]) => {
  const line = logLine(event, "text", "info");
  if (line !== null) console.log(line);
};
const database = new PostgresDatabase(url, { connectTimeout: 1, queryTimeout, onEvent });
const provider = new PostgresProvider(
  database,
  leaseTime === undefined ? {} : { exclusive: true, leaseTime },
);
const banEngine = new PostgresBanEngine(database);
const pop3 = new Pop3Listener({
  provider,
  banEngine,
  onEvent,
  allowInsecureLogin: isProxied,
});
const { port } = await pop3.listenOn({
  hostname: "127.0.0.1",
  port: 0,
  trustedProxies: isProxied ? ["127.0.0.1"] : [],
});
console.log(port);
