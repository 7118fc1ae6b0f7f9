/** `pop3svc status`: asks a running server how it is. */
import { CliError, reasonOf } from "./cli_error.ts";
import type { StatusOptions } from "./options.ts";
import { type ServerStatus, statusText } from "./server_status.ts";

/** @throws {CliError} when no server answers there, or the address is not banned */
export async function status(options: StatusOptions): Promise<void> {
  const address = options.lift;
  const path = address === null ? "/status" : `/bans/${encodeURIComponent(address)}`;
  const url = `http://127.0.0.1:${options.admin}${path}`;
  let text: string;
  let response: Response;
  try {
    response = await fetch(url, { method: address === null ? "GET" : "DELETE" });
    text = await response.text();
  } catch (error) {
    const reason = reasonOf(error instanceof Error && error.cause ? error.cause : error);
    throw CliError.environment(
      `no server with --admin ${options.admin} on this machine: ${reason}`,
      error,
    );
  }
  if (!response.ok) throw CliError.environment(`${address ?? url}: ${text.trim()}`, null);
  if (address !== null) console.log(`${address} may log in again`);
  else if (options.json) console.log(text);
  else {
    const told: ServerStatus = JSON.parse(text);
    console.log(statusText(told, new Date()));
  }
}
