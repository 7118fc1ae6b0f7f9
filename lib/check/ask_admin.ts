/** Asks an `--admin` port on this machine. It trusts no answer: another program may have the port. */
import type { Clock } from "../time/clock.ts";
import { reachable } from "./ask_port.ts";

/** Where a server listens for questions. */
export interface AdminAddress {
  readonly hostname: string;
  readonly port: number;
}

/** A request to a path. */
export interface AdminQuestion {
  readonly method: "GET" | "DELETE";
  readonly path: string;
}

/** What was answered. */
export interface AdminAnswer {
  readonly isOk: boolean;
  readonly text: string;
}

/** How long an answer may take. */
const ANSWER_MS = 5_000;
/** The most characters of an answer: enough for more than ten thousand mailboxes in use. */
const MOST_CHARACTERS = 8_388_608;

/** @throws the reason why there is no answer in time */
export async function askAdmin(
  address: AdminAddress,
  { method, path }: AdminQuestion,
  clock: Clock,
): Promise<AdminAnswer> {
  const limit = new AbortController();
  const late = new Error(`no answer within ${ANSWER_MS / 1_000} seconds`);
  using _limit = clock.after(ANSWER_MS, () => limit.abort(late));
  try {
    const response = await fetch(urlOf(address, path), { method, signal: limit.signal });
    let text = "";
    for await (const more of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += more;
      if (text.length > MOST_CHARACTERS) throw new Error("the answer is too long");
    }
    return { isOk: response.ok, text };
  } catch (error) {
    if (limit.signal.aborted) throw late;
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error;
  }
}

/** The URL of a path on the port. */
export function urlOf({ hostname, port }: AdminAddress, path: string): string {
  const host = reachable(hostname);
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}${path}`;
}

/** Whether a running pop3svc has the port. */
export async function isAdminPort(address: AdminAddress, clock: Clock): Promise<boolean> {
  const { isOk, text } = await askAdmin(address, { method: "GET", path: "/metrics" }, clock);
  return isOk && text.includes("pop3svc_start_time_seconds");
}
