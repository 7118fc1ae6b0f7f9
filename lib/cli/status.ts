/**
 * `pop3svc status`: asks a running server for its status, and its ports for their greeting. It trusts no answer: another
 * program may have the port.
 */
import {
  askAdmin,
  type Clock,
  cut,
  greetingOf,
  printable,
  reasonOf,
  systemClock,
} from "../program.ts";
import { CliError } from "./cli_error.ts";
import type { StatusOptions } from "./command_options.ts";
import { type ServerStatus, statusText, urlOfPort } from "./server_status.ts";

/** A port, and whether it greets; null where it was not asked. */
type AskedPort = ServerStatus["ports"][number] & {
  readonly greets: boolean | null;
  /** Why it does not greet, or was not asked. */
  readonly reason: string | null;
};

/** No server has more; an answer that names more is not followed. */
const MOST_PORTS = 64;

/**
 * @returns 0, or 1 when a port does not greet
 * @throws {CliError} when no server answers there in time, or the address is not banned
 */
export async function status(options: StatusOptions, clock: Clock = systemClock): Promise<0 | 1> {
  const { admin, lift, json } = options;
  if (admin === "off") {
    throw CliError.usage("--admin off: give the --admin port of a running server");
  }
  const question = lift === null
    ? { method: "GET", path: "/status" } as const
    : { method: "DELETE", path: `/bans/${encodeURIComponent(lift)}` } as const;
  const where = admin.hostname === "127.0.0.1" ? admin.port : `${admin.hostname}:${admin.port}`;
  const { isOk, text } = await askAdmin(admin, question, clock).catch((error) => {
    throw CliError.environment(`no server answers at --admin ${where}: ${reasonOf(error)}`, error);
  });
  const what = lift ?? `--admin ${where}: /status`;
  if (!isOk) throw CliError.environment(`${what}: ${printable(cut(text.trim()))}`, null);
  if (lift !== null) {
    console.log(`${printable(lift)} may log in again`);
    return 0;
  }
  const { told, shown } = understood(text, what);
  const ports = await Promise.all(told.ports.map((port) => asked(port, told.proxies, clock)));
  if (json) console.log(printable(JSON.stringify({ ...told, ports })));
  else {
    console.log(shown);
    for (const port of ports) if (port.greets !== true) console.log(printable(complaintOf(port)));
  }
  return ports.some(({ greets }) => greets === false) ? 1 : 0;
}

function complaintOf({ greets, reason, ...port }: AskedPort): string {
  return greets === null
    ? `${urlOfPort(port)} was not asked: ${reason}`
    : `error: ${urlOfPort(port)} does not greet: ${reason}`;
}

/** @throws {CliError} for the answer of another program */
function understood(text: string, what: string): { told: ServerStatus; shown: string } {
  try {
    const told: ServerStatus = JSON.parse(text);
    const arePorts = Array.isArray(told.ports) && told.ports.length <= MOST_PORTS &&
      told.ports.every(isPort);
    if (!arePorts || !Array.isArray(told.proxies)) throw new TypeError("no ports");
    return { told, shown: statusText(told, new Date()) };
  } catch (error) {
    throw CliError.environment(`${what}: the answer is not that of pop3svc`, error);
  }
}

function isPort(port: unknown): boolean {
  return typeof port === "object" && port !== null &&
    "hostname" in port && typeof port.hostname === "string" &&
    "port" in port && typeof port.port === "number" &&
    "tls" in port && typeof port.tls === "boolean";
}

async function asked(
  port: ServerStatus["ports"][number],
  proxies: readonly string[],
  clock: Clock,
): Promise<AskedPort> {
  // No name is looked up because an answer says so.
  if (!/^[\d.]+$|^[\da-f:.]*:[\da-f:.]*$/i.test(port.hostname)) {
    return { ...port, greets: null, reason: "its host is not an address" };
  }
  try {
    await greetingOf({ ...port, proxies }, clock);
    return { ...port, greets: true, reason: null };
  } catch (error) {
    const isRefused = error instanceof Deno.errors.NotCapable;
    return { ...port, greets: isRefused ? null : false, reason: reasonOf(error) };
  }
}
