import type { ServiceConfig, WatchConfig } from '../config/types.ts';
import { shellOption } from '../core/index.ts';
import type { WatchRootMark } from '../store/index.ts';
import type { RootMark } from '../watch/index.ts';

/** Brakes: when files that are gone are not believed to be gone. Pure. */

type GoneLimits = Pick<ServiceConfig, 'maxGonePercent' | 'maxGoneFiles'>;

/** What was found gone in a watch, before anything is concluded from it. */
export interface GoneCount {
  /** Files that the database has in delivery. */
  readonly total: number;
  readonly gone: number;
  /** Those of them that are not archived: what would be lost. */
  readonly unarchived: number;
  readonly unarchivedGone: number;
  /** A file is there, and is the very one that the database knows. */
  readonly hasSameFile: boolean;
  /** A file is there as the database knows it, under another inode number. */
  readonly hasRenumberedFile: boolean;
}

/** Whether a watch's root is the one that was recorded; one that was recorded for another path says nothing. */
export function compareRoot(watch: WatchConfig, mark: RootMark, recorded: WatchRootMark | null) {
  if (recorded === null || recorded.path !== watch.path) return 'first';
  if (mark.device === recorded.device && mark.inode === recorded.inode) return 'same';
  return mark.inode === recorded.inode ? 'otherDevice' : 'other';
}

/** What {@link compareRoot} can say. */
export type RootState = ReturnType<typeof compareRoot>;

/** Why nothing may be cleared, in one sentence; null: what is gone is gone. */
export function brakeOf(watch: WatchConfig, root: RootState, count: GoneCount, limits: GoneLimits): string | null {
  const command = `\`carbonation reconcile delivery ${shellOption('--watch', watch.name)} --force\``;
  if (count.gone > 0 && isForeign(root, count)) {
    // How bad it is comes first: a path may fill what a terminal has room for.
    const files = `${count.gone} of ${count.total} files in delivery are gone`;
    return `${files}, and ${watch.path} is another directory than before: is its disk mounted? Nothing is cleared; if they are gone for good: ${command}`;
  }
  const { unarchived, unarchivedGone } = count;
  const tooMuch = tooMuchGone('files that are not archived yet', { gone: unarchivedGone, all: unarchived }, limits);
  return tooMuch === null ? null : `${tooMuch}: nothing is cleared; if they are gone for good: ${command}`;
}

/** Why so many files are not believed to be gone, as the beginning of a sentence; null: they are. */
export function tooMuchGone(
  what: string,
  { gone, all }: { readonly gone: number; readonly all: number },
  { maxGonePercent, maxGoneFiles }: GoneLimits,
): string | null {
  if (gone <= maxGoneFiles || gone * 100 <= maxGonePercent * all) return null;
  return `${gone} of ${all} ${what} are gone at once, more than ${maxGonePercent} % and ${maxGoneFiles}`;
}

/**
 * The numbers of devices can change with a restart of the computer: the same tree shows by its inodes. Where those are given anew
 * as well, it shows by a file under another number than before, with its ctime, which in no other directory is the same. A file
 * under the number that is on record may have been delivered to the wrong directory meanwhile.
 */
function isForeign(root: RootState, count: GoneCount): boolean {
  if (count.hasRenumberedFile) return false;
  return root === 'other' || (root === 'otherDevice' && !count.hasSameFile);
}
