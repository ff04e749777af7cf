export default async (base: string) => {
  try {
    return await (await fetch(`${base}/start`)).text();
  } catch (error) {
    const { name, code, message } = error as Error & { code: string };
    return `${name} ${code}: ${message}`;
  }
};
