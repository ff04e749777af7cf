interface Input {
  n: number;
  mode?: "a" | "b";
}
export default ({ n }: Input): number => n;
