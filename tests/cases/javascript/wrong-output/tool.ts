export const tool = { output: { type: "integer" } };
export default () => "x";
