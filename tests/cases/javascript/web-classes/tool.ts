export default async () => {
  const control = new AbortController();
  const seen: string[] = [];
  control.signal.addEventListener("abort", (event) => seen.push(event.type), { once: true });
  control.abort();
  const timed = AbortSignal.timeout(5);
  const why = await new Promise((done) => { timed.onabort = () => done(timed.reason.name); });
  const form = new FormData();
  form.append("a", "1");
  const list: number[] = [];
  for await (const item of new ReadableStream<number>({ start(c) { c.enqueue(1); c.close(); } }) as any) list.push(item);
  return { seen, reason: control.signal.reason.name, why, text: await new Blob(["ab", new Uint8Array([99])]).text(), form: [...form], list, latin: new TextDecoder("latin1").decode(new Uint8Array([0xe9, 0x80])) };
};
