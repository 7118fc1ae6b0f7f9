/**
 * The port on which a running server reports its status: HTTP on 127.0.0.1 only.
 *
 *     GET /status            the status, as JSON
 *     DELETE /bans/ADDRESS   lets an address log in again
 *
 * - A web page in a local browser can send requests here, but cannot set their Host header to this host: it gets 403.
 * - Anybody with an account on this machine can connect, and must not use up the descriptors that POP3 needs. So the
 *   head of a request is small, its body is not read, its time is short, and one connection too many closes the oldest.
 * - A failure is logged with its cause; the client sees only a 500.
 */
import { type Pop3Listener, printable, type StrikeBanEngine } from "../program.ts";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { versionText } from "./help.ts";
import type { ServerStatus } from "./server_status.ts";

/** The open port. Disposing of it closes it. */
export interface AdminPort extends AsyncDisposable {
  readonly port: number;
}

/** What the port reports about, and how. */
export interface AdminOptions {
  readonly pop3: Pop3Listener;
  readonly bans: StrikeBanEngine;
  /** Called with each failure. */
  readonly fails: (error: unknown) => void;
  /** Milliseconds for a request and its response. 5 s by default. */
  readonly timeout?: number;
}

interface Answer {
  readonly status: 200 | 400 | 403 | 404 | 500;
  readonly type?: "application/json";
  readonly text: string;
}

const MOST_CONNECTIONS = 16;
const MOST_HEAD_OCTETS = 4_096;
const TIMEOUT_MS = 5_000;
const encoder = new TextEncoder();

/** Opens the port. */
export async function openAdmin(port: number, options: AdminOptions): Promise<AdminPort> {
  const { timeout = TIMEOUT_MS, fails } = options;
  const startedAt = Date.now();
  const server = createServer({ maxHeaderSize: MOST_HEAD_OCTETS }, (request, response) => {
    response.on("error", () => {});
    const { status, type = "text/plain; charset=utf-8", text } = answerTo(
      request,
      options,
      startedAt,
    );
    const body = encoder.encode(`${text}\n`);
    response.writeHead(status, {
      "content-type": type,
      "content-length": body.length,
      "connection": "close",
    });
    response.end(body);
  });
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    const deadline = setTimeout(() => socket.destroy(), timeout);
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(deadline);
      sockets.delete(socket);
    });
    for (const oldest of sockets) {
      if (sockets.size <= MOST_CONNECTIONS) break;
      sockets.delete(oldest);
      oldest.destroy();
    }
  });
  server.on("clientError", (_: unknown, socket: Socket) => socket.destroy());
  await listening(server, port);
  server.on("error", fails);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    async [Symbol.asyncDispose]() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

function answerTo(
  request: Pick<IncomingMessage, "method" | "url" | "headers">,
  options: AdminOptions,
  startedAt: number,
): Answer {
  try {
    return route(request, options, startedAt);
  } catch (error) {
    options.fails(error);
    return { status: 500, text: "The request failed; the log says why." };
  }
}

function route(
  { method, url = "", headers }: Pick<IncomingMessage, "method" | "url" | "headers">,
  { pop3, bans }: AdminOptions,
  startedAt: number,
): Answer {
  const host = /^(.*?)(:\d+)?$/.exec(headers.host ?? "")?.[1];
  if (host !== "127.0.0.1" && host !== "localhost") {
    return { status: 403, text: "The Host header must be 127.0.0.1 or localhost." };
  }
  if (method === "GET" && url === "/status") {
    const status: ServerStatus = {
      version: versionText(),
      uptimeSeconds: Math.round((Date.now() - startedAt) / 1_000),
      memoryOctets: Deno.memoryUsage().rss,
      ...pop3.status(),
      bans: bans.bans(),
    };
    return { status: 200, type: "application/json", text: printable(JSON.stringify(status)) };
  }
  const banned = /^\/bans\/(.+)$/.exec(url)?.[1];
  if (method === "DELETE" && banned !== undefined) {
    const address = decoded(banned);
    if (address === null) return { status: 400, text: "that is not an address" };
    return bans.lift(address)
      ? { status: 200, text: "lifted" }
      : { status: 404, text: "that address is not banned" };
  }
  return { status: 404, text: "GET /status, or DELETE /bans/ADDRESS" };
}

/** A percent-decoded part of a URL; null when it cannot be decoded. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
