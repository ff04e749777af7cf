export const tool = {
  name: "csv-summary",
  description: "Reads CSV text (RFC 4180) and gives count, mean, median, deviation and range of each numeric column.",
  input: {
    type: "object",
    properties: {
      csv: { type: "string", description: "CSV with a header line" },
      delimiter: { type: "string", minLength: 1, maxLength: 1, default: "," },
    },
    required: ["csv"],
  },
};

type Summary = { count: number; mean: number; median: number; stdev: number; min: number; max: number };

function parse(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') {
        field += '"';
        i++;
      } else if (c === '"') {
        quoted = false;
      } else {
        field += c;
      }
    } else if (c === '"' && field === "") {
      quoted = true;
    } else if (c === delimiter) {
      row.push(field);
      field = "";
    } else if (c === "\n") {
      row.push(field.replace(/\r$/, ""));
      rows.push(row);
      row = [];
      field = "";
    } else {
      field += c;
    }
  }
  if (quoted) throw new ToolError("bad-csv", `a quoted field in row ${rows.length + 1} is not closed`);
  if (field !== "" || row.length > 0) rows.push([...row, field]);
  return rows.filter((r) => r.length > 1 || r[0] !== "");
}

const round = (x: number) => Math.round(x * 1e6) / 1e6;

function summarize(values: number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const mean = sorted.reduce((sum, x) => sum + x, 0) / sorted.length;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  const variance = sorted.reduce((sum, x) => sum + (x - mean) ** 2, 0) / Math.max(1, sorted.length - 1);
  return {
    count: sorted.length,
    mean: round(mean),
    median: round(median),
    stdev: round(Math.sqrt(variance)),
    min: sorted[0],
    max: sorted[sorted.length - 1],
  };
}

export default function run({ csv, delimiter }: { csv: string; delimiter: string }) {
  const [header, ...rows] = parse(csv, delimiter);
  if (!header) throw new ToolError("empty", "there is no header line");
  const columns: Record<string, Summary | { count: number; distinct: number }> = {};
  header.forEach((name, i) => {
    const cells = rows.map((row) => row[i]?.trim() ?? "").filter((cell) => cell !== "");
    const numbers = cells.map(Number);
    columns[name] =
      cells.length > 0 && numbers.every(Number.isFinite)
        ? summarize(numbers)
        : { count: cells.length, distinct: new Set(cells).size };
  });
  return { rows: rows.length, columns };
}
