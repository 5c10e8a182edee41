import { realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { WatchConfig } from '../config/types.ts';
import { isBelow } from '../core/index.ts';
import { isEntered, type NameFilter } from './names.ts';

/**
 * Whether a link on the way to a directory leads back into what the watch reads anyway: what is there is taken once, under the path
 * at which it is, by whoever looks. False where that cannot be found out: then it has gone, or whoever reads it says why not.
 */
export async function isShortcut(
  watch: Pick<WatchConfig, 'path'>,
  filter: NameFilter,
  directory: string,
): Promise<boolean> {
  try {
    const [root, real] = await Promise.all([realpath(watch.path), realpath(directory)]);
    if (!isBelow(root, real)) return false;
    const own = join(watch.path, relative(root, real));
    return own !== directory && isEntered(watch, filter, own);
  } catch {
    return false;
  }
}
