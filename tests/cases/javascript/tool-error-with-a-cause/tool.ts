export default () => {
  try { JSON.parse("{"); } catch (cause) { throw new ToolError("bad-file", "the file is no JSON", { cause }); }
};
