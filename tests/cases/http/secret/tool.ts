// The server tells all that it got; the tool sees no secret, and another origin gets none.
export default async ([web, other]: string[]) => {
  const send = async (url: string, body: unknown) => {
    try {
      const response = await fetch(url, { method: "POST", headers: { authorization: "mine", "x-own": "1" }, body: typeof body === "string" ? body : JSON.stringify(body) });
      return { url: response.url.replace(/^.*\/echo/, "/echo"), ...(await response.json()) };
    } catch (error) {
      return `${(error as Error).name}: ${(error as Error).message}`;
    }
  };
  return [await send(`${web}/echo`, { auth: {} }), await send(`${web}/echo?a=1&key=mine`, { auth: { token: 1, n: 1e3 } }), await send(`${web}/echo`, "text"), await send(`${other}/echo`, {})];
};
