// The stage: a frame for what a tool made to be looked at. Nothing in it runs, nothing is loaded, and nothing leads elsewhere.

import type { Sanitised } from "./sanitise.js";

/** What the stage may load: nothing but what the artifact carries in itself. */
const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; media-src data:; frame-src 'none'; child-src 'none'; form-action 'none'; base-uri about:";

/** What stands before everything in a frame. Links within an artifact stay within it, and no name is looked up ahead. */
const HEAD = `<meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta charset="utf-8"><meta http-equiv="x-dns-prefetch-control" content="off"><base href="about:srcdoc">`;

/** Media types that the stage shows as images. */
const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"];

/** Bytes of a text or a page that the stage shows (2 MiB): parsing and drawing it is work of the page's thread. */
export const STAGED = 2 << 20;

/** What came of an artifact on the stage. */
export interface Staged {
  /** Things that would have loaded something or led elsewhere: they were taken out. */
  readonly removed: number;
  /** Why it is not shown as it is; nothing if it is. */
  readonly problem?: string;
}

/**
 * A frame that shows an artifact, or nothing if it is not of a kind that is shown: HTML, SVG, other images, text. The frame
 * has an origin of its own, no script, no network, no storage and no way to its parent.
 *
 * Out of HTML everything is taken that could load something or lead elsewhere, also after a click. What does that is fetched
 * when the first page is shown, so the frame fills a moment after it was made. `staged` is told when it is filled.
 */
export function stage(artifact: { mediaType: string; bytes: Uint8Array; name: string }, staged?: (what: Staged) => void): HTMLIFrameElement | undefined {
  const type = artifact.mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.setAttribute("csp", POLICY);
  frame.title = `Artifact ${artifact.name}`;
  const fill = (head: string, body: string, what: Staged, lang = "") => {
    frame.srcdoc = `<!doctype html><html lang="${escape(lang)}"><head>${HEAD}${head}</head>${body}</html>`;
    queueMicrotask(() => staged?.(what));
  };
  const cut = artifact.bytes.length > STAGED ? { problem: "Only the beginning is shown: it is larger than 2 MiB." } : {};
  if (type === "text/html") {
    const text = new TextDecoder().decode(artifact.bytes.subarray(0, STAGED));
    const source = (problem: string) => fill(TEXT, pre(text), { removed: 0, problem });
    void import("./sanitise.js").then(
      ({ sanitise }) => {
        let found: Sanitised;
        try {
          found = sanitise(text);
        } catch {
          return source("Its HTML cannot be made safe to show, so its source is shown.");
        }
        fill(found.head, found.body, { removed: found.removed, ...cut }, found.lang);
      },
      () => source("What makes HTML safe to show could not be fetched, so its source is shown."),
    );
  } else if (IMAGES.includes(type)) {
    // As an image even an SVG neither runs nor loads anything, and nothing in it can be clicked.
    fill("<style>body{margin:0}img{max-width:100%;height:auto}</style>", `<body><img alt="" src="data:${type};base64,${base64(artifact.bytes)}"></body>`, { removed: 0 });
  } else if (type.startsWith("text/") || type === "application/json") {
    fill(TEXT, pre(new TextDecoder().decode(artifact.bytes.subarray(0, STAGED))), { removed: 0, ...cut });
  } else {
    return undefined;
  }
  return frame;
}

const TEXT = "<style>:root{color-scheme:light dark}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,monospace}</style>";

function pre(text: string): string {
  // A line feed after the tag is the parser's.
  return `<body><pre>\n${escape(text)}</pre></body>`;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
