/** Draws horizontal bars as SVG that is readable on light and dark backgrounds. */

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
}

/** What something costs at each server. The longest bar of each group has the same length: units differ. */
export interface BarGroup {
  readonly label: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const [WIDTH, LABELS, ROW, HEAD] = [720, 300, 22, 40];
const [OURS, OTHERS] = ["#2f7d5b", "#8b97a5"];

export function chart(title: string, groups: readonly BarGroup[]): string {
  const rows = groups.flatMap((group, index) => {
    const before = groups.slice(0, index).reduce((sum, { bars }) => sum + bars.length + 0.6, 0);
    return drawn(group, HEAD + before * ROW);
  });
  const lines = groups.reduce((sum, { bars }) => sum + bars.length + 0.6, 0);
  const height = Math.ceil(HEAD + lines * ROW);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13" fill="#5c6773">`,
    `<text x="0" y="18" font-size="15" font-weight="bold">${title}</text>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function drawn({ label, unit, bars }: BarGroup, top: number): readonly string[] {
  const longest = Math.max(...bars.map(({ value }) => value));
  return [
    `<text x="0" y="${at(top + 14)}">${label}</text>`,
    ...bars.flatMap((bar, index) => {
      const y = top + index * ROW;
      const length = Math.max(1, (WIDTH - LABELS - 190) * bar.value / longest);
      const fill = bar.label === "pop3svc" ? OURS : OTHERS;
      return [
        `<rect x="${LABELS}" y="${at(y)}" width="${at(length)}" height="18" fill="${fill}"/>`,
        `<text x="${at(LABELS + length + 6)}" y="${at(y + 14)}">` +
        `${shown(bar.value)} ${unit}, ${bar.label}</text>`,
      ];
    }),
  ];
}

function at(position: number): string {
  return position.toFixed(1);
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(2);
}
