/** Draws horizontal bars as SVG that is readable on light and dark backgrounds. */

/** One bar. */
export interface Bar {
  readonly label: string;
  readonly value: number;
}

const [WIDTH, LABELS, ROW, HEAD] = [640, 200, 28, 36];

export function chart(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.map(({ value }) => value));
  const rows = bars.flatMap(({ label, value }, index) => {
    const y = HEAD + index * ROW;
    const length = Math.max(1, (WIDTH - LABELS - 80) * value / longest);
    const fill = label === "pop3svc" ? "#2f7d5b" : "#8b97a5";
    return [
      `<text x="${LABELS - 8}" y="${y + 15}" text-anchor="end">${label}</text>`,
      `<rect x="${LABELS}" y="${y}" width="${length.toFixed(1)}" height="20" fill="${fill}"/>`,
      `<text x="${(LABELS + length + 6).toFixed(1)}" y="${y + 15}">${shown(value)}</text>`,
    ];
  });
  const height = HEAD + bars.length * ROW + 4;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" ` +
    `width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13" fill="#5c6773">`,
    `<text x="0" y="18" font-size="15" font-weight="bold">${title}</text>`,
    ...rows,
    "</svg>\n",
  ].join("\n");
}

function shown(value: number): string {
  return value >= 100 ? Math.round(value).toString() : value.toPrecision(2);
}
