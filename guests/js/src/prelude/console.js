// console, as https://console.spec.whatwg.org has it, one line of the log for each call.

const MOST_DEPTH = 4;
const MOST_ITEMS = 100;

const isPlain = (key) => /^[A-Za-z_$][\w$]*$/.test(key);

/** A value as text for people. Runs no getters. */
const inspect = (value, depth = 0, seen = []) => {
  switch (typeof value) {
    case "string":
      return depth === 0 ? value : JSON.stringify(value);
    case "bigint":
      return `${value}n`;
    case "symbol":
      return value.toString();
    case "number":
      return Object.is(value, -0) ? "-0" : String(value);
    case "function":
      return `[${/^class\b/.test(Function.prototype.toString.call(value)) ? "class" : "function"} ${value.name || "(anonymous)"}]`;
    case "object":
      break;
    default:
      return String(value);
  }
  if (value === null) return "null";
  if (seen.includes(value)) return "[circular]";
  if (value instanceof Error) {
    const stack = typeof value.stack === "string" ? value.stack.trimEnd() : "";
    const head = shared.describe(value);
    return depth === 0 && stack !== "" ? `${head}\n${stack}` : head;
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof RegExp) return String(value);
  if (value instanceof URL) return `URL ${value.href}`;
  if (value instanceof Promise) return "Promise {}";
  if (depth > MOST_DEPTH) return Array.isArray(value) ? "[…]" : "{…}";
  const inner = [...seen, value];
  const show = (item) => inspect(item, depth + 1, inner);
  const property = (object, key) => {
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    return descriptor && "value" in descriptor ? show(descriptor.value) : "[getter]";
  };
  const list = (open, items, total, close) => {
    if (total > items.length) items.push(`… ${total - items.length} more`);
    if (items.length === 0) return open + close;
    const line = `${open} ${items.join(", ")} ${close}`;
    if (line.length <= 100 && !line.includes("\n")) return line;
    const indent = "  ".repeat(depth + 1);
    return `${open}\n${indent}${items.join(`,\n${indent}`)}\n${"  ".repeat(depth)}${close}`;
  };
  if (Array.isArray(value)) {
    const items = [];
    for (let i = 0; i < Math.min(value.length, MOST_ITEMS); i++) {
      items.push(i in value ? property(value, i) : "(empty)");
    }
    return list("[", items, value.length, "]");
  }
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) {
    const items = Array.from(value.subarray(0, MOST_ITEMS), show);
    return list(`${value.constructor.name}(${value.length}) [`, items, value.length, "]");
  }
  if (value instanceof ArrayBuffer) return `ArrayBuffer(${value.byteLength})`;
  if (value instanceof Map) {
    const items = [...value].slice(0, MOST_ITEMS).map(([key, item]) => `${show(key)} => ${show(item)}`);
    return list(`Map(${value.size}) {`, items, value.size, "}");
  }
  if (value instanceof Set) {
    return list(`Set(${value.size}) {`, [...value].slice(0, MOST_ITEMS).map(show), value.size, "}");
  }
  const keys = Object.keys(value);
  const items = keys
    .slice(0, MOST_ITEMS)
    .map((key) => `${isPlain(key) ? key : JSON.stringify(key)}: ${property(value, key)}`);
  const prototype = Object.getPrototypeOf(value);
  const name = prototype === null ? "[null prototype]" : prototype.constructor?.name;
  return list(name === "Object" || !name ? "{" : `${name} {`, items, keys.length, "}");
};
shared.inspect = inspect;

const safely = (action, otherwise) => {
  try {
    return action();
  } catch {
    return otherwise();
  }
};

/** %s, %d, %i, %f, %j, %o, %O, %c and %% in the first argument. */
const format = (values) => {
  let rest = values;
  let head = "";
  if (typeof values[0] === "string" && values.length > 1) {
    rest = values.slice(1);
    head = values[0].replace(/%([sdifjoOc%])/g, (all, kind) => {
      if (kind === "%") return "%";
      if (rest.length === 0) return all;
      const value = rest.shift();
      switch (kind) {
        case "s": return typeof value === "object" && value !== null ? inspect(value, 1) : inspect(value);
        case "d": return typeof value === "bigint" ? `${value}n` : String(Number(value));
        case "i": return String(Number.parseInt(value, 10));
        case "f": return String(Number.parseFloat(value));
        case "j": return safely(() => JSON.stringify(value) ?? "undefined", () => inspect(value, 1));
        case "c": return "";
        default: return inspect(value, 1);
      }
    });
    rest = rest.map((value) => inspect(value));
    return [head, ...rest].join(" ");
  }
  return rest.map((value) => inspect(value)).join(" ");
};

let indent = "";
const counts = new Map();
const times = new Map();

const write = (level, text) => {
  const lines = indent === "" ? text : text.split("\n").map((line) => indent + line).join("\n");
  host.write(level, lines.toWellFormed());
};
const writer = (level) => (...values) => write(level, format(values));
const [debug, info, log, warn, error] = [0, 1, 2, 3, 4].map(writer);

const table = (data) => {
  if (typeof data !== "object" || data === null) return log(data);
  const rows = Object.entries(data);
  const columns = [];
  for (const [, row] of rows) {
    for (const key of typeof row === "object" && row !== null ? Object.keys(row) : ["value"]) {
      if (!columns.includes(key)) columns.push(key);
    }
  }
  const cells = [["", ...columns]];
  for (const [name, row] of rows) {
    const whole = typeof row !== "object" || row === null;
    cells.push([name, ...columns.map((c) => (whole ? (c === "value" ? inspect(row) : "") : c in row ? inspect(row[c]) : ""))]);
  }
  const widths = cells[0].map((_, i) => Math.max(...cells.map((row) => row[i].length)));
  const lines = cells.map((row) => row.map((cell, i) => cell.padEnd(widths[i])).join(" | ").trimEnd());
  lines.splice(1, 0, widths.map((width) => "-".repeat(width)).join("-|-"));
  write(2, lines.join("\n"));
};

shared.define({
  console: {
    debug, info, log, warn, error,
    trace: (...values) => write(0, ["Trace:", format(values)].join(" ")),
    dir: (value) => log(inspect(value, 1)),
    dirxml: log,
    table,
    assert: (condition, ...values) => {
      if (!condition) write(4, values.length === 0 ? "Assertion failed" : `Assertion failed: ${format(values)}`);
    },
    clear: () => {},
    count: (label = "default") => {
      const count = (counts.get(label) ?? 0) + 1;
      counts.set(label, count);
      write(1, `${label}: ${count}`);
    },
    countReset: (label = "default") => void counts.delete(label),
    group: (...values) => {
      if (values.length > 0) log(...values);
      indent += "  ";
    },
    groupCollapsed: (...values) => globalThis.console.group(...values),
    groupEnd: () => {
      indent = indent.slice(2);
    },
    time: (label = "default") => void times.set(label, host.now()),
    timeLog: (label = "default", ...values) =>
      write(1, [`${label}: ${(host.now() - (times.get(label) ?? host.now())).toFixed(3)} ms`, ...values.map((v) => inspect(v))].join(" ")),
    timeEnd: (label = "default") => {
      globalThis.console.timeLog(label);
      times.delete(label);
    },
  },
});
