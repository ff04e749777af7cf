// Every failure of keys and files, as the table in docs/api.md has it: the same words on every host.
const { kv, files } = belljar;

const acts: Record<string, () => Promise<unknown>> = {
  "no rule": () => files.readText("/elsewhere/a.txt"),
  "a rule that denies": () => files.readText("/d/private/key"),
  "a key that a rule denies": () => kv.set("secret", "1"),
  "nothing there": () => files.readText("/d/none.txt"),
  "no such folder on the way": () => files.write("/d/none/a.txt", "1"),
  "something there": () => files.write("/d/a.txt", "1", { mode: "create" }),
  "a folder there": () => files.makeDirectory("/d/full"),
  "a file on the way": () => files.readText("/d/a.txt/b"),
  "a folder read": () => files.readText("/d/full"),
  "a file listed": () => files.list("/d/a.txt"),
  "a full folder removed": () => files.remove("/d/full"),
  "the granted folder removed": () => files.remove("/d"),
  "a granted folder that is not there": () => files.readText("/gone/a.txt"),
  "a way up": () => files.readText("/d/../a.txt"),
  "no absolute path": () => files.readText("a.txt"),
  "no key": () => kv.get(""),
  "a key with a control character": () => kv.get("a\nb"),
  "a long key": () => kv.get("k".repeat(513)),
  "too many bytes written": () => files.write("/d/new.txt", "123456789"),
  "too many bytes kept": () => kv.set("k", "v".repeat(1000)),
  "too many keys": async () => {
    await kv.set("one", "1");
    await kv.set("two", "2");
  },
  "too much at once": () => kv.set("k", new Uint8Array((16 << 20) + 1)),
};

export default async () => {
  const said: Record<string, string> = {};
  for (const [what, act] of Object.entries(acts)) {
    said[what] = await act().then(() => "nothing failed", (error) => `${error.name} ${error.code}: ${error.message}`);
  }
  return said;
};
