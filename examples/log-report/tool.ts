export const tool = {
  name: "log-report",
  description: "Reads every .log file of a folder and reports requests, errors and the slowest paths.",
  input: {
    type: "object",
    properties: { folder: { type: "string", default: "/logs" }, slowest: { type: "integer", default: 3 } },
  },
  wants: ["files read ./logs as /logs"],
};

interface Line {
  path: string;
  status: number;
  ms: number;
}

const PATTERN = /^(?<when>\S+) (?<method>[A-Z]+) (?<path>\S+) (?<status>\d{3}) (?<ms>\d+(?:\.\d+)?)ms$/;

async function lines(file: string): Promise<{ parsed: Line[]; bad: number }> {
  const text = await belljar.files.readText(file);
  const parsed: Line[] = [];
  let bad = 0;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const groups = PATTERN.exec(line)?.groups;
    if (groups) parsed.push({ path: groups.path.split("?")[0], status: Number(groups.status), ms: Number(groups.ms) });
    else bad++;
  }
  return { parsed, bad };
}

export default async function run(input: { folder: string; slowest: number }) {
  const entries = await belljar.files.list(input.folder);
  const names = entries.filter((e) => e.kind === "file" && e.name.endsWith(".log")).map((e) => e.name);
  if (names.length === 0) throw new ToolError("no-logs", `${input.folder} holds no .log files`);
  const read = await Promise.all(names.map((name) => lines(`${input.folder}/${name}`)));
  const all = read.flatMap((r) => r.parsed);
  const byPath = Object.groupBy(all, (line) => line.path);
  const slowest = Object.entries(byPath)
    .map(([path, group]) => ({ path, ms: Math.round(group!.reduce((s, l) => s + l.ms, 0) / group!.length), requests: group!.length }))
    .sort((a, b) => b.ms - a.ms)
    .slice(0, input.slowest);
  return {
    files: names,
    requests: all.length,
    errors: all.filter((line) => line.status >= 500).length,
    unreadable: read.reduce((sum, r) => sum + r.bad, 0),
    slowest,
  };
}
