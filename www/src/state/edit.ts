// A request as the fields of a form have it, and the changed request that a form comes to.

import type { Asked, Changed, Part } from "belljar";

/** What of a request can be written anew. A part that is not there stays as it is. */
export interface Draft {
  /** The URL of an HTTP request. */
  readonly url?: string;
  /** Header fields, `name: value`, one a line. */
  readonly headers?: string;
  /** What it carries, with line feeds as line ends, as a form has them. */
  readonly content?: string;
}

/** Methods whose requests carry nothing. */
const BARE = ["GET", "HEAD"];

/** A request as the fields of a form; nothing if it can only be answered, or is not here whole. */
export function draftOf(asked: Asked): Draft | undefined {
  const { editable } = asked;
  if (editable === undefined || asked.edited === undefined || (asked.content?.length ?? 0) !== asked.payload) return undefined;
  const content = editable.includes("content") && !isBare(asked) ? textOf(asked) : undefined;
  const draft = {
    ...(editable.includes("url") ? { url: apart(asked.request)[1] } : {}),
    ...(editable.includes("headers") ? { headers: lines(asked.headers) } : {}),
    ...(content === undefined ? {} : { content: content.replaceAll("\r\n", "\n") }),
  };
  return Object.keys(draft).length === 0 ? undefined : draft;
}

/** Whether it carries something that a form cannot show: no text, or line ends that a form does not keep. */
export function isOpaque(asked: Asked): boolean {
  return asked.payload > 0 && textOf(asked) === undefined;
}

/** The method of an HTTP request, which stays. */
export function methodOf(asked: Asked): string {
  return apart(asked.request)[0];
}

/** The changed request. What a form says again as it was is taken as it was, to the byte. A text is what is wrong with a field. */
export function changedOf(asked: Asked, draft: Draft): Changed | string {
  const before = draftOf(asked) ?? {};
  const { url, headers = before.headers, content } = draft;
  let fields: readonly string[] = asked.headers;
  if (headers !== before.headers) {
    const read = fieldsOf(headers ?? "");
    if (typeof read === "string") return read;
    fields = read;
  }
  return {
    request: url === undefined || url === before.url ? asked.request : `${methodOf(asked)} ${url.trim()}`,
    ...(fields.length === 0 ? {} : { headers: [...fields] }),
    ...carried(asked, content === before.content ? undefined : content),
  };
}

/** What a changed request carries, as bytes; nothing if it carries nothing. */
export function bytesOf({ text, base64 }: Changed): Uint8Array | undefined {
  if (text !== undefined) return new TextEncoder().encode(text);
  return base64 === undefined ? undefined : Uint8Array.from(atob(base64), (digit) => digit.charCodeAt(0));
}

/** Words for the parts of a request. */
export const PARTS: Readonly<Record<Part, string>> = { url: "the URL", headers: "the header fields", content: "what it carries" };

/** What was changed. */
export function changes(asked: Asked, changed: Changed): readonly Part[] {
  const before = changedOf(asked, {});
  if (typeof before === "string") return [];
  const differs: Readonly<Record<Part, boolean>> = {
    url: before.request !== changed.request,
    headers: JSON.stringify(before.headers) !== JSON.stringify(changed.headers),
    content: before.text !== changed.text || before.base64 !== changed.base64,
  };
  return (["url", "headers", "content"] as const).filter((part) => differs[part]);
}

/** What it carries: as it was, or a new text. */
function carried(asked: Asked, content: string | undefined): Pick<Changed, "text" | "base64"> {
  const before = textOf(asked);
  if (content === undefined) {
    if (asked.content === undefined) return {};
    return before === undefined ? { base64: base64(asked.content) } : { text: before };
  }
  // Line ends are as they were.
  return { text: before?.includes("\r\n") === true ? content.replaceAll("\n", "\r\n") : content };
}

/** What it carries as a text, if a form has it as it is, but for one kind of line ends. */
function textOf({ content }: Asked): string | undefined {
  if (content === undefined) return "";
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
    const rest = text.replaceAll("\r\n", "");
    return rest.includes("\r") || (rest.length < text.length && rest.includes("\n")) ? undefined : text;
  } catch {
    return undefined;
  }
}

function isBare(asked: Asked): boolean {
  return asked.capability === "http" && asked.payload === 0 && BARE.includes(methodOf(asked));
}

function apart(request: string): readonly [string, string] {
  const space = request.indexOf(" ");
  return space < 0 ? ["", request] : [request.slice(0, space), request.slice(space + 1)];
}

function lines(headers: readonly string[]): string {
  const all: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) all.push(`${headers[i]}: ${headers[i + 1]}`);
  return all.join("\n");
}

function fieldsOf(text: string): readonly string[] | string {
  const fields: string[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const colon = line.indexOf(":");
    if (colon < 0) return `“${line}” is no header field: that is a name, a colon and a value.`;
    fields.push(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return fields;
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
