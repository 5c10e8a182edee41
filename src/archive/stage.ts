import type { Stats } from 'node:fs';
import { identityOf, isSameIdentity, refusedKind } from '../core/index.ts';
import { CarbonationError, systemCode } from '../errors/index.ts';
import type { SourceFile, TransferRequest } from '../workers/messages.ts';
import type { Directories } from './directories.ts';
import * as disk from './disk.ts';
import { KeptContent } from './kept.ts';
import { partPath } from './names.ts';
import { inPlace } from './in-place.ts';

/** A source that has been read, hashed and (for a copy) written beside its destination. */
export interface Staged {
  readonly file: SourceFile;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** The temporary copy; null where the source itself is linked. */
  readonly part: string | null;
}

/**
 * Reads a source and makes everything ready for its publication.
 *
 * @throws CarbonationError SOURCE_CHANGED, TRANSFER_MISMATCH, TRANSFER_FAILED, CONFLICT; system errors
 */
export async function stageFile(request: TransferRequest, directories: Directories, file: SourceFile): Promise<Staged> {
  const destination = directories.destination(request);
  if (directories.isHome(file, destination)) throw ownDirectory(request, file);
  const fd = openSource(request, file);
  try {
    const before = soundStat(file, fd);
    if (copies(request, destination, before)) return await copyToPart(request, file, fd, before);
    const { sha256 } = disk.readAndHash(fd, before.size);
    if (request.durable && request.action !== 'symlink') await disk.flush(fd);
    return { file, part: null, sizeBytes: before.size, sha256 };
  } finally {
    disk.closeSync(fd);
  }
}

/** Copies a source that could not be linked. Throws as {@link stageFile}. */
export async function stageCopy(request: TransferRequest, file: SourceFile): Promise<Staged> {
  const fd = openSource(request, file);
  try {
    return await copyToPart(request, file, fd, soundStat(file, fd));
  } finally {
    disk.closeSync(fd);
  }
}

/** A file that is no longer where it settled, because a directory above it is a link now, has to settle anew. */
function openSource({ followSymlinks }: TransferRequest, file: SourceFile): number {
  try {
    return inPlace(file, followSymlinks, (path) => disk.openFile(path, followSymlinks));
  } catch (error) {
    throw systemCode(error) === 'ENOTDIR' ? new CarbonationError('SOURCE_CHANGED', file.path) : error;
  }
}

/** A file "archived" where it was delivered would be its own copy, and a move would then remove it. */
function ownDirectory(request: TransferRequest, file: SourceFile): CarbonationError {
  const message = `${request.directory} is the directory in which ${file.path} was delivered`;
  return new CarbonationError('CONFLICT', message, { remedy: 'give the archive another directory than the watch' });
}

function soundStat(file: SourceFile, fd: number): Stats {
  const stat = disk.fstatSync(fd);
  if (!isSameIdentity(identityOf(stat), file.identity)) throw new CarbonationError('SOURCE_CHANGED', file.path);
  const refused = refusedKind(stat);
  if (refused !== null) throw new CarbonationError('TRANSFER_FAILED', `${file.path} is a ${refused}`);
  return stat;
}

/** Whether the source is copied; otherwise its file gets a name in the archive. */
function copies(request: TransferRequest, destination: Stats, source: Stats): boolean {
  if (request.action === 'copy') return true;
  if (request.action !== 'move') return false;
  // A link to a symbolic link would archive the link, and a file with other names can be changed through them.
  return request.followSymlinks || source.nlink > 1 || source.dev !== destination.dev;
}

async function copyToPart(request: TransferRequest, file: SourceFile, source: number, stat: Stats): Promise<Staged> {
  const part = partPath(request.directory, request.owner, file.path);
  const target = disk.createPart(part);
  const kept = new KeptContent();
  try {
    const read = disk.readAndHash(source, stat.size, (piece) => {
      disk.writeAll(target, piece);
      if (request.verify === 'checksum') kept.keep(piece);
    });
    disk.setModeAndTimes(target, request.fileMode, stat);
    if (request.durable) await disk.flush(target);
    const matches =
      disk.fstatSync(target).size === read.bytes && (request.verify === 'size' || isCopied(target, read, kept));
    if (!matches) throw new CarbonationError('TRANSFER_MISMATCH', `the copy of ${file.path} differs from it`);
    if (!isSameIdentity(identityOf(disk.fstatSync(source)), file.identity)) {
      throw new CarbonationError('SOURCE_CHANGED', file.path);
    }
    return { file, part, sha256: read.sha256, sizeBytes: read.bytes };
  } catch (error) {
    disk.removeIfThere(part);
    throw error;
  } finally {
    kept.release();
    disk.closeSync(target);
  }
}

/** Reads a copy back: it holds what was read of its source. */
function isCopied(target: number, { sha256, bytes }: disk.ReadContent, kept: KeptContent): boolean {
  const content = kept.whole(bytes);
  return content === null ? disk.readAndHash(target, bytes).sha256 === sha256 : disk.holds(target, content);
}
