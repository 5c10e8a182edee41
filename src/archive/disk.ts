import { hash, createHash } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsync,
  fsyncSync,
  futimesSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeSync,
  chmodSync,
  type Stats,
} from 'node:fs';
import { dirname } from 'node:path';
import { CarbonationError, isAbsence, systemCode } from '../errors/index.ts';

/** The file operations of the archive, one function each. They run in worker threads, synchronously where that is faster. */

/** A file is read and written in pieces of this size; one that fits is read at once. */
const chunkBytes = 1024 * 1024;

/** The stat of a path, following a link only when told to; null when nothing is there, nor can be. */
export function statOrNull(path: string, followSymlinks = false): Stats | null {
  try {
    return (followSymlinks ? statSync : lstatSync)(path, { throwIfNoEntry: false }) ?? null;
  } catch (error) {
    if (systemCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** Opens a file for reading: never waits for a FIFO's writer, follows a link only when told to. */
export function openFile(path: string, followSymlinks: boolean): number {
  const noFollow = followSymlinks ? 0 : constants.O_NOFOLLOW;
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
}

/** Creates a new file, readable by its owner only until its mode is set; one of that name, left by an earlier try, goes. */
export function createPart(path: string): number {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL;
  try {
    return openSync(path, flags, 0o600);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    removeIfThere(path);
    return openSync(path, flags, 0o600);
  }
}

/** Where files are read to, one piece at a time; taken once a thread, because memory outside the heap is dear to give back. */
let scratch: Buffer | null = null;

function piecePlace(): Buffer {
  scratch ??= Buffer.allocUnsafeSlow(chunkBytes);
  return scratch;
}

/** What a file held that was read to its end. */
export interface ReadContent {
  /** In hex. */
  readonly sha256: string;
  readonly bytes: number;
}

/**
 * Reads an open file to its end: its SHA-256 in hex, and each piece to `write`
 * if given. A piece is valid only until `write` returns.
 */
export function readAndHash(fd: number, sizeBytes: number, write?: (piece: Buffer) => void): ReadContent {
  if (sizeBytes < chunkBytes) {
    // One byte more is asked for, to notice a file that has grown.
    const bytes = fill(fd, piecePlace().subarray(0, sizeBytes + 1), 0, sizeBytes);
    if (bytes <= sizeBytes) {
      const piece = piecePlace().subarray(0, bytes);
      write?.(piece);
      return { sha256: hash('sha256', piece), bytes };
    }
  }
  return readInPieces(fd, write);
}

/** Whether an open file has this content, of less than {@link chunkBytes}, at its beginning or further on. */
export function holds(fd: number, content: Buffer, position = 0): boolean {
  return readPiece(fd, position, content.length).equals(content);
}

/** A piece of an open file, of less than {@link chunkBytes}; valid until the next one is read. */
export function readPiece(fd: number, position: number, length: number): Buffer {
  const place = piecePlace().subarray(0, length);
  return place.subarray(0, fill(fd, place, position, length));
}

function readInPieces(fd: number, write?: (piece: Buffer) => void): ReadContent {
  const digest = createHash('sha256');
  const buffer = piecePlace();
  let bytes = 0;
  for (;;) {
    const count = fill(fd, buffer, bytes, buffer.length);
    if (count === 0) return { sha256: digest.digest('hex'), bytes };
    const piece = buffer.subarray(0, count);
    digest.update(piece);
    write?.(piece);
    bytes += count;
  }
}

/** Reads into the buffer until there are `enough` bytes or the file ends. */
function fill(fd: number, buffer: Buffer, position: number, enough: number): number {
  let filled = 0;
  while (filled < enough) {
    const count = readSync(fd, buffer, filled, buffer.length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

/** Writes all of a piece. */
export function writeAll(fd: number, piece: Buffer): void {
  let written = 0;
  while (written < piece.length) written += writeSync(fd, piece, written, piece.length - written);
}

/** Sets the mode and the times of an open file. */
export function setModeAndTimes(fd: number, mode: number, source: Stats): void {
  fchmodSync(fd, mode);
  futimesSync(fd, timeOf(source.atimeMs), timeOf(source.mtimeMs));
}

/** In seconds, but for a time before 1970, which Node takes as a date only: of a negative number it makes the present. */
function timeOf(ms: number): number | Date {
  return ms < 0 ? new Date(ms) : ms / 1000;
}

/**
 * Flushes an open file to disk, once everything else that is to be flushed at the same time has been written: while the file
 * system commits, whoever creates a file waits for it, and files that are flushed together share a commit.
 */
export async function flush(fd: number): Promise<void> {
  await Promise.resolve();
  return new Promise((resolve, reject) => {
    fsync(fd, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Whether a directory may be read, which one that can be written to need not be. */
export function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EACCES') return false;
    throw error;
  }
}

/** What a file system says that cannot flush directories: it keeps their entries in another way. */
const cannotFlush: ReadonlySet<string | undefined> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP']);

/** Flushes a directory's entries to disk, where the file system can. */
export async function flushDirectory(path: string): Promise<void> {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await flush(fd);
  } catch (error) {
    if (!cannotFlush.has(systemCode(error))) throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * Makes a directory and those above it; the ones it made, from the top, each with this mode. Not by `recursive`, which never ends
 * where what is missing cannot be made and the system says that only, as automount does of a server that is away.
 */
export function makeDirectories(path: string, mode: number): readonly string[] {
  const missing: string[] = [];
  for (let at = path; !isDirectory(at); at = dirname(at)) missing.unshift(at);
  return missing.filter((directory) => makeDirectory(directory, mode));
}

/** Makes one directory; false when somebody else has just made it. */
function makeDirectory(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    if (isDirectory(path)) return false;
    if (statOrNull(path)?.isSymbolicLink() !== true) throw error;
    const remedy = 'mount the disk that it leads to, or correct the link';
    throw new CarbonationError('TRANSFER_FAILED', `${path} is a link that leads nowhere`, { cause: error, remedy });
  }
  // The process's umask has taken bits away from what was asked for.
  chmodSync(path, mode);
  return true;
}

function isDirectory(path: string): boolean {
  return statOrNull(path, true)?.isDirectory() === true;
}

/** Gives a file a second name; false when that name is taken. */
export function linkIfFree(existing: string, name: string): boolean {
  try {
    linkSync(existing, name);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Why a file cannot get a second name; the last one is what is said of a link that shows another inode number than its file. */
const cannotLink: ReadonlySet<string | undefined> = new Set<string | undefined>([
  'EXDEV',
  'EPERM',
  'EMLINK',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'LINK_REFUSED',
]);

/** Whether a failed {@link linkIfFree} means that there are no links here, or none of this file. */
export function hasNoLinks(error: unknown): boolean {
  return cannotLink.has(systemCode(error));
}

/** How often, and how long each time, in ms, somebody else's turn is waited for. */
const turnTries = 100;
const turnMs = 5;

/**
 * Renames a file; false when its new name is taken. Where nothing has two names there is no call for that: a look and a
 * renaming follow one another, one at a time, for which `turn` is a file that whoever is at it holds. Somebody who knows
 * nothing of that, and makes a file of that name in between, loses it.
 *
 * @throws CarbonationError TRANSFER_FAILED when it is never this one's turn
 */
export function renameIfFree(existing: string, name: string, turn: string): boolean {
  takeTurn(turn);
  try {
    if (statOrNull(name) !== null) return false;
    renameSync(existing, name);
    return true;
  } finally {
    removeIfThere(turn);
  }
}

function takeTurn(turn: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
  for (let tries = 0; tries < turnTries; tries += 1) {
    try {
      closeSync(openSync(turn, flags, 0o600));
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, turnMs);
    }
  }
  throw new CarbonationError('TRANSFER_FAILED', `another transfer is at ${turn} and does not finish`);
}

/** Removes a name; one that is gone already is fine. */
export function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isAbsence(error)) throw error;
  }
}

/** Makes a symbolic link; false when its name is taken. */
export function symlinkIfFree(target: string, name: string): boolean {
  try {
    symlinkSync(target, name);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

export { chmodSync, closeSync, fstatSync, fsyncSync, realpathSync, renameSync };
