/** Figures of several rounds, and how they are shown. */

/** One figure of one server, once for each round. */
export interface Measurement {
  readonly scenario: string;
  readonly peer: string;
  readonly figure: string;
  readonly values: number[];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [upper, lower] = [sorted[middle] ?? NaN, sorted[middle - 1] ?? NaN];
  return sorted.length % 2 === 1 ? upper : (upper + lower) / 2;
}

/** The median of a figure; NaN where it was not measured. */
export function valueOf(
  measurements: readonly Measurement[],
  { scenario, peer, figure }: Omit<Measurement, "values">,
): number {
  return median(
    measurements.find((each) =>
      each.scenario === scenario && each.peer === peer && each.figure === figure
    )?.values ?? [],
  );
}

/** A number with three significant digits, without an exponent. */
export function shown(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 })
    .replaceAll(",", " ");
}
