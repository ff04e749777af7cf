// Requests are under way at once: what is quick comes first.
export default async (base: string) => {
  const get = async (path: string) => (await fetch(`${base}/${path}`)).text();
  const slow = get("slow").then((text) => (console.log(text), text));
  const quick = await get("quick");
  console.log(quick);
  return [await slow, quick, await get("quick")];
};
