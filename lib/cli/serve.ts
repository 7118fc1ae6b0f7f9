/** `pop3svc serve`: starts a listener from the options and runs it until a signal stops it. */
import {
  canBeSkipped,
  checkAccess,
  counted,
  eventOf,
  harmless,
  type MailboxProvider,
  makeCounters,
  type Pop3Events,
  Pop3Listener,
  reasonOf,
  sentenceOf,
  StrikeBanEngine,
  systemClock,
  THIS_MACHINE,
  together,
} from "../program.ts";
import { certificateOf } from "./certificate_of_options.ts";
import { CliError } from "./cli_error.ts";
import { environmentVariable } from "./environment.ts";
import { faultsOf } from "./faults_of_options.ts";
import { secretFilesOf, shownSecrets } from "./exposure.ts";
import { ensureMailOptions } from "./mail_options.ts";
import { listenerSettings, type ServeOptions } from "./options.ts";
import { versionText } from "./help.ts";
import type { Notifier } from "./notify.ts";
import { Output } from "./output.ts";
import { ensurePorts, portsOf, portsToOpen, type PortToOpen } from "./ports_of_options.ts";
import { providerOf } from "./provider_of_options.ts";
import { reload } from "./reload.ts";
import { ServedDatabase } from "./served_database.ts";
import type { StatusSources } from "./server_status.ts";
import { exitAfter, Hangups, StopSignals } from "./signals.ts";
import { onStrayErrors } from "./stray_errors.ts";
import { wireLogOf } from "./wire_log_of_options.ts";

/** @throws {CliError} when the server cannot start */
export async function serve(mailbox: string | null, options: ServeOptions): Promise<void> {
  // Declared first, so disposed of last: its timer limits how long the others may take to close.
  using limit = new DisposableStack();
  // A rotation of logs may send SIGHUP before the server is ready: it must not end the process.
  using hangups = new Hangups();
  await using output = await Output.open(options);
  using _stray = onStrayErrors((error) => output.logError("uncaught error", error));
  ensureMailOptions(mailbox, options);
  const startedAt = new Date();
  // The database tells of events from its first query on; those who hear them need the database.
  let heard: Pop3Events = output.log;
  await using database = await ServedDatabase.of(options, (event) => heard(event));
  const bans = await bansOf(options, database);
  const measure = await openTelemetry(bans, output);
  const counters = options.admin === "off" ? null : await makeCounters();
  const observers = [measure, counters?.observe ?? null].filter((one) => one !== null);
  const events = observers.length === 0 ? output.log : together(output.log, ...observers);
  heard = events;
  const certificate = await certificateOf(options);
  const ports = portsOf(options);
  ensurePorts(ports, certificate !== null);
  const faults = await faultsOf(options);
  const { provider, text, facts, refresh, counts } = await providerOf(
    mailbox,
    options,
    events,
    database,
  );
  await using wire = await wireLogOf(options, (error) => output.logError("wire log", error));
  await using _provider = disposable(provider);
  await using pop3 = new Pop3Listener({
    ...listenerSettings(options),
    ...(faults === null ? {} : {
      serviceName: `${options["service-name"]} (FAULTS ON PURPOSE, seed ${faults.seed})`,
      // The user's greeting would not mention the faults.
      greeting: null,
      faults,
    }),
    provider,
    certificate: certificate?.source ?? null,
    banEngine: bans,
    wireLog: wire === null ? null : (transcript) => wire.write(transcript),
    onEvent: events,
  });
  if (faults !== null) {
    events(eventOf({ type: "faults", rules: faults.rules.length, seed: faults.seed }));
  }
  using signals = new StopSignals();
  using manager = await serviceManager(output);
  const opened: string[] = [];
  for (const port of portsToOpen(options)) {
    const bound = await open(pop3, port);
    if (bound === null) {
      const { hostname: value } = port;
      events(eventOf({ type: "warning", connection: null, rule: "no-ipv6", value, message: null }));
      continue;
    }
    const url = `${port.tls === true ? "pop3s" : "pop3"}://${bound}`;
    opened.push(url);
    output.announce(`listening on ${url}`, { event: "listening", url });
  }
  // A program that cannot start says only why, in one line.
  output.log({ type: "start", time: new Date(), version: versionText() });
  await using adminPort = counters === null ? null : await admin(options, {
    ...{ pop3, bans, startedAt, proxies: options["proxy-protocol"] },
    users: counts,
    counts: () => counters.counts(),
    database,
  }, output);
  for (const finding of [...checkAccess(secretFilesOf(options)), ...shownSecrets(Deno.args)]) {
    const { remedy } = finding;
    output.log({ type: "exposed", time: new Date(), finding: sentenceOf(finding), remedy });
  }
  output.log({ type: "ready", time: new Date(), ports: opened, serving: text });
  output.announce(`ready: serving ${text}; press Ctrl+C to stop`, {
    event: "ready",
    ...facts,
  });
  manager?.ready(`serving ${text}`);
  hangups.obey(() => {
    const done = reload({ output, wire, pop3, refresh })
      .catch((error) => output.logError("reload", error));
    manager?.reload(`serving ${text}`, done);
  });
  // SIGTERM comes from systemd, Docker and an upgrade, where sessions may end first; SIGINT from a keyboard.
  const drain = await signals.first === "SIGTERM" ? options["drain-time"] : 0;
  const { authorization, transaction, asleep } = pop3.status().connections;
  const connections = authorization + transaction + asleep;
  output.log({ type: "stop", time: new Date(), connections });
  limit.use(exitAfter(drain + pop3.stopGrace + EXIT_SECONDS));
  manager?.stopping(`stopping, with ${counted(connections, "session")}`);
  // The next process may have this port at once.
  await adminPort?.[Symbol.asyncDispose]();
  await pop3.stop({ drain });
}

