export default async ({ rows = [1, -2] }) => {
  rows.forEach(async (row) => { await new Promise((r) => setTimeout(r, 5)); if (row < 0) throw new Error("negative row " + row); });
  return rows.length;
};
