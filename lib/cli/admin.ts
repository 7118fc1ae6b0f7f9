/**
 * The port on which a running server reports its status, over HTTP.
 *
 * - Anybody who can connect must not use up the descriptors that POP3 needs. So the head of a request is small, its body
 *   is not read, its time is short, and one connection too many closes the oldest.
 * - A failure is logged with its cause; the client sees only a 500.
 */
import type { AdminAddress } from "../program.ts";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { Socket } from "node:net";
import { type AdminAnswer, type AdminSources, answerTo } from "./admin_answers.ts";

/** The open port. Disposing of it closes it. */
export interface AdminPort extends AsyncDisposable {
  readonly port: number;
}

/** What the port reports, and how. */
export interface AdminOptions extends AdminSources {
  /** Called with each failure. */
  readonly fails: (error: unknown) => void;
  /** Milliseconds for a request and its response. 5 s by default. */
  readonly timeout?: number;
}

const MOST_CONNECTIONS = 16;
const MOST_HEAD_OCTETS = 4_096;
const TIMEOUT_MS = 5_000;
const encoder = new TextEncoder();

/** Opens the port. */
export async function openAdmin(
  { hostname, port }: AdminAddress,
  options: AdminOptions,
): Promise<AdminPort> {
  const { timeout = TIMEOUT_MS, fails } = options;
  const server = createServer({ maxHeaderSize: MOST_HEAD_OCTETS }, async (request, response) => {
    response.on("error", () => {});
    const { status, type = "text/plain; charset=utf-8", text } = await answerOrFailure(
      request,
      options,
    );
    const body = encoder.encode(text.endsWith("\n") ? text : `${text}\n`);
    response.writeHead(status, {
      "content-type": type,
      "content-length": body.length,
      "connection": "close",
    });
    response.end(request.method === "HEAD" ? undefined : body);
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
  await listening(server, hostname, port);
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

function listening(server: Server, hostname: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, hostname, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}

async function answerOrFailure(
  { method, url, headers, socket }: IncomingMessage,
  options: AdminOptions,
): Promise<AdminAnswer> {
  try {
    const address = socket.remoteAddress ?? "";
    return await answerTo({ method, url, headers, address }, options);
  } catch (error) {
    options.fails(error);
    return { status: 500, text: "The request failed; the log says why." };
  }
}
