/** `pop3svc serve`: from options to a running listener, until a signal ends it. */
import { SingleUserProvider } from "../auth/single_user_provider.ts";
import { isLoopback } from "../guard/address.ts";
import { type ListenOptions, Pop3Listener } from "../listener/pop3_listener.ts";
import { type LogFormat, logLine } from "../telemetry/log_lines.ts";
import { certificateOf } from "./certificate_of_options.ts";
import { CliError, reasonOf } from "./cli_error.ts";
import { type CountedMailbox, openMailbox, seenFormat } from "./mailbox_format.ts";
import type { ServeOptions } from "./options.ts";
import { onHangup, StopSignals } from "./signals.ts";

/** What is served when no mailbox is named. */
export const SAMPLE_MAILBOX = "mailbox-sample";
const SAMPLE_PASSWORD = "passw0rd";

/** @throws {CliError} when it cannot begin */
export async function serve(mailbox: string | null, options: ServeOptions): Promise<void> {
  const certificate = await certificateOf(options);
  const ports = portsOf(options, certificate !== null);
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
    certificate: certificate?.source ?? null,
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
  using _hangup = onHangup(() => void pop3.renewCertificate());
  for (const hostname of options.host) {
    for (const { port, tls } of ports) {
      const url = `${tls ? "pop3s" : "pop3"}://${await open(pop3, { hostname, port, tls })}`;
      announce(options["log-format"], `listening on ${url}`, { event: "listening", url });
    }
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

/** A port to open, and how its connections begin. */
interface Port {
  readonly port: number;
  readonly tls: boolean;
}

function portsOf(options: ServeOptions, hasCertificate: boolean): readonly Port[] {
  const tlsPort = options["tls-port"] ?? (hasCertificate ? 9955 : "off");
  if (tlsPort !== "off" && !hasCertificate) {
    throw CliError.usage(`--tls-port ${tlsPort} needs a certificate: give --cert and --key`);
  }
  const ports: Port[] = [];
  if (options.port !== "off") ports.push({ port: options.port, tls: false });
  if (tlsPort !== "off") ports.push({ port: tlsPort, tls: true });
  if (ports.length > 0) return ports;
  throw CliError.usage("--port off leaves nothing to listen on: give --cert and --key for TLS");
}

async function open(pop3: Pop3Listener, options: ListenOptions): Promise<string> {
  try {
    const { hostname, port } = await pop3.listenOn(options);
    return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  } catch (error) {
    throw CliError.environment(
      `cannot listen on ${options.hostname} port ${options.port}: ${reasonOf(error)}`,
      error,
    );
  }
}

function announce(format: LogFormat, text: string, facts: Readonly<Record<string, unknown>>): void {
  console.log(format === "json" ? JSON.stringify(facts) : text);
}
