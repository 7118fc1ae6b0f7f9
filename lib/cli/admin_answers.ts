/**
 * What the admin port answers.
 *
 *     GET /healthz           200 when the server accepts connections; else 503 and the reasons
 *     GET /metrics           the status, for Prometheus
 *     GET /status            the status, as JSON
 *     DELETE /bans/ADDRESS   lets an address log in again
 *
 * Other machines get the first two only. For this machine the Host header must name it: a web page in a local browser
 * can send requests here, but cannot set that header.
 */
import { isLoopback, isThisMachine, printable, textForPrometheus } from "../program.ts";
import type { IncomingMessage } from "node:http";
import { metricsOf } from "./metrics.ts";
import type { ServerStatus } from "./server_status.ts";

/** Where answers come from. */
export interface AdminSources {
  readonly status: () => ServerStatus | Promise<ServerStatus>;
  /** Ends the ban of an address; false where it is not banned. */
  readonly lift: (address: string) => boolean | Promise<boolean>;
  /** Why the server does not serve; empty when it does. */
  readonly illness: () => readonly string[] | Promise<readonly string[]>;
}

export interface AdminAnswer {
  readonly status: 200 | 400 | 403 | 404 | 500 | 503;
  readonly type?: string;
  readonly text: string;
}

/** What of a request decides about the answer. */
export type AdminRequest = Pick<IncomingMessage, "method" | "url" | "headers"> & {
  /** The address of the client. */
  readonly address: string;
};

export async function answerTo(
  { method = "", url = "", headers, address }: AdminRequest,
  sources: AdminSources,
): Promise<AdminAnswer> {
  const isLocal = isLoopback(address);
  if (isLocal && !isOfThisMachine(headers.host ?? "")) {
    return { status: 403, text: "The Host header must be 127.0.0.1 or localhost." };
  }
  const isReading = method === "GET" || method === "HEAD";
  if (isReading && url === "/healthz") return healthOf(await sources.illness());
  if (isReading && url === "/metrics") {
    const { type, text } = await textForPrometheus(metricsOf(await sources.status()));
    return { status: 200, type, text };
  }
  if (!isLocal) {
    return {
      status: 403,
      text: "Only a request from 127.0.0.1 or ::1 may have more than GET /metrics and /healthz.",
    };
  }
  if (isReading && url === "/status") {
    const text = `${printable(JSON.stringify(await sources.status()))}\n`;
    return { status: 200, type: "application/json", text };
  }
  const banned = /^\/bans\/(.+)$/.exec(url)?.[1];
  if (method === "DELETE" && banned !== undefined) return await lifted(decoded(banned), sources);
  return { status: 404, text: "GET /status, /metrics or /healthz, or DELETE /bans/ADDRESS" };
}

function healthOf(illness: readonly string[]): AdminAnswer {
  return illness.length === 0
    ? { status: 200, text: "ok" }
    : { status: 503, text: illness.map(printable).join("\n") };
}

async function lifted(address: string | null, { lift }: AdminSources): Promise<AdminAnswer> {
  if (address === null) return { status: 400, text: "that is not an address" };
  return await lift(address)
    ? { status: 200, text: "lifted" }
    : { status: 404, text: "that address is not banned" };
}

function isOfThisMachine(host: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]*))(?::\d+)?$/.exec(host) ?? [];
  return isThisMachine(bracketed ?? plain ?? "");
}

/** A percent-decoded part of a URL; null when it cannot be decoded. */
function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
