export default function run(x: { a: string }): string;
export default function run(x: { b: number }): number;
export default function run(x: any): any { return x.a ?? x.b; }
