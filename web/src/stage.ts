// The stage: a frame for what a tool made to be looked at. Nothing in it runs, and nothing is loaded.

/** What the stage may load: nothing but what the artifact carries in itself. */
const POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; media-src data:";

/** Media types that the stage shows, and how. */
const IMAGES = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"];

/**
 * A frame that shows an artifact, or nothing if it is not of a kind that is shown: HTML, SVG, other images, text. The
 * frame has an origin of its own, no script, no network, no storage and no way to its parent.
 */
export function stage(artifact: { mediaType: string; bytes: Uint8Array; name: string }): HTMLIFrameElement | undefined {
  const type = artifact.mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
  let body: string;
  if (type === "text/html") {
    body = new TextDecoder().decode(artifact.bytes);
  } else if (IMAGES.includes(type)) {
    // As an image even an SVG neither runs nor loads anything.
    body = `<style>body{margin:0}img{max-width:100%;height:auto}</style><img alt="" src="data:${type};base64,${base64(artifact.bytes)}">`;
  } else if (type.startsWith("text/") || type === "application/json") {
    const text = new TextDecoder().decode(artifact.bytes);
    body = `<style>:root{color-scheme:light dark}pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,monospace}</style><pre>${escape(text)}</pre>`;
  } else {
    return undefined;
  }
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "");
  frame.setAttribute("referrerpolicy", "no-referrer");
  frame.setAttribute("csp", POLICY);
  frame.title = `Artifact ${artifact.name}`;
  frame.srcdoc = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta charset="utf-8"><base href="about:srcdoc">${body}`;
  return frame;
}

function escape(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c] ?? c);
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}
