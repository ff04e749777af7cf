// Values of JSON, and changes to them by path.

export type Path = readonly (string | number)[];

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The value, or nothing if the text is no JSON. */
export function parse(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An own member: what a prototype has is no part of a value. */
export function member(value: unknown, key: string | number): unknown {
  if (Array.isArray(value)) return typeof key === "number" ? (value[key] as unknown) : undefined;
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

export function get(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(member, value);
}

/** The value with another one at the path; with nothing there if `next` is undefined. */
export function set(value: unknown, path: Path, next: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return next;
  const inner = set(member(value, key), rest, next);
  if (typeof key === "number") {
    const items: unknown[] = Array.isArray(value) ? [...(value as unknown[])] : [];
    if (inner === undefined) items.splice(key, 1);
    else items[key] = inner;
    return items;
  }
  // From entries, so that a key "__proto__" is a key like others.
  const entries = isObject(value) ? Object.entries(value) : [];
  const at = entries.findIndex(([name]) => name === key);
  if (inner === undefined) {
    if (at >= 0) entries.splice(at, 1);
  } else if (at >= 0) {
    entries[at] = [key, inner];
  } else {
    entries.push([key, inner]);
  }
  return Object.fromEntries(entries);
}

/** A JSON Pointer (RFC 6901) of a path. */
export function pointer(path: Path): string {
  return path.map((step) => `/${String(step).replace(/~/g, "~0").replace(/\//g, "~1")}`).join("");
}

export function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "null";
}
