export default function run() { throw new ToolError("no-such", "nothing there"); }
