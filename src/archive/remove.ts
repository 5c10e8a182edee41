import type { Stats } from 'node:fs';
import { identityOf, isSameIdentity, type FileIdentity } from '../core/index.ts';
import { CarbonationError, isAbsence, messageOf } from '../errors/index.ts';
import type { RemovedFile, RemoveRequest } from '../workers/messages.ts';
import * as disk from './disk.ts';
import { inPlace } from './in-place.ts';
import { readFiles } from './read.ts';

/** Removes archived sources, the end of a move, and says of each, in order; one that is no longer the archived file is kept. */
export function removeSources(request: RemoveRequest): readonly RemovedFile[] {
  const links = request.followSymlinks ? lookAtLinks(request) : new Map<string, Link>();
  return request.files.map((file) => {
    try {
      return inPlace(file, request.followSymlinks, (path): RemovedFile => {
        const now = disk.statOrNull(path);
        if (now === null) return { outcome: 'gone' };
        if (isOther(path, now, file.identity, links)) return { outcome: 'kept' };
        assertCopy(file, now);
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

/** Whoever takes a source away may be taking the last of it: its copy is to be where it was put, and hold what it held. */
function assertCopy({ path, copy }: RemoveRequest['files'][number], source: Stats): void {
  if (copy === null || isKeptBy(copy, source)) return;
  const message = `${path} is kept: its copy ${copy.path} is not there as it was archived`;
  const remedy = 'put the copy back, or have it marked as missing by `carbonation reconcile archive --verify`';
  throw new CarbonationError('TRANSFER_FAILED', message, { remedy });
}

/** Whether what was archived is still there without its source. */
function isKeptBy(copy: NonNullable<RemoveRequest['files'][number]['copy']>, source: Stats): boolean {
  // A link in an archive stands for what it leads to.
  const there = disk.statOrNull(copy.path, true);
  if (there?.isFile() !== true || there.size !== copy.sizeBytes) return false;
  // The very file that is to be removed: by another name of it, or only by a way that leads back to the source.
  if (there.ino === source.ino && there.dev === source.dev) return there.nlink > 1;
  const [found] = readFiles({ paths: [copy.path] });
  return found?.outcome === 'read' && found.sha256 === copy.sha256;
}

/** A link, and the file that it leads to. */
interface Link {
  readonly link: FileIdentity;
  readonly file: Stats | null;
}

/** Before anything goes: a link beside its file leads nowhere once that has been removed. */
function lookAtLinks({ files }: RemoveRequest): ReadonlyMap<string, Link> {
  const links = new Map<string, Link>();
  for (const { path } of files) {
    try {
      const now = disk.statOrNull(path);
      if (now?.isSymbolicLink() === true) links.set(path, { link: identityOf(now), file: disk.statOrNull(path, true) });
    } catch {
      // Whoever removes it says why.
    }
  }
  return links;
}

/** Whether what is there now is something else than the archived file. */
function isOther(path: string, now: Stats, identity: FileIdentity, links: ReadonlyMap<string, Link>): boolean {
  // Where links are followed the identity is that of the file behind; removed is only ever the link.
  const file = now.isSymbolicLink() ? fileBehind(path, now, links.get(path)) : now;
  return file === null || !isSameIdentity(identityOf(file), identity);
}

function fileBehind(path: string, now: Stats, seen: Link | undefined): Stats | null {
  return seen !== undefined && isSameIdentity(identityOf(now), seen.link) ? seen.file : disk.statOrNull(path, true);
}
