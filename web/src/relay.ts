// The way of a page's requests through its own server. The page itself sends these: a courier has no origin, so that no server
// could tell it from any other frame. What a message says is made and read in Rust.

import { readBody } from "./body.js";
import { ToolError } from "./errors.js";

/** Where a relay is, and what shows it that this page may use it. */
export interface RelayOptions {
  /** Its address: of this page's own origin, where `belljar serve --relay` answers. */
  readonly url: string | URL;
  /** Its token. */
  readonly token: string;
}

/** What came of a message: the bytes of an answer, or why there are none. */
export type Carried =
  | { readonly body: ArrayBuffer }
  | { readonly problem: "refused" | "large" | "ended" | "network"; readonly text: string };

/** Bytes of what a server says of a refusal, and of which that much is shown. */
const SAID = 1024;

/** Hosts of this machine, to which a secret may go without TLS. */
const HERE = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

export class Relay {
  readonly #url: URL;
  readonly #token: string;

  /** @throws ToolError if the address is of another origin, or secrets on the way there could be read. */
  constructor({ url, token }: RelayOptions) {
    const where = new URL(url, document.baseURI);
    if (where.origin !== location.origin) throw new ToolError(`a relay is of the page's own origin, ${location.origin}, and not at ${where.origin}`);
    if (where.protocol !== "https:" && !HERE.test(where.hostname)) {
      throw new ToolError("a relay on another machine is reached by https only: what is sent to it can hold secrets");
    }
    this.#url = where;
    this.#token = token;
  }

  /** Hands a message over; `signal` ends it, and then what the relay does for it. It never rejects. */
  async send(message: Uint8Array<ArrayBuffer>, most: number, signal: AbortSignal): Promise<Carried> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: { "content-type": "application/octet-stream", "belljar-token": this.#token },
        body: message,
        mode: "same-origin",
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal,
      });
      if (response.status !== 200) {
        const said = await readBody(response, SAID);
        return { problem: "refused", text: said === undefined ? `status ${response.status}` : new TextDecoder().decode(said).trim() };
      }
      const body = await readBody(response, most);
      return body === undefined ? { problem: "large", text: "" } : { body: body.buffer };
    } catch (error) {
      if (signal.aborted) return { problem: "ended", text: "" };
      return { problem: "network", text: error instanceof Error ? error.message : String(error) };
    }
  }
}
