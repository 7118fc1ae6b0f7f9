/** A pop3svc of its own process, for tests that kill it: `URL LEASE-SECONDS`. It says its port on standard output. */
import { Pop3Listener } from "../../lib/mod.ts";
import { PostgresDatabase, PostgresProvider } from "../../lib/postgres/mod.ts";

const [url = "", leaseTime = "30"] = Deno.args;
const database = new PostgresDatabase(url, { connectTimeout: 1 });
const provider = new PostgresProvider(database, { exclusive: true, leaseTime: Number(leaseTime) });
await provider.check();
const pop3 = new Pop3Listener({ provider });
const { port } = await pop3.listenOn({ hostname: "127.0.0.1", port: 0 });
console.log(port);
