import type { Stats } from 'node:fs';
import { identityOf, isSameIdentity, type FileIdentity } from '../core/index.ts';
import { CarbonationError, isAbsence, messageOf } from '../errors/index.ts';
import type { RemovedFile, RemoveRequest } from '../workers/messages.ts';
import * as disk from './disk.ts';
import { inPlace } from './in-place.ts';

/** Removes archived sources, the end of a move, and says of each, in order; one that is no longer the archived file is kept. */
export function removeSources(request: RemoveRequest): readonly RemovedFile[] {
  return request.files.map((file) => {
    try {
      return inPlace(file, request.followSymlinks, (path): RemovedFile => {
        const now = disk.statOrNull(path);
        if (now === null) return { outcome: 'gone' };
        if (isOther(path, now, file.identity)) return { outcome: 'kept' };
        assertCopy(file);
        disk.removeIfThere(path);
        return { outcome: 'removed' };
      });
    } catch (error) {
      if (isAbsence(error)) return { outcome: 'gone' };
      const remedy = 'check the disk and the permissions of the delivery directory; it is tried again';
      const known =
        error instanceof CarbonationError
          ? error
          : new CarbonationError('TRANSFER_FAILED', messageOf(error), { remedy });
      return { outcome: 'failed', error: known.toPlain() };
    }
  });
}

/** Whoever takes a source away may be taking the last of it: its copy is to be where it was put. */
function assertCopy({ path, copy }: RemoveRequest['files'][number]): void {
  if (copy === null) return;
  // A link in an archive stands for what it leads to.
  const there = disk.statOrNull(copy.path, true);
  if (there?.isFile() === true && there.size === copy.sizeBytes) return;
  const message = `${path} is kept: its copy ${copy.path} is not there as it was archived`;
  const remedy = 'put the copy back, or have it marked as missing by `carbonation reconcile archive`';
  throw new CarbonationError('TRANSFER_FAILED', message, { remedy });
}

/** Whether what is there now is something else than the archived file. */
function isOther(path: string, now: Stats, identity: FileIdentity): boolean {
  // Where links are followed the identity is that of the file behind; removed is only ever the link.
  const file = now.isSymbolicLink() ? disk.statOrNull(path, true) : now;
  return file === null || !isSameIdentity(identityOf(file), identity);
}
