import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Writes a file that must not be there yet. One that cannot be written whole, as on a full disk, is taken away again: whoever comes
 * next would take it for somebody's work. So would whoever comes after a Ctrl+C: it is written in one go.
 *
 * @throws the system's error, `EEXIST` if something has its name
 */
export async function writeNewFile(path: string, content: string): Promise<void> {
  const file = openSync(path, 'wx');
  try {
    try {
      writeFileSync(file, content);
    } finally {
      // Some shares say only here that they are full.
      closeSync(file);
    }
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  }
}

/**
 * Makes a directory and those above it, where there are none. Not by `recursive`, which never ends where the system says only that
 * something is missing, as below /proc.
 *
 * @throws the system's error, `EEXIST` or `ENOTDIR` if something else is in the way
 */
export async function makeDirectories(path: string): Promise<void> {
  const missing: string[] = [];
  for (let at = path; !(await isDirectory(at)); at = dirname(at)) missing.unshift(at);
  for (const directory of missing) {
    await mkdir(directory).catch(async (error: unknown) => {
      // Somebody else may have just made it.
      if (!(await isDirectory(directory))) throw error;
    });
  }
}

function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
