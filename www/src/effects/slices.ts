// Long work in small parts, so that the page goes on drawing.

/** Milliseconds of work at a stretch. */
const STRETCH = 10;

/** Lets everything else have a turn. Not by a timer: those of a tab in the background are slow. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/** Does something for every number below `end`, until `act` says `false`; rests between. Rejects with what `act` throws. */
export async function inSlices(end: number, act: (i: number) => boolean | void, rest = turn): Promise<void> {
  let until = performance.now() + STRETCH;
  for (let i = 0; i < end; i++) {
    if (act(i) === false) return;
    if ((i & 63) === 63 && performance.now() > until) {
      await rest();
      until = performance.now() + STRETCH;
    }
  }
}
