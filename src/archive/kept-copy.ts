import type { ArchivedPlace } from '../workers/messages.ts';
import { isRoot } from './directories.ts';
import * as disk from './disk.ts';

/**
 * Whether a copy is no longer where it was put, or has another size: a look that reads nothing. Of an archive that is away, or
 * cannot be looked at, nothing is concluded.
 */
export function isLost({ path, sizeBytes, basePath, root }: ArchivedPlace): boolean {
  try {
    if (!isRoot(disk.statOrNull(basePath, true), root)) return false;
    // A link in an archive stands for what it leads to.
    const there = disk.statOrNull(path, true);
    return there?.isFile() !== true || there.size !== sizeBytes;
  } catch {
    return false;
  }
}
