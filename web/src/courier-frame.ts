// The courier's script: performs the HTTP requests that a page hands it, and knows nothing else. It lives in a sandboxed
// frame of opaque origin: no cookies, no storage, no way to the page but one port. Who may ask for what was judged before.

import { readBody } from "./body.js";
import type { FromCourier, Problem, ToCourier } from "./courier.js";

/** Milliseconds that one request may take, its body included (60 s), as on the server. */
const WHOLE = 60_000;

function serve(port: MessagePort): void {
  const running = new Map<number, AbortController>();
  port.onmessage = async ({ data }: MessageEvent<ToCourier>) => {
    if (data.kind === "abort") return running.get(data.id)?.abort("ended");
    const abort = new AbortController();
    running.set(data.id, abort);
    const timer = setTimeout(() => abort.abort("time"), WHOLE);
    let came: FromCourier;
    try {
      came = await perform(data, abort.signal);
    } catch (error) {
      const problem = (abort.signal.aborted ? abort.signal.reason : "network") as Problem;
      came = { kind: "problem", id: data.id, problem, text: error instanceof Error ? error.message : String(error) };
    }
    clearTimeout(timer);
    running.delete(data.id);
    port.postMessage(came, came.kind === "answer" ? [came.body] : []);
  };
  port.postMessage({ kind: "ready" } satisfies FromCourier);
}

async function perform({ id, method, url, headers, body, most }: ToCourier & { kind: "send" }, signal: AbortSignal): Promise<FromCourier> {
  const problem = (problem: Problem, text = ""): FromCourier => ({ kind: "problem", id, problem, text });
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) pairs.push([headers[i] ?? "", headers[i + 1] ?? ""]);
  let request: Request;
  try {
    request = new Request(url, {
      method,
      headers: pairs,
      body: body ?? null,
      mode: "cors",
      credentials: "omit",
      cache: "no-store",
      redirect: "manual",
      referrer: "",
      referrerPolicy: "no-referrer",
      signal,
    });
  } catch (error) {
    return problem("request", error instanceof Error ? error.message : String(error));
  }
  // A browser leaves out what it does not let pages set, and what is not sent was not granted.
  const lost = pairs.find(([name]) => !request.headers.has(name));
  if (lost !== undefined) return problem("request", `a browser does not let a page set the header ${lost[0]}`);
  const response = await fetch(request);
  if (response.type === "opaqueredirect") return problem("redirect");
  const whole = await readBody(response, most);
  if (whole === undefined) return problem("large");
  return { kind: "answer", id, status: response.status, headers: [...response.headers].flat(), body: whole.buffer };
}

// Only in a frame of opaque origin, and only for whoever made that frame: elsewhere it would lend its origin away.
if (self.origin === "null" && parent !== self) {
  addEventListener(
    "message",
    (event) => {
      const port = event.source === parent ? event.ports[0] : undefined;
      if (port !== undefined) serve(port);
    },
    { once: true },
  );
}
