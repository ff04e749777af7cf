type Expr = { op: "add"; left: Expr; right: Expr } | { op: "num"; value: number };
interface Tree<T> { id: T; kids: Tree<T>[] }
export default ({ e, t }: { e: Expr; t: Tree<string> }) => 1;
