/** Whether other machines can reach the server. */
import { isThisMachine, type SecretFiles } from "../program.ts";
import type { ServeOptions } from "./options.ts";

/** The option that opens the server to other machines, as it was given; null where only this machine can connect. */
export function exposureOf(options: Pick<ServeOptions, "host" | "proxy-protocol">): string | null {
  const host = options.host.find((name) => !isThisMachine(name));
  if (host !== undefined) return `--host ${host}`;
  // The clients of a proxy on this machine may be on other machines.
  const proxy = options["proxy-protocol"].at(0);
  return proxy === undefined ? null : `--proxy-protocol ${proxy}`;
}

/** The files of secrets that options name. */
export function secretFilesOf(
  { users, "password-file": passwordFile, key, cert }: ServeOptions,
): SecretFiles {
  return { users, passwordFile, key, cert };
}
