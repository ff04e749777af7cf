namespace N { export let x = 1; export function f(N: number) { return x + N; } }
export default () => N.f(1);
