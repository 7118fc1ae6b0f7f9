/** A strict parser of Prometheus' text format, version 0.0.4: anything that it does not know is an error. */
import { assert, assertEquals, assertMatch } from "@std/assert";

export interface ParsedMetric {
  readonly type: string;
  readonly help: string;
  /** The samples by their labels: `{outcome="ok"}`, or an empty text. */
  readonly samples: Map<string, number>;
  readonly labels: Set<string>;
}

export function parsePrometheus(text: string): Map<string, ParsedMetric> {
  assert(text.endsWith("\n"), "the last line must end with a line feed");
  const metrics = new Map<string, ParsedMetric>();
  let help: readonly string[] | null = null;
  let present = "";
  for (const line of text.slice(0, -1).split("\n")) {
    const helped = /^# HELP ([a-z0-9_]+) ((?:[^\\]|\\\\|\\n)+)$/.exec(line);
    if (helped !== null) {
      help = helped;
      continue;
    }
    const typed = /^# TYPE ([a-z0-9_]+) (counter|gauge)$/.exec(line);
    if (typed !== null) {
      const [, name = "", type = ""] = typed;
      assertEquals(help?.[1], name, "HELP comes just before TYPE");
      assert(!metrics.has(name), `${name} comes twice`);
      assertEquals(name.endsWith("_total"), type === "counter", name);
      const [samples, labels] = [new Map<string, number>(), new Set<string>()];
      metrics.set(name, { type, help: help?.[2] ?? "", samples, labels });
      [help, present] = [null, name];
      continue;
    }
    const sample = /^([a-z0-9_]+)(\{[^\n]*\})? (-?[\d.]+(?:e[+-]?\d+)?)$/.exec(line);
    assert(sample !== null, `no line of the format: ${JSON.stringify(line)}`);
    const [, name = "", labels = "", value = ""] = sample;
    assertEquals(name, present, "samples follow their TYPE");
    if (labels !== "") {
      assertMatch(
        labels,
        /^\{[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\[\\"n])*")*\}$/,
      );
    }
    const metric = metrics.get(name);
    assert(metric !== undefined && !metric.samples.has(labels), `${line} comes twice`);
    metric.samples.set(labels, Number(value));
    for (const [, label = ""] of labels.matchAll(/([a-z_]+)="(?:[^"\\]|\\.)*"/g)) {
      metric.labels.add(label);
    }
  }
  assert(help === null, "HELP without TYPE");
  return metrics;
}
