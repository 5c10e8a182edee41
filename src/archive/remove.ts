import { identityOf, isSameIdentity, type FileIdentity } from '../core/index.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import type { RemovedFile, RemoveRequest } from '../workers/messages.ts';
import * as disk from './disk.ts';

/** Removes archived sources, the end of a move; one that is no longer the file that was archived is kept. */
export function removeSources(request: RemoveRequest): Readonly<Record<string, RemovedFile>> {
  return Object.fromEntries(
    request.files.map(({ path, identity }): [string, RemovedFile] => {
      try {
        if (isOther(path, identity)) return [path, { outcome: 'kept' }];
        disk.removeIfThere(path);
        return [path, { outcome: 'removed' }];
      } catch (error) {
        return [
          path,
          { outcome: 'failed', error: new CarbonationError('TRANSFER_FAILED', messageOf(error)).toPlain() },
        ];
      }
    }),
  );
}

/** Whether something else than the archived file is there now. */
function isOther(path: string, identity: FileIdentity): boolean {
  const now = disk.statOrNull(path);
  if (now === null) return false;
  // Where links are followed the identity is that of the file behind; removed is only ever the link.
  const file = now.isSymbolicLink() ? disk.statOrNull(path, true) : now;
  return file === null || !isSameIdentity(identityOf(file), identity);
}
