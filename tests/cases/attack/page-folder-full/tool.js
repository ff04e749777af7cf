// The folder's limit is the whole folder's, whichever directory is written to.
export default async () => {
  const bytes = new Uint8Array(16 * 1024 * 1024);
  for (let i = 0; i < 40; i += 1) {
    await belljar.files.makeDirectory(`/out/${i}`);
    await belljar.files.write(`/out/${i}/file`, bytes);
  }
};
