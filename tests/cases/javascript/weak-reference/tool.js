export default async () => {
  const ref = new WeakRef({ k: 1 });
  const first = ref.deref()?.k;
  await null;
  return { first, later: ref.deref()?.k, same: new WeakRef(ref).deref() === ref };
};
