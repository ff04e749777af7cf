/** Draws a bar chart as an SVG image. */
export const tool = {
  name: "svg-chart",
  input: {
    type: "object",
    properties: {
      title: { type: "string", default: "" },
      values: { type: "object", additionalProperties: { type: "number", minimum: 0 }, minProperties: 1 },
    },
    required: ["values"],
  },
} as const;

const escape = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.codePointAt(0)};`);

class Chart {
  private readonly rows: [string, number][];
  constructor(
    private readonly title: string,
    values: Record<string, number>,
    private readonly width = 480,
  ) {
    this.rows = Object.entries(values);
  }

  get max(): number {
    return Math.max(...this.rows.map(([, value]) => value), 0);
  }

  toString(): string {
    const height = 40 + this.rows.length * 28;
    const bars = this.rows.map(([label, value], i) => {
      const y = 36 + i * 28;
      const length = this.max === 0 ? 0 : Math.round((value / this.max) * (this.width - 200));
      return `  <text x="110" y="${y + 14}" text-anchor="end">${escape(label)}</text>
  <rect x="120" y="${y}" width="${length}" height="20" fill="#4477aa"/>
  <text x="${126 + length}" y="${y + 14}">${value.toLocaleString()}</text>`;
    });
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${this.width}" height="${height}" font-family="sans-serif" font-size="12">
  <text x="${this.width / 2}" y="20" text-anchor="middle" font-size="16">${escape(this.title)}</text>
${bars.join("\n")}
</svg>
`;
  }
}

export default function run({ title, values }: { title: string; values: Record<string, number> }) {
  const svg = new Chart(title, values).toString();
  belljar.artifact("chart.svg", "image/svg+xml", svg);
  return { bars: Object.keys(values).length, bytes: svg.length };
}
