// The script of a compiler's worker. Compiling somebody's source happens here, where it has a memory of its own that is
// bounded when the module is built, no network and no storage, and where the page can end it. There is one of these for
// each compiler.

import "./doors.js";
import * as compiler from "compiler:module";

import type { Answer, Failed, Job, Made } from "./compilers.js";

const scope = self as unknown as { onmessage: ((event: MessageEvent) => void) | null };

let memory: WebAssembly.Memory | undefined;

scope.onmessage = (event) => {
  scope.onmessage = null;
  const port = event.ports[0];
  if (port === undefined) return;
  try {
    ({ memory } = compiler.initSync({ module: new WebAssembly.Module(event.data as ArrayBuffer) }));
    port.onmessage = (event) => serve(port, event.data as { id: number; job: Job });
    port.postMessage({ id: 0 } satisfies Answer);
  } catch (error) {
    port.postMessage({ id: 0, failed: failure(error) } satisfies Answer);
  }
};

function serve(port: MessagePort, { id, job }: { id: number; job: Job }): void {
  try {
    const made = act(job);
    const buffers = [made.component?.buffer].filter((buffer) => buffer instanceof ArrayBuffer);
    port.postMessage({ id, made } satisfies Answer, buffers);
  } catch (error) {
    port.postMessage({ id, failed: failure(error) } satisfies Answer);
  }
}

function act(job: Job): Made {
  switch (job.kind) {
    case "compile":
    case "described": {
      const output = job.kind === "compile" ? compiler.compile(job.file, job.bytes) : compiler.described(job.file, job.bytes, job.answer);
      try {
        const [program, input] = (job.kind === "compile" ? output.describer?.() : undefined) ?? [];
        const describer = input === undefined ? undefined : { program, input };
        return { component: output.component(), program: output.program?.(), manifest: output.manifest(), warnings: output.warnings(), describer };
      } finally {
        output.free();
      }
    }
    case "admit":
      return { component: compiler.admit(job.component, job.manifest, job.file) };
    case "engine": {
      const snapshot = new compiler.Snapshot(job.component);
      try {
        return { component: compiler.admit(snapshot.engine(), "{}", "js.wasm") };
      } finally {
        snapshot.free();
      }
    }
    case "standalone": {
      const snapshot = new compiler.Snapshot(job.component);
      try {
        const { globals, memories } = job.state;
        return { component: snapshot.component(job.manifest, job.program, (name) => globals.get(name), (name) => memories.get(name)) };
      } finally {
        snapshot.free();
      }
    }
  }
}

/** What went wrong: the compiler's own words, or that it broke, after which nothing of it can be used. */
function failure(error: unknown): Failed {
  const broke = error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
  const { message, reason, line, column } = (error instanceof Error ? error : { message: String(error) }) as Error & Partial<Failed>;
  return { message, reason, line, column, broke, memory: memory?.buffer.byteLength ?? 0, deep: error instanceof RangeError };
}
