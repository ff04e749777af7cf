// Files and folders that a person drops or chooses, read into memory.

import type { NewFile } from "../state/actions.js";

/** Files of one drop. */
const MOST = 2_000;
/** Bytes of one drop (256 MiB): as much as the page's folder holds. */
const BYTES = 256 << 20;

export class TooMuch extends Error {}

/** Reads a drop. What is dropped must be taken before the event ends, so call this while it is handled. */
export function readDrop(data: DataTransfer, into: string): Promise<NewFile[]> {
  const entries = [...data.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry());
  const files = [...data.files];
  return (async () => {
    const found: { path: string; file: File }[] = [];
    if (entries.some((entry) => entry !== null)) {
      for (const entry of entries) if (entry !== null) await walk(entry, entry.name, found);
    } else {
      for (const file of files) found.push({ path: file.name, file });
    }
    return readAll(found, into);
  })();
}

export function readFiles(files: readonly File[], into: string): Promise<NewFile[]> {
  return readAll(files.map((file) => ({ path: file.webkitRelativePath || file.name, file })), into);
}

async function readAll(found: readonly { path: string; file: File }[], into: string): Promise<NewFile[]> {
  const size = found.reduce((sum, { file }) => sum + file.size, 0);
  if (size > BYTES) throw new TooMuch("That is more than the folder holds (256 MiB).");
  const files: NewFile[] = [];
  for (const { path, file } of found) {
    files.push({ path: place(into, path), bytes: new Uint8Array(await file.arrayBuffer()) });
  }
  return files;
}

/** A dropped folder that has the wanted folder's name is that folder. */
function place(into: string, path: string): string {
  const folder = into.split("/").filter((step) => step !== "" && step !== ".").join("/");
  return folder === "" || path.startsWith(`${folder}/`) ? path : `${folder}/${path}`;
}

async function walk(entry: FileSystemEntry, path: string, found: { path: string; file: File }[]): Promise<void> {
  if (found.length >= MOST) throw new TooMuch(`That is more than ${MOST.toLocaleString("en")} files.`);
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    found.push({ path, file });
  } else if (entry.isDirectory) {
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    // It hands out a hundred at a time, and nothing at the end.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
      if (some.length === 0) break;
      for (const inner of some) await walk(inner, `${path}/${inner.name}`, found);
    }
  }
}
