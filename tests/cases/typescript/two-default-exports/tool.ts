export default function run() {
  return 1;
}

export default (x: number) => x;
