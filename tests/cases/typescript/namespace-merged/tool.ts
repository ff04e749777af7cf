namespace Geo {
  export const base = 3;
  export function twice(this: unknown, n: number) { return this === undefined ? n * 2 : -1; }
}
namespace Geo {
  const own = base
  export const more = own + 1
  twice(1)
  export const double = twice(base);
  export namespace Inner { export const deep = base + more; }
}
namespace Geo { export namespace Inner { export const deeper = deep + base; } }
export default () => [Geo.more, Geo.double, Geo.Inner.deep, Geo.Inner.deeper];
