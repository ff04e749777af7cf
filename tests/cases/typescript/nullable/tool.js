export const tool = { input: { type: "object", properties: { note: { type: "string", nullable: true } } } };
export default (x) => x;
