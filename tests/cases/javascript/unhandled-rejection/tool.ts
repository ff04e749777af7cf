const lose = async () => {
  throw new Error("lost");
};
const caught = async () => {
  throw new Error("caught");
};

export default async function run() {
  const later = caught();
  lose();
  await later.catch(() => {});
  return "done";
}