/** How many seconds everything except the listener has to close; the listener has its own grace. */
const EXIT_SECONDS = 1;

type Bans = StatusSources["bans"];

/** With mail in a database, all servers of it share their bans: their tables are beside those of the mail. */
async function bansOf(
  options: ServeOptions,
  database: ServedDatabase | null,
): Promise<Bans> {
  const rules = {
    strikes: options["ban-after"],
    seconds: options["ban-seconds"],
    exempt: [...THIS_MACHINE, ...options["ban-exempt"]],
  };
  const isShared = database !== null && options["accounts-query"] === null &&
    options["ban-after"] > 0;
  return isShared ? await database.shareBans(rules) : new StrikeBanEngine(rules);
}

/** Measures events with OpenTelemetry, if OTEL_DENO is set, as Deno itself does. A failure is only logged. */
async function openTelemetry(bans: Bans, output: Output): Promise<Pop3Events | null> {
  if (!/^(1|true)$/i.test(environmentVariable("OTEL_DENO") ?? "")) return null;
  const fails = (error: unknown) => output.logError("OpenTelemetry", error);
  try {
    const { recordMetrics } = await import("../mod.ts");
    return harmless(await recordMetrics({ bans, spans: true }), fails);
  } catch (error) {
    fails(error);
    return null;
  }
}

/** Tells systemd how the server is, if systemd wants to know. */
async function serviceManager(output: Output): Promise<Notifier | null> {
  const socket = environmentVariable("NOTIFY_SOCKET") ?? "";
  if (socket === "") return null;
  const { Notifier } = await import("./notify.ts");
  return new Notifier(socket, (error) => output.logError("notify", error));
}

/** Opens the port that `pop3svc status` asks; its code is loaded only with `--admin`. */
async function admin(
  { admin: address, "reuse-port": waits }: ServeOptions,
  sources: StatusSources,
  output: Output,
): Promise<AsyncDisposable | null> {
  if (address === "off") return null;
  const { openAdminPort } = await import("./admin_port.ts");
  const { statusOf } = await import("./server_status.ts");
  const { pop3, bans, database } = sources;
  const all = pop3.status().ports.length;
  const opening = {
    ...{ address, waits, clock: systemClock },
    opened: (url: string) => output.announce(`listening on ${url}`, { event: "listening", url }),
    waiting: (url: string) =>
      output.announce(`waiting for ${url}, which another process has`, { event: "waiting", url }),
  };
  return await openAdminPort(opening, {
    status: () => statusOf(sources),
    lift: (address) => bans.lift(address),
    async illness() {
      const open = pop3.status().ports.length;
      return [
        ...(open < all ? [`${open} of ${counted(all, "port")} open`] : []),
        ...await database?.illness() ?? [],
      ];
    },
    fails: (error) => output.logError("admin", error),
  });
}

/** Opens a port, and gives its address; null for one that is left out. */
async function open(pop3: Pop3Listener, options: PortToOpen): Promise<string | null> {
  try {
    const { isOneOfSeveral: _, ...where } = options;
    const { hostname, port } = await pop3.listenOn(where);
    return `${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
  } catch (error) {
    if (options.isOneOfSeveral && canBeSkipped(error, options.hostname)) return null;
    throw CliError.environment(
      `cannot listen on ${options.hostname} port ${options.port}: ${reasonOf(error)}`,
      error,
    );
  }
}

/** The provider as what is disposed of at the end: its threads, and what it watches. */
function disposable(provider: MailboxProvider): AsyncDisposable {
  return { [Symbol.asyncDispose]: async () => await provider[Symbol.asyncDispose]?.() };
}
