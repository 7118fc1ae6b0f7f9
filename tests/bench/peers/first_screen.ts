/** The first screen of docs/performance.md: one chart, and what it says in six lines. */
import type { BarGroup } from "./chart.ts";
import { type Measurement, shown, valueOf } from "./figures.ts";

/** One thing that a server must do, what it costs, and a second figure of the same kind of work. */
interface Line {
  readonly label: string;
  readonly scenario: string;
  readonly figure: string;
  readonly unit: string;
  readonly also: {
    readonly text: string;
    readonly scenario: string;
    readonly figure: string;
    readonly unit: string;
    readonly isBetter: "more" | "less";
  };
}

const FAST = "Dovecot, high-performance";

function lines(many: number): readonly Line[] {
  const round = many.toLocaleString("en").replaceAll(",", " ");
  return [
    {
      label: "A session, 16 clients at a time",
      ...{ scenario: "sessions, 16 clients", figure: "CPU ms each", unit: "ms of CPU" },
      also: {
        text: "sessions a second",
        ...{ scenario: "sessions, 16 clients", figure: "rate", unit: "", isBetter: "more" },
      },
    },
    {
      label: "RETR of 4 KB, 8 clients",
      scenario: "4 KB messages, 8 clients, one RETR at a time",
      ...{ figure: "CPU µs each", unit: "µs of CPU" },
      also: {
        text: "ten pipelined",
        scenario: "4 KB messages, 8 clients, ten RETR pipelined",
        ...{ figure: "CPU µs each", unit: "µs", isBetter: "less" },
      },
    },
    {
      label: "RETR of 50 MB",
      ...{ scenario: "50 MB, CRLF and clean", figure: "CPU ms each", unit: "ms of CPU" },
      also: {
        text: "over TLS",
        ...{ scenario: "50 MB over implicit TLS", figure: "rate", unit: "MB/s", isBetter: "more" },
      },
    },
    {
      label: `Login, LIST, UIDL of ${round}`,
      ...{ scenario: `${many} messages`, figure: "again", unit: "ms" },
      also: {
        text: "for the first time after a start",
        ...{ scenario: `${many} messages`, figure: "first", unit: "ms", isBetter: "less" },
      },
    },
    {
      label: `Login to ${round} after a delivery`,
      scenario: `${many} messages, one delivery before each login`,
      ...{ figure: "login and STAT, ms", unit: "ms" },
      also: {
        text: "first login ever",
        scenario: `${many} messages, first login ever`,
        ...{ figure: "login and STAT, ms", unit: "ms", isBetter: "less" },
      },
    },
    {
      label: "An idle login",
      ...{ scenario: "idle logins", figure: "KB each", unit: "KB" },
      also: {
        text: "over TLS",
        ...{ scenario: "idle logins over TLS", figure: "KB each", unit: "KB", isBetter: "less" },
      },
    },
  ];
}

/** The bars of the chart. */
export function costs(measurements: readonly Measurement[], many: number): readonly BarGroup[] {
  return lines(many).map(({ label, scenario, figure, unit }) => ({
    label,
    unit,
    bars: ["pop3svc", FAST].map((peer) => ({
      label: peer.replace(/, .*/, ""),
      value: valueOf(measurements, { peer, scenario, figure }),
    })),
  }));
}

/** The same as sentences. */
export function sentences(measurements: readonly Measurement[], many: number): string {
  return lines(many).map(({ label, also, unit, ...cost }) => {
    const [ours, theirs] = both(measurements, cost);
    const [oursAlso, theirsAlso] = both(measurements, also);
    const ratio = also.isBetter === "more" ? oursAlso / theirsAlso : theirsAlso / oursAlso;
    return `- ${label}: ${shown(ours)} ${unit}, Dovecot ${shown(theirs)} (**${
      times(theirs / ours)
    }**); ` +
      `${also.text} ${[shown(oursAlso), also.unit].join(" ").trim()}, ` +
      `Dovecot ${shown(theirsAlso)} (${times(ratio)}).`;
  }).join("\n");
}

function both(
  measurements: readonly Measurement[],
  { scenario, figure }: { readonly scenario: string; readonly figure: string },
): readonly [number, number] {
  return [
    valueOf(measurements, { peer: "pop3svc", scenario, figure }),
    valueOf(measurements, { peer: FAST, scenario, figure }),
  ];
}

function times(ratio: number): string {
  return `${ratio >= 10 ? Math.round(ratio) : ratio.toFixed(1)} ×`;
}
