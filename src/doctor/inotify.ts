import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Config, WatchConfig } from '../config/types.ts';
import { counted, firstOf } from '../core/counted.ts';
import { systemCode } from '../errors/index.ts';
import { inotifyLimit } from '../watch/index.ts';
import { checksOf, type Check } from './types.ts';

/** Directories beyond this are not counted: no limit is that high by itself. */
const mostCounted = 1_000_000;
/** Of its limit, other programs of the user need some too. */
const usableShare = 0.8;

/** Whether the kernel grants as many file events as there are directories to watch, and whether all of these can be read. */
export async function inotifyChecks(
  config: Config,
  readLimit: (name: string) => Promise<number | null> = async (name) => inotifyLimit(name),
): Promise<readonly Check[]> {
  const check = checksOf('inotify');
  const limit = await readLimit('max_user_watches');
  if (limit === null) return [];
  let directories = 0;
  const found: Check[] = [];
  for (const watch of config.watches) {
    const { count, unreadable } = await countDirectories(watch);
    directories += count;
    if (unreadable.length === 0) continue;
    const remedy = 'let the user of the service read it: no file in it is noticed';
    found.push(checksOf('watch', watch.name).warn(firstOf(unreadable), remedy));
  }
  const text = `${counted(directories, 'directory', 'directories')} to watch, the limit is ${limit.toLocaleString('en')}`;
  if (directories <= limit * usableShare) return [...found, check.ok(text)];
  const wanted = 2 ** Math.ceil(Math.log2(directories * 2));
  const remedy = `put fs.inotify.max_user_watches=${wanted} into /etc/sysctl.d/ and run \`sysctl --system\`; until then directories are scanned`;
  return [...found, check.warn(text, remedy)];
}

/** The directories of a watch, and why those below it that cannot be read cannot. */
async function countDirectories({ path, recursive }: WatchConfig) {
  const pending = [path];
  const unreadable: string[] = [];
  let count = 0;
  for (let directory = pending.pop(); directory !== undefined && count < mostCounted; directory = pending.pop()) {
    count += 1;
    if (!recursive) break;
    const entries: readonly Dirent[] = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
      const code = systemCode(error) ?? 'error';
      // The watch's own directory is looked at by another check, one that has just gone is no loss, and most disks have the last.
      if (directory !== path && code !== 'ENOENT' && basename(directory) !== 'lost+found')
        unreadable.push(`${directory} cannot be read (${code})`);
      return [];
    });
    for (const entry of entries) if (entry.isDirectory()) pending.push(join(directory, entry.name));
  }
  return { count, unreadable };
}
