export default function run({ n }: { n: number }) { return n; }
