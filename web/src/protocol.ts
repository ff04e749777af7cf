// What the page and a cell say to each other, and the only place that looks at an arriving message. A cell is not
// trusted: whatever it sends is checked here for its shape, and its bytes in Rust for everything else.

/** Bytes of one message (80 MiB). */
export const LARGEST = 80 * 1024 * 1024;

/** Globals or memories of one instance. */
const EXPORTS = 10_000;

/** From the page to the cell. */
export type ToCell =
  | { kind: "code"; core: ArrayBuffer }
  | { kind: "run"; setup: ArrayBuffer; replay: boolean; snapshot: boolean }
  | { kind: "answer"; bytes: ArrayBuffer };

/** From the cell to the page. */
export type FromCell =
  | { kind: "ready" }
  | { kind: "compiled" }
  | { kind: "events"; bytes: ArrayBuffer }
  | ({ kind: "state" } & GuestState)
  | { kind: "broken"; text: string };

/** What an instance that is snapshotted holds, by the names of its exports. */
export interface GuestState {
  globals: Map<string, number | bigint>;
  memories: Map<string, ArrayBuffer>;
}

/** Bytes from which handing a buffer over is quicker than copying it (64 KiB). */
const HANDED_OVER = 64 * 1024;

/** Sends a message. Its buffers must not be used any more: large ones are handed over. */
export function post(port: MessagePort, message: ToCell | FromCell): void {
  const buffers = Object.values(message).flatMap((value) => (value instanceof Map ? [...value.values()] : [value]));
  port.postMessage(
    message,
    buffers.filter((value) => value instanceof ArrayBuffer && value.byteLength >= HANDED_OVER),
  );
}

function buffer(value: unknown): ArrayBuffer | undefined {
  return value instanceof ArrayBuffer && value.byteLength <= LARGEST ? value : undefined;
}

function map<T>(value: unknown, fits: (item: unknown) => item is T): Map<string, T> | undefined {
  if (!(value instanceof Map) || value.size > EXPORTS) return undefined;
  for (const [name, item] of value) if (typeof name !== "string" || !fits(item)) return undefined;
  return value as Map<string, T>;
}

/** The message, if it is one. */
export function fromCell(data: unknown): FromCell | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const message = data as { kind?: unknown; bytes?: unknown; globals?: unknown; memories?: unknown; text?: unknown };
  switch (message.kind) {
    case "ready":
    case "compiled":
      return { kind: message.kind };
    case "events": {
      const bytes = buffer(message.bytes);
      return bytes && { kind: "events", bytes };
    }
    case "state": {
      const globals = map(message.globals, (item): item is number | bigint => typeof item === "number" || typeof item === "bigint");
      const memories = map(message.memories, (item): item is ArrayBuffer => buffer(item) !== undefined);
      return globals && memories && { kind: "state", globals, memories };
    }
    case "broken":
      return typeof message.text === "string" ? { kind: "broken", text: message.text.slice(0, 4096) } : undefined;
    default:
      return undefined;
  }
}

/** The message, if it is one. */
export function toCell(data: unknown): ToCell | undefined {
  if (typeof data !== "object" || data === null) return undefined;
  const message = data as Record<"kind" | "core" | "setup" | "bytes" | "replay" | "snapshot", unknown>;
  switch (message.kind) {
    case "code": {
      const core = buffer(message.core);
      return core && { kind: "code", core };
    }
    case "run": {
      const setup = buffer(message.setup);
      return setup && { kind: "run", setup, replay: message.replay === true, snapshot: message.snapshot === true };
    }
    case "answer": {
      const bytes = buffer(message.bytes);
      return bytes && { kind: "answer", bytes };
    }
    default:
      return undefined;
  }
}
