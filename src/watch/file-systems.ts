import { stat, statfs } from 'node:fs/promises';

/** What is known of file systems, by their magic number (linux/magic.h). */
const ext = 0xef53;
const xfs = 0x58465342;
const tmpfs = 0x01021994;
const btrfs = 0x9123683e;
const overlay = 0x794c7630;
const zfs = 0x2fc12fc1;
const f2fs = 0xf2f52010;

/** Their times come from this machine's own kernel. */
const local: ReadonlySet<number> = new Set([ext, xfs, tmpfs, btrfs, overlay, zfs, f2fs]);

/** Each directory in a directory has a link to it, so that one with two links, its name and its own `.`, has none in it. */
const linked: ReadonlySet<number> = new Set([ext, xfs, tmpfs]);

/** Whether a directory is on a file system whose times are set by this machine's clock. Unknown means: do not rely on it. */
export async function isLocalFileSystem(path: string): Promise<boolean> {
  return local.has(await typeOf(path));
}

/** The device of a directory where {@link isLocalFileSystem} says so of it; null: not. What is mounted below it is another one. */
export async function localDevice(path: string): Promise<number | null> {
  if (!(await isLocalFileSystem(path))) return null;
  const found = await stat(path).catch(() => null);
  return found?.dev ?? null;
}

/** Whether the links of a directory tell how many directories there are in it. */
export async function countsDirectories(path: string): Promise<boolean> {
  return linked.has(await typeOf(path));
}

async function typeOf(path: string): Promise<number> {
  try {
    return (await statfs(path)).type;
  } catch {
    return 0;
  }
}
