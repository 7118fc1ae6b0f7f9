/**
 * The port on which a running server says how it is: HTTP on 127.0.0.1, and nowhere else.
 *
 *     GET /status            how it is, as JSON
 *     DELETE /bans/ADDRESS   lets an address log in again
 *
 * A page in a browser on this machine can send requests here, but cannot name this host in them, and so gets nothing.
 */
import type { StrikeBanEngine } from "../guard/ban_engine.ts";
import type { Pop3Listener } from "../listener/pop3_listener.ts";
import { versionText } from "./help.ts";
import type { ServerStatus } from "./server_status.ts";

/** Opens the port. */
export function openAdmin(
  port: number,
  pop3: Pop3Listener,
  bans: StrikeBanEngine,
): Deno.HttpServer<Deno.NetAddr> {
  const startedAt = Date.now();
  const status = (): ServerStatus => ({
    version: versionText(),
    uptimeSeconds: Math.round((Date.now() - startedAt) / 1_000),
    memoryOctets: Deno.memoryUsage().rss,
    ...pop3.status(),
    bans: bans.bans(),
  });
  return Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, (request) => {
    const url = new URL(request.url);
    if (!["127.0.0.1", "localhost"].includes(url.hostname)) return answer(403, "not this host");
    const banned = /^\/bans\/(.+)$/.exec(url.pathname)?.[1];
    if (request.method === "GET" && url.pathname === "/status") return Response.json(status());
    if (request.method === "DELETE" && banned !== undefined) {
      return bans.lift(decodeURIComponent(banned))
        ? answer(200, "lifted")
        : answer(404, "that address is not banned");
    }
    return answer(404, "GET /status, or DELETE /bans/ADDRESS");
  });
}

function answer(status: number, text: string): Response {
  return new Response(`${text}\n`, { status });
}
