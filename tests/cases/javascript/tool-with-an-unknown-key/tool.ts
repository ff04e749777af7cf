export const tool = { nmae: "x" };
export default () => 1;
