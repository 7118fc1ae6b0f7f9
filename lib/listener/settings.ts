/**
 * The settings of a listener. Each setting is declared in the module that reads it: those of sessions, connections and
 * limits in theirs. This file adds the listener's own.
 */
import { type ConnectionSettings, connectionSettings } from "../connection/connection_settings.ts";
import type { Pop3Events } from "../events/events.ts";
import type { FaultPlan } from "../faults/fault_rules.ts";
import type { BanEngine } from "../guard/ban_engine.ts";
import { type LimitSettings, limitSettings } from "../guard/limit_settings.ts";
import { type SessionSettings, sessionSettings } from "../session/session_settings.ts";
import { clockSetting } from "../settings/clock_setting.ts";
import {
  callback,
  flag,
  given,
  hasMethod,
  oneOf,
  seconds,
  type SettingsTable,
} from "../settings/setting.ts";
import { standardLog } from "../telemetry/standard_log.ts";
import type { MailboxProvider } from "../provider/mailbox_provider.ts";
import type { Clock } from "../time/clock.ts";
import type { Certificate, CertificateSource } from "../transport/tls/certificate.ts";
import type { TlsEngine } from "../transport/tls/tls_engine.ts";

/** The settings that may change while a listener runs: sessions and connections read them when they need them. */
export interface Settings extends SessionSettings, ConnectionSettings, LimitSettings {
  /**
   * The certificate for implicit TLS and STLS, or a function that returns it; null, the default, for neither. The
   * function is called at each handshake, so that a certificate can be renewed. If the listener had no certificate
   * before, a new one is used from the next `listenOn` on.
   */
  certificate: CertificateSource | null;
  /** Decides which addresses may not log in. Three wrong passwords in 10 000 seconds by default. */
  banEngine: BanEngine;
  /** The longest that `stop` waits for running commands and the provider, in seconds. 3 by default. */
  stopGrace: number;
  /**
   * Called with whatever happens; `logEvents()` makes such a function. By default, warnings and errors are written to
   * standard error.
   */
  onEvent: Pop3Events;
  /** Whether `wireLog` gets messages, too. False by default. */
  wireLogMessages: boolean;
}

/** The settings that cannot change after a listener is made. */
export interface FixedSettings {
  /** Which code does TLS on ports with implicit TLS. `node` by default. */
  readonly tlsEngine: TlsEngine;
  /** The plan by which it misbehaves, to test a client; on this machine only. Null, the default, for none. */
  readonly faults: FaultPlan | null;
  /**
   * Called at the end of each connection, with a transcript of what client and server sent, without secrets and
   * messages. `playTranscript` of `@pop3svc/pop3svc/testing` can replay it. Null, the default, for none.
   */
  readonly wireLog: ((transcript: string) => void) | null;
  /** The clock that all timeouts use. Tests pass a clock that they move themselves. */
  readonly clock: Clock;
}

/** The options of a {@linkcode Pop3Listener}. */
export interface Pop3ListenerOptions
  extends Partial<Readonly<Omit<Settings, "provider">>>, Partial<FixedSettings> {
  /** Decides who may log in and what mail there is; `authenticate` alone will do. Refuses everyone by default. */
  readonly provider?: MailboxProvider | MailboxProvider["authenticate"];
}

/** Bans nobody. It is only the default of this table: a listener without an engine makes a StrikeBanEngine. */
const noBans: BanEngine = { isBanned: () => false, registerFailedAttempt() {} };

export const settings: SettingsTable<Settings> = {
  ...sessionSettings,
  ...connectionSettings,
  ...limitSettings,
  certificate: given(
    "a certificate: { cert, key } in PEM, or a function that gives it; or null",
    (value): value is CertificateSource | null =>
      value === null || isFunction(value) || isCertificate(value),
    null,
  ),
  banEngine: given(
    "a ban engine: an object with isBanned() and registerFailedAttempt()",
    (value): value is BanEngine =>
      hasMethod(value, "isBanned") && hasMethod(value, "registerFailedAttempt"),
    noBans,
  ),
  stopGrace: seconds(0, 3_600, 3),
  onEvent: callback<Pop3Events>(standardLog),
  wireLogMessages: flag(false),
};

export const fixedSettings: SettingsTable<FixedSettings> = {
  tlsEngine: oneOf<TlsEngine>(["node", "deno"]),
  faults: given(
    "a fault plan: what parseFaultPlan() returns, or null",
    (value): value is FaultPlan | null =>
      value === null || typeof value === "object" && "rules" in value && "seed" in value,
    null,
  ),
  wireLog: given(
    "a function, or null",
    (value): value is FixedSettings["wireLog"] => value === null || isFunction(value),
    null,
  ),
  clock: clockSetting,
};

function isFunction<T extends (...values: never[]) => unknown>(value: unknown): value is T {
  return typeof value === "function";
}

function isCertificate(value: unknown): value is Certificate {
  return typeof value === "object" && value !== null && "cert" in value && "key" in value;
}

/** A provider of `authenticate` alone, or the provider itself. */
export function asProvider(
  provider: NonNullable<Pop3ListenerOptions["provider"]>,
): MailboxProvider {
  return typeof provider === "function" ? { authenticate: provider } : provider;
}
