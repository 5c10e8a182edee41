import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { entryPath } from '../core/index.ts';
import type { SourceFile } from '../workers/messages.ts';

/** Where Linux shows what is open, so that a name can be looked up in a directory that is: nobody can exchange it meanwhile. */
const openFiles = '/proc/self/fd';
const canLookUpInOpen = existsSync(openFiles);

const directoryOnly = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Gives a path of the file by which no link is followed on the way from its watch to it, for as long as `use` runs: whoever
 * delivers can put a link to any place where a directory was.
 *
 * @throws system errors: ENOTDIR or ELOOP where a directory is a link now
 */
export function inPlace<Result>(file: SourceFile, followSymlinks: boolean, use: (path: string) => Result): Result {
  const { path, name } = file;
  if (followSymlinks || !name.includes('/') || !path.endsWith(name)) return use(path);
  const [last = '', ...above] = name.split('/').toReversed();
  let at = path.slice(0, -name.length);
  let held: number | null = null;
  try {
    for (const directory of above.toReversed()) {
      const way = entryPath(at, directory);
      const next = openSync(way, directoryOnly);
      if (held !== null) closeSync(held);
      held = next;
      at = canLookUpInOpen ? `${openFiles}/${held}` : way;
    }
    return use(entryPath(at, last));
  } catch (error) {
    // Whoever reads of it knows the file by its path.
    if (error instanceof Error) error.message = error.message.replaceAll(entryPath(at, last), path);
    throw error;
  } finally {
    if (held !== null) closeSync(held);
  }
}
