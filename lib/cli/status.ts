/** `pop3svc status`: asks a running server for its status. It trusts no answer: another program may have the port. */
import { cut, printable, reasonOf } from "../program.ts";
import { CliError } from "./cli_error.ts";
import type { StatusOptions } from "./options.ts";
import { type ServerStatus, statusText } from "./server_status.ts";

const TIMEOUT_MS = 5_000;
/** The most characters of an answer: enough for more than ten thousand mailboxes in use. */
const MOST_CHARACTERS = 8_388_608;

/** @throws {CliError} when no server answers there, or the address is not banned */
export async function status(options: StatusOptions): Promise<void> {
  const address = options.lift;
  if (options.admin === "off") {
    throw CliError.usage("--admin off: give the --admin port of a running server");
  }
  const path = address === null ? "/status" : `/bans/${encodeURIComponent(address)}`;
  const url = `http://127.0.0.1:${options.admin}${path}`;
  const { isOk, text } = await ask(url, address === null ? "GET" : "DELETE").catch((error) => {
    const reason = reasonOf(error instanceof Error && error.cause ? error.cause : error);
    throw CliError.environment(
      `no server with --admin ${options.admin} on this machine: ${reason}`,
      error,
    );
  });
  if (!isOk) throw CliError.environment(`${address ?? url}: ${printable(cut(text.trim()))}`, null);
  if (address !== null) console.log(`${printable(address)} may log in again`);
  else if (options.json) console.log(printable(text.trim()));
  else console.log(asLines(text, url));
}

async function ask(
  url: string,
  method: "GET" | "DELETE",
): Promise<{ isOk: boolean; text: string }> {
  const response = await fetch(url, { method, signal: AbortSignal.timeout(TIMEOUT_MS) });
  let text = "";
  for await (const more of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += more;
    if (text.length > MOST_CHARACTERS) throw new Error("the answer is too long");
  }
  return { isOk: response.ok, text };
}

function asLines(text: string, url: string): string {
  try {
    const told: ServerStatus = JSON.parse(text);
    return statusText(told, new Date());
  } catch (error) {
    throw CliError.environment(`${url}: the answer is not that of pop3svc`, error);
  }
}
