export default () => { throw new ToolError("not-found", "no such repository"); };
