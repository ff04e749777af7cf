// The courier: a compartment that performs HTTP requests and nothing else. Guests are elsewhere, in cells, and the page
// itself sends nothing for a tool. The frame's own document is a file, because a frame made from text is bound by the
// page's Content-Security-Policy, which lets nothing out.

import { LARGEST } from "./protocol.js";

/** A request that was permitted. Names and values of headers stand in turn. */
export interface Outgoing {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly string[];
  readonly body: ArrayBuffer | undefined;
  /** Bytes of the answer's body, at most. */
  readonly most: number;
}

/**
 * Why there is no answer: the request is none that a page can make; the server redirects, and a browser does not say where
 * to; the body is too large; it took too long; the run has ended; the browser hands out no answer; the courier is not there.
 */
export type Problem = "request" | "redirect" | "large" | "time" | "ended" | "network" | "courier";

/** What came of a request. */
export type Came =
  | { readonly kind: "answer"; readonly status: number; readonly headers: readonly string[]; readonly body: ArrayBuffer }
  | { readonly kind: "problem"; readonly problem: Problem; readonly text: string };

/** From the page to the courier. */
export type ToCourier = ({ kind: "send"; id: number } & Outgoing) | { kind: "abort"; id: number };

/** From the courier to the page. */
export type FromCourier = { kind: "ready" } | (Came & { id: number });

const PROBLEMS: readonly string[] = ["request", "redirect", "large", "time", "ended", "network"] satisfies Problem[];

/** Header fields of an answer, and characters of one of them (256 KiB): more is what no server sends. */
const FIELDS = 1000;
const FIELD = 256 * 1024;

/** Milliseconds in which the courier's document is there (20 s). */
const PATIENCE = 20_000;

/** The message, if it is one. */
function fromCourier(data: unknown): FromCourier | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const { kind, id, status, headers, body, problem, text } = data as Record<string, unknown>;
  if (kind === "ready") return { kind };
  if (typeof id !== "number") return undefined;
  if (kind === "problem") {
    if (typeof problem !== "string" || !PROBLEMS.includes(problem) || typeof text !== "string") return undefined;
    return { kind, id, problem: problem as Problem, text: text.slice(0, 1024) };
  }
  const isText = (item: unknown): item is string => typeof item === "string" && item.length <= FIELD;
  if (kind !== "answer" || !Array.isArray(headers) || headers.length > 2 * FIELDS || !headers.every(isText)) return undefined;
  if (typeof status !== "number" || !Number.isInteger(status) || status < 100 || status > 999) return undefined;
  if (!(body instanceof ArrayBuffer) || body.byteLength > LARGEST) return undefined;
  return { kind, id, status, headers, body };
}

/** The courier of a page: its frame is made for the first request. */
export class Courier {
  readonly #document: URL;
  readonly #waiting = new Map<number, (came: Came) => void>();
  #port: Promise<MessagePort> | undefined;
  #frame: HTMLIFrameElement | undefined;
  #next = 1;

  /** `document` is where the frame's document is. */
  constructor(document: URL) {
    this.#document = document;
  }

  /** Performs a request; `signal` ends it, when nobody waits for it any more. It never rejects. */
  async send(request: Outgoing, signal: AbortSignal): Promise<Came> {
    let port: MessagePort;
    try {
      port = await (this.#port ??= this.#open());
    } catch (error) {
      this.#end();
      return { kind: "problem", problem: "courier", text: String(error instanceof Error ? error.message : error) };
    }
    if (signal.aborted) return { kind: "problem", problem: "ended", text: "" };
    const id = this.#next++;
    return new Promise((resolve) => {
      const abort = () => port.postMessage({ kind: "abort", id } satisfies ToCourier);
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.set(id, (came) => {
        signal.removeEventListener("abort", abort);
        resolve(came);
      });
      const message: ToCourier = { kind: "send", id, ...request };
      port.postMessage(message, request.body === undefined ? [] : [request.body]);
    });
  }

  /** Ends it, and all requests under way. */
  close(): void {
    this.#end();
  }

  #end(): void {
    this.#frame?.remove();
    this.#frame = undefined;
    this.#port = undefined;
    for (const done of this.#waiting.values()) done({ kind: "problem", problem: "ended", text: "" });
    this.#waiting.clear();
  }

  async #open(): Promise<MessagePort> {
    const frame = document.createElement("iframe");
    this.#frame = frame;
    frame.setAttribute("sandbox", "allow-scripts");
    frame.setAttribute("referrerpolicy", "no-referrer");
    frame.setAttribute("aria-hidden", "true");
    frame.tabIndex = -1;
    frame.title = "";
    frame.style.cssText = "display:none";
    frame.src = this.#document.href;
    const loaded = new Promise<void>((resolve) => frame.addEventListener("load", () => resolve(), { once: true }));
    document.body.append(frame);
    const { port1, port2 } = new MessageChannel();
    const ready = new Promise<void>((resolve) => {
      port1.onmessage = ({ data }) => {
        const message = fromCourier(data);
        if (message?.kind === "ready") return resolve();
        if (message === undefined) return this.#end();
        const done = this.#waiting.get(message.id);
        this.#waiting.delete(message.id);
        done?.(message);
      };
    });
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(new Error(`${this.#document.pathname} does not answer: is it served with the package, and may this page frame it?`)), PATIENCE),
    );
    await Promise.race([loaded, late]);
    frame.contentWindow?.postMessage(undefined, "*", [port2]);
    await Promise.race([ready, late]);
    return port1;
  }
}
