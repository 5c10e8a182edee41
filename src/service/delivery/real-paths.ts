import { readlink, realpath } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { entryPath, inTime, systemClock } from '../../core/index.ts';
import { systemCode } from '../../errors/index.ts';

/** How long a file system may take to say where a path leads, in ms; one that has hung must not keep the service from starting. */
const answerMs = 5000;

/**
 * Where a path really is, behind symbolic links. Of what does not exist (yet), the nearest directory that does tells; where
 * nobody answers in time, or may not be asked, the path counts as real.
 */
export async function realPathOf(path: string): Promise<string> {
  return (await inTime(systemClock, answerMs, find(path))) ?? path;
}

async function find(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const parent = dirname(path);
    if (systemCode(error) !== 'ENOENT' || parent === path) return path;
    // A link may lead to what is still to be made.
    const target = await readlink(path).catch(() => null);
    return target === null ? entryPath(await find(parent), basename(path)) : await find(resolve(parent, target));
  }
}
