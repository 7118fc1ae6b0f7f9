/** `pop3svc serve`: from options to a running listener, until a signal ends it. */
import { SingleUserProvider } from "../auth/single_user_provider.ts";
import { isLoopback } from "../guard/address.ts";
import { Pop3Listener } from "../listener/pop3_listener.ts";
import { type LogFormat, logLine } from "../telemetry/log_lines.ts";
import { CliError, reasonOf } from "./cli_error.ts";
import { type CountedMailbox, openMailbox, seenFormat } from "./mailbox_format.ts";
import type { ServeOptions } from "./options.ts";

/** What is served when no mailbox is named. */
export const SAMPLE_MAILBOX = "mailbox-sample";
const SAMPLE_PASSWORD = "passw0rd";

/** @throws {CliError} when it cannot begin */
export async function serve(mailbox: string | null, options: ServeOptions): Promise<void> {
  const password = await readPassword(options);
  const path = mailbox ?? SAMPLE_MAILBOX;
  const format = options.format ?? await seenFormat(path);
  const opened = await openMailbox(path, format, {
    isReadOnly: options["read-only"],
    deletePolicy: options.delete,
    isExclusive: options.lock,
    settleTime: options["settle-time"],
  });
  const messages = await countMessages(opened, path, mailbox !== null);
  const encoder = new TextEncoder();
  await using pop3 = new Pop3Listener({
    provider: new SingleUserProvider({
      username: options.user,
      password,
      openMailbox: () => opened,
    }),
    requireSecureLogin: !options["allow-insecure-login"],
    serviceName: options["service-name"],
    maxConnections: options["max-connections"],
    maxConnectionsPerIp: options["max-connections-per-ip"],
    loginTimeout: options["login-timeout"],
    idleTimeout: options["idle-timeout"],
    events(event) {
      const line = logLine(event, new Date(), options["log-format"], options["log-level"]);
      if (line !== null) Deno.stderr.writeSync(encoder.encode(`${line}\n`));
    },
  });
  using signals = new StopSignals();
  for (const hostname of options.host) {
    const url = `pop3://${await open(pop3, hostname, options.port)}`;
    announce(options["log-format"], `listening on ${url}`, { event: "listening", url });
  }
  announce(
    options["log-format"],
    `ready: serving ${path} (${messages} messages) as user ${options.user}; press Ctrl+C to stop`,
    { event: "ready", mailbox: path, messages, user: options.user },
  );
  await signals.first;
}

async function readPassword(options: ServeOptions): Promise<string> {
  const file = options["password-file"];
  const password = file === null ? Deno.env.get("POP3SVC_PASSWORD") : await firstLineOf(file);
  if (password !== undefined && password !== "") return password;
  if (file !== null) throw CliError.environment(`--password-file ${file}: its first line is empty`);
  const exposed = options.host.find((host) => host !== "localhost" && !isLoopback(host));
  if (exposed === undefined) return SAMPLE_PASSWORD;
  throw CliError.usage(
    `--host ${exposed} is open to other machines: set a password with --password-file or POP3SVC_PASSWORD`,
  );
}

async function firstLineOf(file: string): Promise<string> {
  try {
    return (await Deno.readTextFile(file)).split(/\r?\n/, 1).join("");
  } catch (error) {
    throw CliError.environment(`--password-file ${file}: ${reasonOf(error)}`, error);
  }
}

async function countMessages(
  mailbox: CountedMailbox,
  path: string,
  isChosen: boolean,
): Promise<number> {
  try {
    return await mailbox.count();
  } catch (error) {
    const reason = error instanceof Deno.errors.NotADirectory
      ? "it is a file; give a folder, or --format mbox"
      : reasonOf(error);
    const hint = isChosen ? "" : "; give MAILBOX, a folder whose files are messages";
    throw CliError.environment(`mailbox ${path}: ${reason}${hint}`, error);
  }
}

async function open(pop3: Pop3Listener, hostname: string, port: number): Promise<string> {
  try {
    const address = await pop3.listenOn({ hostname, port });
    return `${
      address.hostname.includes(":") ? `[${address.hostname}]` : address.hostname
    }:${address.port}`;
  } catch (error) {
    throw CliError.environment(
      `cannot listen on ${hostname} port ${port}: ${reasonOf(error)}`,
      error,
    );
  }
}

function announce(format: LogFormat, text: string, facts: Readonly<Record<string, unknown>>): void {
  console.log(format === "json" ? JSON.stringify(facts) : text);
}

/** SIGINT and SIGTERM, until it is disposed of; after the first one, a second ends the process as usual. */
class StopSignals implements Disposable {
  readonly first: Promise<void>;
  readonly #signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT", "SIGBREAK"]
    : ["SIGINT", "SIGTERM"];
  readonly #listener: () => void;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.first = promise;
    this.#listener = () => {
      this[Symbol.dispose]();
      resolve();
    };
    for (const signal of this.#signals) Deno.addSignalListener(signal, this.#listener);
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) Deno.removeSignalListener(signal, this.#listener);
  }
}
