/** Whether others can reach the server or its secrets. */
import { type Finding, isThisMachine, type SecretFiles } from "../program.ts";
import { showsPassword } from "./database_of_options.ts";
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
  { users, "password-file": passwordFile, key, cert, config }: ServeOptions,
): SecretFiles {
  return { users, passwordFile, key, cert, config };
}

/** A warning when the command line holds the password of a database. */
export function shownSecrets(args: readonly string[]): readonly Finding[] {
  return showsPassword(args)
    ? [{
      severity: "warning",
      concerns: { type: "server" },
      text:
        "every user of this machine can read the password of --postgres in the list of processes",
      remedy: "give the URL by POP3SVC_POSTGRES, or in the file of --config with mode 600",
    }]
    : [];
}
