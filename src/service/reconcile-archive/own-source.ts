import { lstat } from 'node:fs/promises';
import type { ArchivedFile } from '../../store/index.ts';
import type { ReadFile } from '../../workers/index.ts';
import type { ArchiveScope } from './scope.ts';

/** What is wrong with a copy that is none. */
export const ownSource = 'it is the delivered file itself, to which a link leads: there is no copy';

/**
 * Whether what was read at the place of a copy is the delivered file itself, as where a directory of the archive has been replaced by
 * a link to the delivery: a single file, which is gone here when it is removed there.
 */
export async function isOwnSource(
  file: ArchivedFile,
  found: ReadFile | undefined,
  { archives }: ArchiveScope,
): Promise<boolean> {
  const isCopied = archives.every(({ action }) => action === 'copy' || action === 'move');
  if (!isCopied || file.isOrphan || !file.inDelivery) return false;
  // Another inode number is another file: no look at the delivery is needed, whose disk may not answer.
  if (found?.outcome !== 'read' || found.identity.inode !== file.sourceInode) return false;
  try {
    const [source, copy] = await Promise.all([lstat(file.sourcePath), lstat(file.archivePath)]);
    return copy.dev === source.dev && copy.ino === source.ino && copy.nlink === 1;
  } catch {
    return false;
  }
}
