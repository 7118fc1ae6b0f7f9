/** OpenTelemetry for a listener; the library for it is loaded when it is asked for. */
import type { Pop3Events } from "../events/events.ts";
import type { MetricsOptions } from "./open_telemetry.ts";

/**
 * Makes a function for `onEvent` that counts and measures with OpenTelemetry, under the names that
 * `docs/operations/monitoring.md` lists. With `OTEL_DENO=true`, Deno sends them where its `OTEL_…` variables say; else they go to the
 * provider of metrics that the program has registered. The code for it is loaded by this call.
 *
 * @example
 * ```ts
 * import { logEvents, Pop3Listener, recordMetrics } from "@pop3svc/pop3svc";
 *
 * const log = logEvents();
 * const measure = await recordMetrics({ spans: true });
 * await using pop3 = new Pop3Listener({
 *   onEvent(event) {
 *     log(event);
 *     measure(event);
 *   },
 * });
 * ```
 */
export async function recordMetrics(options: MetricsOptions = {}): Promise<Pop3Events> {
  const { openTelemetryEvents } = await import("./open_telemetry.ts");
  return openTelemetryEvents(options);
}
