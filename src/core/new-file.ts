import { open, rm } from 'node:fs/promises';

/**
 * Writes a file that must not be there yet. One that cannot be written whole, as on a full disk, is taken away again: whoever comes
 * next would take it for somebody's work.
 *
 * @throws the system's error, `EEXIST` if something has its name
 */
export async function writeNewFile(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    try {
      await file.writeFile(content);
    } finally {
      // Some shares say only here that they are full.
      await file.close();
    }
  } catch (thrown) {
    await rm(path, { force: true });
    throw thrown;
  }
}
