export default () => {
  console.log("%s has %d items:", "list", 3, [1, { a: new Map([["k", 2n]]) }]);
  console.group("in");
  console.warn("careful");
  console.groupEnd();
  console.table([{ a: 1 }, { b: "x" }]);
  return 1;
};
