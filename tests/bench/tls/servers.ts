/** The servers that are compared: this checkout with each TLS engine, and other checkouts. */
import { MEMORY_FLAGS } from "../../../deploy/memory_flags.ts";
import { fromFileUrl, join } from "@std/path";
import { untilAccepting } from "../peers/peers.ts";
import type { Peer, RunningPeer } from "../peers/peers.ts";

const here = fromFileUrl(new URL("../../..", import.meta.url));

/** Where the certificate, the users file and the mail are. */
export interface Places {
  readonly folder: string;
  readonly root: string;
}

/** With the flags that `deno task compile` gives the executable. */
export function server(name: string, places: Places, engine?: string, checkout = here): Peer {
  return {
    name,
    root: places.root,
    start: () => start(places, engine === undefined ? [] : ["--tls-engine", engine], checkout),
  };
}

async function start(
  { folder, root }: Places,
  engine: readonly string[],
  checkout: string,
): Promise<RunningPeer> {
  const flags = ["run", "--quiet", "--no-check", "-A", MEMORY_FLAGS];
  const process = new Deno.Command(Deno.execPath(), {
    args: [
      ...flags,
      "main.ts",
      ...["--users", join(folder, "users"), "--mail-root", root],
      ...["--cert", join(folder, "cert.pem"), "--key", join(folder, "key.pem")],
      ...["--port", "0", "--tls-port", "0", "--log-level", "error", "--settle-time", "0"],
      ...["--max-connections", "20000", "--max-connections-per-ip", "20000"],
      ...engine,
    ],
    cwd: checkout,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = process.stdout.getReader();
  let said = "";
  while (!said.includes("ready:")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`It did not start: ${said}`);
    said += new TextDecoder().decode(value);
  }
  const portOf = (scheme: string) => Number(new RegExp(`${scheme}://.*:(\\d+)`).exec(said)?.[1]);
  await untilAccepting(portOf("pop3"), () => said);
  return {
    pid: process.pid,
    port: portOf("pop3"),
    tlsPort: portOf("pop3s"),
    async [Symbol.asyncDispose]() {
      process.kill("SIGKILL");
      await process.status;
      await reader.cancel();
    },
  };
}
