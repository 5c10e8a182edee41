import { isAbsence, messageOf } from '../errors/index.ts';
import { identityOf, refusedKind } from '../core/index.ts';
import type { ReadFile, ReadRequest } from '../workers/messages.ts';
import * as disk from './disk.ts';

/** Reads archived files to their ends; what each one holds, in the order of the request. Never throws for a file's sake. */
export function readFiles(request: ReadRequest): readonly ReadFile[] {
  return request.paths.map(readFile);
}

function readFile(path: string): ReadFile {
  try {
    // A link in an archive stands for what it leads to.
    const fd = disk.openFile(path, true);
    try {
      const stat = disk.fstatSync(fd);
      const refused = refusedKind(stat);
      if (refused !== null) return { outcome: 'other', reason: `a ${refused}` };
      const { sha256, bytes } = disk.readAndHash(fd, stat.size);
      return { outcome: 'read', sha256, sizeBytes: bytes, identity: identityOf(stat) };
    } finally {
      disk.closeSync(fd);
    }
  } catch (error) {
    if (isAbsence(error)) return { outcome: 'gone' };
    return { outcome: 'unreadable', reason: messageOf(error) };
  }
}
