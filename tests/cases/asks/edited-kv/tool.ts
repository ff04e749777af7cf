// Keeps a value and a file, and reads both again.
export default async () => {
  await belljar.kv.set("notes/a", "all");
  const value = await belljar.kv.get("notes/a");
  await belljar.files.write("/data/a.bin", "text");
  return [value, [...await belljar.files.readBytes("/data/a.bin")]];
};
