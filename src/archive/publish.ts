import { readlinkSync, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { ConflictPolicy } from '../config/types.ts';
import { entryPath, type FileIdentity } from '../core/index.ts';
import { CarbonationError, messageOf, systemCode } from '../errors/index.ts';
import * as disk from './disk.ts';
import { numberedName, turnPath } from './names.ts';

/** Names are tried up to here before a conflict is given up. */
const mostNames = 10_000;

/** A source that gets a second name instead of being copied. */
export interface LinkedSource {
  readonly path: string;
  /** The file that was read and hashed. */
  readonly identity: FileIdentity;
  /** The mode it gets, or null: as it is. */
  readonly mode: number | null;
}

/** A finished file that is to get its name in the archive. */
export interface Finished {
  /** A temporary name in the destination directory: of the finished copy, or free for a link to `source`. */
  readonly part: string;
  /** Null: `part` is a finished copy. */
  readonly source: LinkedSource | null;
  /** Whose transfer it is. */
  readonly owner: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** What was found under the name already is flushed to disk before it counts. */
  readonly durable: boolean;
}

/** Which name a file gets. */
export interface Naming {
  readonly directory: string;
  readonly name: string;
  readonly policy: ConflictPolicy;
  /** Paths of what its own group has there: they are not replaced, whatever the policy says. */
  readonly taken: ReadonlySet<string>;
}

/**
 * Gives a finished file its name, never over another file's head: the same
 * content under that name counts as published, other content is a conflict.
 * Returns the path under which the content now is. The temporary name may
 * still be there afterwards.
 *
 * @throws CarbonationError CONFLICT, SOURCE_CHANGED, LINK_REFUSED
 */
export function publish(finished: Finished, { directory, name, policy, taken }: Naming): string {
  let sample: readonly Buffer[] | null = null;
  for (let n = 0; n < mostNames; n += 1) {
    const target = entryPath(directory, numberedName(name, n));
    // A look costs a fraction of a refused link, of which there may be thousands.
    const isTaken = n > 0 && disk.statOrNull(target) !== null;
    if (!isTaken && nameIfFree(finished, target)) return target;
    if (holds(target, finished, () => (sample ??= sampleOf(finished)))) return target;
    if (policy === 'replace' && !taken.has(target)) return replace(finished, target);
    if (policy === 'fail') throw new CarbonationError('CONFLICT', `${target} exists with other content`);
  }
  throw new CarbonationError('CONFLICT', `${mostNames} files named like ${name} exist in ${directory}`);
}

/**
 * Whether a file is still the one it was, apart from its ctime, which a link
 * changes.
 */
export function isSameFile(stat: Stats, identity: FileIdentity): boolean {
  return stat.ino === identity.inode && stat.size === identity.sizeBytes && stat.mtimeMs === identity.mtimeMs;
}

/** What a file system says of a name that it does not take; ENOENT is exfat-fuse's word for it. */
const refusesName: ReadonlySet<string | undefined> = new Set(['EINVAL', 'EILSEQ', 'ENAMETOOLONG', 'ENOENT']);

function nameIfFree(finished: Finished, target: string): boolean {
  try {
    return placeIfFree(finished, target);
  } catch (error) {
    if (!refusesName.has(systemCode(error)) || disk.statOrNull(finished.part) === null) throw error;
    const message = `the file system of ${dirname(target)} takes no file of the name ${JSON.stringify(basename(target))}: ${messageOf(error)}`;
    const remedy = 'have it delivered under another name, or route it to an archive on another file system';
    throw new CarbonationError('TRANSFER_FAILED', message, { remedy, cause: error });
  }
}

function placeIfFree(finished: Finished, target: string): boolean {
  if (finished.source !== null) {
    // A link changes the source's ctime: none is made where the name is taken anyway.
    if (disk.statOrNull(target) !== null) return false;
    linkSource(finished.part, finished.source);
  }
  try {
    return disk.linkIfFree(finished.part, target);
  } catch (error) {
    // A copy that has one name only is as good under another; a source keeps its own.
    if (finished.source !== null || !disk.hasNoLinks(error)) throw error;
    return disk.renameIfFree(finished.part, target, turnPath(target, finished.owner));
  }
}

/**
 * Links the source under the temporary name first: what is behind its path may
 * have been exchanged since it was read, and must not get a final name unseen.
 */
function linkSource(part: string, source: LinkedSource): void {
  disk.removeIfThere(part);
  disk.linkIfFree(source.path, part);
  const linked = disk.statOrNull(part);
  if (linked === null || !isSameFile(linked, source.identity)) throw notItsLink(part, source);
  if (source.mode !== null && (linked.mode & 0o7777) !== source.mode) disk.chmodSync(part, source.mode);
}

/**
 * Why a link is not taken for one to the file that was read. Where each name has an inode number of its own, as over sshfs,
 * the source has not changed, and would look the same at every further try.
 */
function notItsLink(part: string, { path, identity }: LinkedSource): CarbonationError {
  const now = disk.statOrNull(path);
  if (now === null || !isSameFile(now, identity)) return new CarbonationError('SOURCE_CHANGED', path);
  const message = `a hard link to ${path} in ${dirname(part)} has another inode number than the file: it could be of another one`;
  return new CarbonationError('LINK_REFUSED', message);
}

/** Replaces a file in one step: at every moment there is the old content or the new. */
function replace(finished: Finished, target: string): string {
  if (finished.source !== null) linkSource(finished.part, finished.source);
  disk.renameSync(finished.part, target);
  return target;
}

/**
 * Publishes a symbolic link to the source; `part` is a free temporary name.
 *
 * @throws CarbonationError CONFLICT, TRANSFER_FAILED
 */
export function publishSymlink(sourcePath: string, part: string, { directory, name, policy, taken }: Naming): string {
  for (let n = 0; n < mostNames; n += 1) {
    const target = entryPath(directory, numberedName(name, n));
    if (symlinkThere(sourcePath, target)) return target;
    if (disk.statOrNull(target)?.isSymbolicLink() === true && readlinkSync(target) === sourcePath) return target;
    if (policy === 'replace' && !taken.has(target)) {
      disk.removeIfThere(part);
      symlinkThere(sourcePath, part);
      disk.renameSync(part, target);
      return target;
    }
    if (policy === 'fail') throw new CarbonationError('CONFLICT', `${target} exists`);
  }
  throw new CarbonationError('CONFLICT', `${mostNames} files named like ${name} exist in ${directory}`);
}

/**
 * Makes a symbolic link that leads to the source; false when its name is taken. Over sshfs a link may be made that then cannot
 * be read.
 */
function symlinkThere(sourcePath: string, name: string): boolean {
  const failure = (why: string) => {
    const message = `there can be no symbolic link to ${sourcePath} in ${dirname(name)}: ${why}`;
    return new CarbonationError('TRANSFER_FAILED', message, { remedy: 'use action = "copy" or "move"' });
  };
  try {
    if (!disk.symlinkIfFree(sourcePath, name)) return false;
  } catch (error) {
    throw disk.hasNoLinks(error) ? failure(messageOf(error)) : error;
  }
  const why = whyElsewhere(sourcePath, name);
  if (why === null) return true;
  disk.removeIfThere(name);
  throw failure(why);
}

function whyElsewhere(sourcePath: string, name: string): string | null {
  try {
    const now = readlinkSync(name);
    return now === sourcePath ? null : `it reads ${now}`;
  } catch (error) {
    return messageOf(error);
  }
}

/**
 * Pieces of a file by which others of its size are told from it before they are read as a whole: where one name is delivered
 * again and again, there may be thousands of them.
 */
const samplePieces = 8;
const pieceBytes = 4096;

/** Where a piece of the sample is: the first at the beginning, the last at the end. */
function pieceAt(sizeBytes: number, i: number): number {
  return Math.floor((Math.max(0, sizeBytes - pieceBytes) * i) / (samplePieces - 1));
}

/** Empty where the file is not there any more, which is found out when it gets its name. */
function sampleOf({ part, source, sizeBytes }: Finished): readonly Buffer[] {
  try {
    const fd = disk.openFile(source?.path ?? part, false);
    try {
      return Array.from({ length: samplePieces }, (_, i) =>
        Buffer.from(disk.readPiece(fd, pieceAt(sizeBytes, i), Math.min(sizeBytes, pieceBytes))),
      );
    } finally {
      disk.closeSync(fd);
    }
  } catch {
    return [];
  }
}

/** Whether a path holds this content: read, not guessed from size and time. */
function holds(path: string, finished: Finished, sample: () => readonly Buffer[]): boolean {
  const { sizeBytes } = finished;
  const there = disk.statOrNull(path);
  if (there === null || !there.isFile() || there.size !== sizeBytes) return false;
  const fd = disk.openFile(path, false);
  try {
    if (sample().some((piece, i) => !disk.holds(fd, piece, pieceAt(sizeBytes, i)))) return false;
    if (disk.readAndHash(fd, sizeBytes).sha256 !== finished.sha256) return false;
    // Someone else wrote it, perhaps just now: a moved source may only go once this is on disk.
    if (finished.durable) disk.fsyncSync(fd);
    return true;
  } finally {
    disk.closeSync(fd);
  }
}
