// Cells: workers in sandboxed frames of opaque origin, where guests run. A cell serves one tool under one policy, and
// is thrown away when a run in it did not end by itself.

import { fromCell, type FromCell, post, type ToCell } from "./protocol.js";

/** What a cell may load: nothing, from nowhere. Its worker is made of text that the page hands in. */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' blob: 'wasm-unsafe-eval'; worker-src blob:; frame-src 'none'; child-src blob:; form-action 'none'; base-uri 'none'";

/** What stays in the frame's document: the language, what hears one message, and a clock. */
const KEPT =
  "^(?:(?:Aggregate|Eval|Range|Reference|Syntax|Type|URI|Suppressed)?Error|(?:Weak)?(?:Map|Set)|WeakRef|Object|Function|Array|Number|Boolean|String|Symbol|Date|Promise|RegExp|JSON|Math|Intl|ArrayBuffer|Atomics|(?:Big)?(?:Uint|Int|Float)\\d+(?:Clamped)?Array|DataView|BigInt|Iterator|Proxy|Reflect|FinalizationRegistry|(?:de|en)codeURI(?:Component)?|(?:un)?escape|is(?:Finite|NaN)|parse(?:Float|Int)|Infinity|NaN|undefined|globalThis|eval|window|self|document|location|top|origin|console|(?:set|clear)Timeout|Event|MessageEvent|ErrorEvent|EventTarget|MessagePort)$";

/**
 * The frame's script. First it takes out of the document all that could make an element, a frame or a connection, WebRTC
 * among it: browsers connect for a frame, and for WebRTC, before they look at any policy. Then it hears one message, makes
 * the worker, hands it the port, and hears nothing any more. (`cookie` stays: it throws.) What it cannot take away is the document's address; for
 * that the page's server sends `Connection-Allowlist`, which frames made from text inherit.
 */
export const BOOT = `(()=>{const{Blob:B,URL:U,Worker:W}=self,make=U.createObjectURL,keep=/${KEPT}/,rid=(o,k)=>{try{delete o[k]}catch{}};const chains=[document,self,location,navigator,history];for(const start of chains)for(let o=Object.getPrototypeOf(start);o&&o!==Object.prototype&&o!==EventTarget.prototype;o=Object.getPrototypeOf(o))for(const k of Reflect.ownKeys(o))if(k!=="cookie")rid(o,k);for(const k of Reflect.ownKeys(self))if(typeof k==="symbol"||!keep.test(k))rid(self,k);addEventListener("message",(event)=>{const port=event.ports[0];const worker=new W(make(new B([event.data.script],{type:"text/javascript"})));worker.onerror=(problem)=>{port.postMessage({kind:"broken",text:String(problem.message||"the worker does not start")})};worker.postMessage(event.data.module,[port])},{once:true})})()`;

const DOCUMENT = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><title>cell</title><script>${BOOT}</script>`;

/** A worker of opaque origin without network: the port to it, and how it is ended. */
export interface Room {
  readonly port: MessagePort;
  end(): void;
}

/** Makes one. `script` is its worker's, which gets `module` and a port with its first message. */
export async function room(script: string, module: ArrayBuffer): Promise<Room> {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts");
  frame.setAttribute("aria-hidden", "true");
  frame.tabIndex = -1;
  frame.title = "";
  frame.style.cssText = "display:none";
  frame.srcdoc = DOCUMENT;
  const loaded = new Promise<void>((resolve) => frame.addEventListener("load", () => resolve(), { once: true }));
  document.body.append(frame);
  await loaded;
  const { port1, port2 } = new MessageChannel();
  frame.contentWindow?.postMessage({ script, module }, "*", [port2]);
  const end = () => {
    port1.close();
    frame.remove();
  };
  return { port: port1, end };
}

/** Milliseconds that a cell may take to start, or to compile its code. */
const PATIENCE = 60_000;

/** A cell. */
export class Cell {
  readonly #room: Room;
  readonly #port: MessagePort;
  #listener: ((message: FromCell) => void) | undefined;
  #gone = false;

  private constructor(room: Room) {
    this.#room = room;
    this.#port = room.port;
    this.#port.onmessage = (event) => {
      const message = fromCell(event.data);
      if (message === undefined) this.#listener?.({ kind: "broken", text: "the cell sent what is no message" });
      else this.#listener?.(message);
    };
  }

  /** Starts a cell. `module` is the guest's half of the host, `script` the worker's. */
  static async start(script: string, module: ArrayBuffer): Promise<Cell> {
    const cell = new Cell(await room(script, module));
    const ready = cell.#next("ready");
    try {
      await ready;
    } catch (error) {
      cell.end();
      throw error;
    }
    return cell;
  }

  /** Gives the cell its code: an admitted module. */
  async compile(core: Uint8Array<ArrayBuffer>): Promise<void> {
    const compiled = this.#next("compiled");
    this.post({ kind: "code", core: core.slice().buffer });
    await compiled;
  }

  /** Hears everything that the cell says from now on. */
  listen(listener: ((message: FromCell) => void) | undefined): void {
    this.#listener = listener;
  }

  /** Says something to the cell. The message's buffers must not be used any more. */
  post(message: ToCell): void {
    if (!this.#gone) post(this.#port, message);
  }

  /** Ends the cell and whatever runs in it, at once. */
  end(): void {
    this.#gone = true;
    this.#listener = undefined;
    this.#room.end();
  }

  #next(kind: "ready" | "compiled"): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the cell does not answer")), PATIENCE);
      this.#listener = (message) => {
        clearTimeout(timer);
        this.#listener = undefined;
        if (message.kind === kind) resolve();
        else reject(new Error(message.kind === "broken" ? message.text : `the cell sent ${message.kind}`));
      };
    });
  }
}
