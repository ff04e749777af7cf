enum Color {
  Red,
  Blue = "blue",
}
namespace Names {
  export const first = "f";
}
class P {
  constructor(private readonly x: number, public y = 2) {}
  sum(): number {
    return this.x + this.y;
  }
}
export default () => [Color.Red, Color[0], Color.Blue, Names.first, new P(1).sum(), <number>3 as unknown];
