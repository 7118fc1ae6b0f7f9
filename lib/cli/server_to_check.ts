/** The server that options describe, for `pop3svc check`, and what is wrong with the options themselves. */
import {
  type Finding,
  quoted,
  reasonOf,
  type ServerToCheck,
  whyNotAppendable,
} from "../program.ts";
import { certificateFilesOf } from "./certificate_of_options.ts";
import { CliError } from "./cli_error.ts";
import { checkDatabase } from "./check_database.ts";
import { withoutUrl } from "./database_of_options.ts";
import { secretFilesOf, shownSecrets } from "./exposure.ts";
import { faultsOf } from "./faults_of_options.ts";
import type { ServeOptions } from "./options.ts";
import { ensurePorts, portsOf } from "./ports_of_options.ts";
import { ensureMailOptions } from "./mail_options.ts";
import { mailboxOptions, passwordOf, SAMPLE_MAILBOX } from "./provider_of_options.ts";
import { lookAtStateDirectory, pathForCheck } from "./state_directory_of_options.ts";

/** What to check, and what the options show already. */
export interface ChosenServer {
  readonly server: ServerToCheck;
  readonly findings: readonly Finding[];
  /** Whether the command line itself is wrong. */
  readonly isMisused: boolean;
}

export async function serverToCheck(
  mailbox: string | null,
  options: ServeOptions,
): Promise<ChosenServer> {
  const errors: CliError[] = [];
  const attempt = async <T>(read: () => T | Promise<T>): Promise<T | null> => {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      errors.push(error);
      return null;
    }
  };
  const { cert, users, postgres } = options;
  const certificate = await attempt(() => certificateFilesOf(options));
  await attempt(() => ensurePorts(portsOf(options), cert !== null));
  await attempt(() => ensureMailOptions(mailbox, options));
  const database = postgres === null ? null : await attempt(() => checkDatabase(options)) ??
    { type: "database" as const, place: "none", users: null, locked: null, findings: [] };
  if (users === null && postgres === null) await attempt(() => passwordOf(options));
  await attempt(() => faultsOf(options));
  for (const option of ["log-file", "wire-log"] as const) {
    const path = options[option];
    await attempt(async () => {
      const error = path === null ? null : await whyNotAppendable(path);
      if (error === null) return;
      throw CliError.environment(`--${option} ${path}: ${reasonOf(error)}`, error);
    });
  }
  const needsState = users !== null || options["accounts-query"] !== null;
  const state = needsState ? await lookAtStateDirectory(options) : null;
  return {
    server: {
      mail: database ?? (users === null
        ? {
          type: "mailbox",
          path: mailbox ?? SAMPLE_MAILBOX,
          format: options.format,
          options: mailboxOptions(options),
        }
        : {
          type: "users",
          file: users,
          mailRoot: options["mail-root"],
          ...(options["mail-path"] === null ? {} : { mailPath: options["mail-path"] }),
          defaultDomain: options["default-domain"],
          usernameCase: options["username-case"],
          stateTrouble: state?.trouble ?? null,
          options: {
            ...mailboxOptions(options),
            stateDirectory: state?.type === "usable" ? state.path : null,
          },
        }),
      certificate,
      ports: {
        hostnames: options.host,
        ports: portsOf(options),
        proxies: options["proxy-protocol"],
        admin: options.admin === "off" ? null : options.admin,
      },
      tlsEngine: options["tls-engine"],
      allowsInsecureLogin: options["allow-insecure-login"],
      secretFiles: secretFilesOf(options),
      command: [...environmentFor(options), "pop3svc", ...Deno.args.map(withoutUrl).map(quoted)]
        .join(" "),
    },
    findings: [
      ...errors.map(({ message }) => ofServer("fault", message)),
      ...shownSecrets(Deno.args),
    ],
    isMisused: errors.some(({ exitCode }) => exitCode === 2),
  };
}

/** The variable by which the unit names the state directory, for the command that another user is to type. */
function environmentFor(options: ServeOptions): readonly string[] {
  const path = options["state-dir"] === null ? pathForCheck(options) : null;
  return path === null ? [] : ["env", `STATE_DIRECTORY=${quoted(path)}`];
}

function ofServer(severity: Finding["severity"], text: string): Finding {
  return { severity, concerns: { type: "server" }, text, remedy: null };
}
