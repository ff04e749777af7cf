const f = () => "x";
export const tool = { name: f() };
export default () => 1;
