/** Numbers as they came, though the input is written anew with its defaults. */
export const tool = {
  name: "numbers",
  input: { type: "object", properties: { numbers: { type: "array" }, more: { default: 1.1999999999999997 } } },
};
export default ({ numbers, more }) => [...numbers, more].map((x) => (Object.is(x, -0) ? "-0" : String(x)));
