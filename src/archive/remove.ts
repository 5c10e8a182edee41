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
        disk.removeIfThere(path);
        return { outcome: 'removed' };
      });
    } catch (error) {
      if (isAbsence(error)) return { outcome: 'gone' };
      return { outcome: 'failed', error: new CarbonationError('TRANSFER_FAILED', messageOf(error)).toPlain() };
    }
  });
}

/** Whether what is there now is something else than the archived file. */
function isOther(path: string, now: Stats, identity: FileIdentity): boolean {
  // Where links are followed the identity is that of the file behind; removed is only ever the link.
  const file = now.isSymbolicLink() ? disk.statOrNull(path, true) : now;
  return file === null || !isSameIdentity(identityOf(file), identity);
}
