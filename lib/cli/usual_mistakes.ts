/** What people get wrong most often, as far as it can be seen without serving anything: a line for each. */
import { canWriteIn, entriesNow, lookAtGivenOrNull } from "../files/look.ts";
import { counted } from "../protocol/counted.ts";
import { dirname, join } from "@std/path";
import { isLoopback } from "../transport/address.ts";
import type { CertificateFacts } from "../transport/tls/inspect_certificate.ts";
import { reasonOf } from "../telemetry/reason.ts";
import type { ServeOptions } from "./options.ts";

const SOON_MS = 14 * 86_400_000;

/** @param mailboxes the folders, or mbox files, that would be served; or the folder of all of them */
export function usualMistakes(
  mailboxes: readonly string[],
  options: ServeOptions,
  certificate: CertificateFacts | null,
): string[] {
  return [
    ...portMistakes(options, certificate),
    ...certificateMistakes(options, certificate),
    ...mailboxes.flatMap((path) => mailboxMistakes(path, options)),
  ];
}

function portMistakes(options: ServeOptions, certificate: CertificateFacts | null): string[] {
  const tlsPort = options["tls-port"] ?? (certificate === null ? "off" : 9955);
  const mistakes: string[] = [];
  for (const hostname of options.host) {
    for (const port of [options.port, tlsPort]) {
      if (port === "off" || port === 0) continue;
      const reason = whyClosed(hostname, port);
      if (reason !== null) mistakes.push(`${hostname} port ${port}: ${reason}`);
    }
  }
  return mistakes;
}

function whyClosed(hostname: string, port: number): string | null {
  try {
    Deno.listen({ hostname, port }).close();
    return null;
  } catch (error) {
    const isPrivileged = error instanceof Deno.errors.PermissionDenied && port < 1024;
    if (isPrivileged) {
      return "permission denied: ports below 1024 need CAP_NET_BIND_SERVICE or root";
    }
    const isUsed = error instanceof Deno.errors.AddrInUse;
    return isUsed ? "another program is using it; is a server running?" : reasonOf(error);
  }
}

function certificateMistakes(
  options: ServeOptions,
  certificate: CertificateFacts | null,
): string[] {
  const isOpen = options.host.some((host) => host !== "localhost" && !isLoopback(host));
  if (certificate === null) {
    return isOpen && !options["allow-insecure-login"]
      ? ["no certificate: nobody on another machine can log in (--cert and --key)"]
      : [];
  }
  const left = certificate.validTo.getTime() - Date.now();
  const mistakes: string[] = [];
  if (certificate.names.length === 0) {
    mistakes.push("the certificate has no names: no client will accept it");
  }
  if (left < 0) mistakes.push("the certificate has expired: no client will accept it");
  else if (left < SOON_MS) {
    mistakes.push(`the certificate expires in ${counted(Math.floor(left / 86_400_000), "day")}`);
  }
  return mistakes;
}

function mailboxMistakes(path: string, options: ServeOptions): string[] {
  const mistakes: string[] = [];
  if (!options["read-only"] && options.delete !== "keep" && !isWritable(path)) {
    mistakes.push(
      `${path}: this user may not write there, so nothing can be deleted (--read-only)`,
    );
  }
  const inner = foldersIn(path).find((name) => foldersIn(join(path, name)).includes("cur"));
  const isMaildir = foldersIn(path).includes("cur");
  if (inner !== undefined && !isMaildir && options.users === null) {
    const maildir = join(path, inner);
    mistakes.push(
      `${path} holds the Maildir ${maildir}: name that one, or use --mail-root ${path}`,
    );
  }
  return mistakes;
}

function isWritable(path: string): boolean {
  const folder = foldersIn(path).includes("cur") ? join(path, "cur") : path;
  const isFile = lookAtGivenOrNull(folder)?.isFile === true;
  return canWriteIn(isFile ? dirname(folder) : folder);
}

function foldersIn(path: string): string[] {
  return entriesNow(path).filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
}
