import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config, WatchConfig } from '../config/types.ts';
import { counted } from '../core/counted.ts';
import { inotifyLimit } from '../watch/index.ts';
import { checksOf, type Check } from './types.ts';

/** Directories beyond this are not counted: no limit is that high by itself. */
const mostCounted = 1_000_000;
/** Of its limit, other programs of the user need some too. */
const usableShare = 0.8;

/** Whether the kernel grants as many file events as there are directories to watch. */
export async function inotifyChecks(
  config: Config,
  readLimit: (name: string) => Promise<number | null> = async (name) => inotifyLimit(name),
): Promise<readonly Check[]> {
  const check = checksOf('inotify');
  const limit = await readLimit('max_user_watches');
  if (limit === null) return [];
  let directories = 0;
  for (const watch of config.watches) directories += await countDirectories(watch);
  const text = `${counted(directories, 'directory', 'directories')} to watch, the limit is ${limit.toLocaleString('en')}`;
  if (directories <= limit * usableShare) return [check.ok(text)];
  const wanted = 2 ** Math.ceil(Math.log2(directories * 2));
  const remedy = `put fs.inotify.max_user_watches=${wanted} into /etc/sysctl.d/ and run \`sysctl --system\`; until then directories are scanned`;
  return [check.warn(text, remedy)];
}

async function countDirectories({ path, recursive }: WatchConfig): Promise<number> {
  const pending = [path];
  let count = 0;
  for (let next = pending.pop(); next !== undefined && count < mostCounted; next = pending.pop()) {
    count += 1;
    if (!recursive) break;
    // One that cannot be read is another check's business.
    const entries: readonly Dirent[] = await readdir(next, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) if (entry.isDirectory()) pending.push(join(next, entry.name));
  }
  return count;
}
