interface A {
  a: number;
}

type B = { b: string };
function inner(x: A): never {
  throw new TypeError(`bad ${x.a}`);
}
export default function run(input: unknown) {
  const y: A = { a: 1 };
  return inner(y);
}
