namespace Counter {
  export let calls = 0, last: string;
  export let { a, b: [c = 4] } = { a: 1, b: [] as number[] };
  export function inc() {
    calls++
    last = `call ${calls}`;
    ({ a } = { a: calls });
    return { calls, c };
  }
}
export default () => [Counter.inc(), Counter.inc(), Counter.calls, Counter.last, Counter.a, Counter.c];
