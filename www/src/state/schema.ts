// A JSON Schema as a form sees it: the parts that have a control of their own; the rest is edited as JSON text.
// Whether a value fits is for the package to say, never for this file.

import { isObject, member } from "./json.js";

export type Kind = "string" | "text" | "number" | "integer" | "boolean" | "enum" | "array" | "object" | "json";

export interface Field {
  readonly kind: Kind;
  readonly title: string;
  readonly description: string;
  readonly required: boolean;
  readonly schema: unknown;
  /** The values of an enumeration. */
  readonly options: readonly unknown[];
  readonly preset: unknown;
  /** What bounds it, in short words. */
  readonly hint: string;
}

/** Names of long texts: they get an area rather than a line. */
const LONG = /^(text|body|content|contents|csv|markdown|html|source|code|log|message|document|json|data|query)$/i;

/** A schema behind local references. */
export function resolve(schema: unknown, root: unknown): unknown {
  let found = schema;
  for (let steps = 0; steps < 16; steps++) {
    const reference = member(found, "$ref");
    if (typeof reference !== "string" || !reference.startsWith("#")) return found;
    const path = reference.slice(1).split("/").slice(1);
    found = path.map((step) => step.replace(/~1/g, "/").replace(/~0/g, "~")).reduce<unknown>(member, root);
  }
  return undefined;
}

function typeOf(schema: unknown): string | undefined {
  const type = member(schema, "type");
  if (typeof type === "string") return type;
  if (Array.isArray(type)) {
    const types = type.filter((t) => t !== "null");
    return types.length === 1 && typeof types[0] === "string" ? types[0] : undefined;
  }
  return isObject(member(schema, "properties")) ? "object" : undefined;
}

export function field(raw: unknown, root: unknown, name: string, required: boolean): Field {
  const schema = resolve(raw, root);
  const text = (key: string) => {
    const value = member(schema, key);
    return typeof value === "string" ? value : "";
  };
  const listed = member(schema, "enum");
  const options: readonly unknown[] = Array.isArray(listed) ? (listed as unknown[]) : [];
  const type = typeOf(schema);
  let kind: Kind = "json";
  if (options.length > 0) kind = "enum";
  else if (type === "string") kind = LONG.test(name) || Number(member(schema, "maxLength")) > 200 ? "text" : "string";
  else if (type === "number" || type === "integer" || type === "boolean") kind = type;
  else if (type === "array" && isObject(member(schema, "items"))) kind = "array";
  else if (type === "object" && (isObject(member(schema, "properties")) || isObject(member(schema, "additionalProperties")))) kind = "object";
  return {
    kind,
    title: text("title") || name,
    description: text("description"),
    required,
    schema,
    options,
    preset: member(schema, "default"),
    hint: hint(schema, type),
  };
}

function hint(schema: unknown, type: string | undefined): string {
  const number = (key: string) => {
    const value = member(schema, key);
    return typeof value === "number" ? value : undefined;
  };
  const range = (low: number | undefined, high: number | undefined, unit: string) => {
    if (low !== undefined && high !== undefined) return low === high ? `${low}${unit}` : `${low} to ${high}${unit}`;
    if (low !== undefined) return `at least ${low}${unit}`;
    return high === undefined ? "" : `at most ${high}${unit}`;
  };
  const parts: string[] = [];
  if (type === "number" || type === "integer") parts.push(range(number("minimum"), number("maximum"), ""));
  if (type === "string") parts.push(range(number("minLength"), number("maxLength"), " characters"));
  if (type === "array") parts.push(range(number("minItems"), number("maxItems"), " items"));
  const pattern = member(schema, "pattern");
  if (typeof pattern === "string") parts.push(`pattern ${pattern}`);
  return parts.filter((part) => part !== "").join(", ");
}

/** The named members of an object, in the schema's order. */
export function properties(schema: unknown, root: unknown): readonly { readonly key: string; readonly field: Field }[] {
  const named = member(schema, "properties");
  const required = member(schema, "required");
  const needed: readonly unknown[] = Array.isArray(required) ? (required as unknown[]) : [];
  if (!isObject(named)) return [];
  return Object.entries(named).map(([key, value]) => ({ key, field: field(value, root, key, needed.includes(key)) }));
}

/** The schema of members that have no name of their own, if they are described. */
export function others(schema: unknown): unknown {
  const value = member(schema, "additionalProperties");
  return isObject(value) ? value : undefined;
}

/** Whether a form can show this schema at all. */
export function hasForm(schema: unknown): boolean {
  return field(schema, schema, "", true).kind === "object";
}

/** A value to begin with: what has a default, and what must be there. */
export function begin(raw: unknown, root: unknown, depth = 0): unknown {
  const { kind, schema, options, preset } = field(raw, root, "", true);
  if (preset !== undefined) return preset;
  if (depth > 8) return null;
  switch (kind) {
    case "string":
    case "text":
      return "";
    case "number":
    case "integer":
      return Math.max(0, Number(member(schema, "minimum") ?? 0)) || 0;
    case "boolean":
      return false;
    case "enum":
      return options[0];
    case "array":
      return [];
    case "object": {
      const wanted = properties(schema, root).filter(({ field }) => field.required || field.preset !== undefined);
      return Object.fromEntries(wanted.map(({ key, field }) => [key, begin(field.schema, root, depth + 1)]));
    }
    case "json":
      return typeOf(schema) === "array" ? [] : depth === 0 || typeOf(schema) === "object" ? {} : null;
  }
}

/** The package's violations by JSON Pointer: it writes one a line, as "  /path: why". */
export function violations(problem: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of (problem ?? "").split("\n").slice(1)) {
    const match = /^ {2}(the whole value|\/.*?): (.*)$/.exec(line);
    if (match?.[1] !== undefined && match[2] !== undefined) found.set(match[1].startsWith("/") ? match[1] : "", match[2]);
  }
  return found;
}
