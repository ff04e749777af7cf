// Reads what a program usually finds in its surroundings; then asks for one thing of each capability.
export default async () => {
  const found = [];
  const look = (name, act) => {
    try {
      const got = act();
      if (got !== undefined) found.push(`${name}: ${typeof got}`);
    } catch {
      // It is not there.
    }
  };
  look("process.env", () => process.env.PATH);
  look("process.argv", () => process.argv);
  look("process.cwd", () => process.cwd());
  look("Deno.env", () => Deno.env.get("PATH"));
  look("Bun.env", () => Bun.env);
  look("require", () => require("fs"));
  look("scriptArgs", () => scriptArgs);
  look("std.getenv", () => std.getenv("PATH"));
  look("os", () => os.getcwd());
  look("window", () => window);
  look("document", () => document.cookie);
  look("location", () => location.href);
  look("navigator", () => navigator.userAgent);
  look("localStorage", () => localStorage.length);
  look("indexedDB", () => indexedDB);
  look("XMLHttpRequest", () => XMLHttpRequest);
  look("WebSocket", () => WebSocket);
  look("postMessage", () => postMessage);
  look("importScripts", () => importScripts);
  look("import.meta.url", () => (0, eval)("import.meta.url"));
  look("constructor", () => [].constructor.constructor("return process")());
  const asked = {};
  for (const [name, act] of Object.entries({
    kv: () => belljar.kv.get("a"),
    files: () => belljar.files.readText("/etc/passwd"),
    http: () => fetch("https://example.com/"),
    tools: () => belljar.tools.call("other", {}),
  })) {
    asked[name] = await act().then(() => "given", (error) => `${error.name} ${error.code}`);
  }
  return { found, timeZone: new Date().getTimezoneOffset(), asked };
};
