import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { isBelow } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import type { RootIdentity, SourceFile, TransferRequest } from '../workers/messages.ts';
import * as disk from './disk.ts';

/**
 * The directories of one message: many groups come from one and go to one, so
 * that each is made and looked at once a message and not once a file.
 */
export class Directories {
  readonly #destinations = new Map<string, Stats>();
  readonly #homes = new Map<string, Stats | null>();
  readonly #dirty = new Set<string>();
  /** Archives whose directory is the expected one. */
  readonly #roots = new Set<string>();

  /** Directories whose entries have changed and must be flushed to disk. */
  get dirty(): ReadonlySet<string> {
    return this.#dirty;
  }

  /**
   * The stat of a request's destination, which is made if the request says so.
   *
   * @throws CarbonationError ARCHIVE_AWAY, TRANSFER_FAILED; system errors
   */
  destination(request: TransferRequest): Stats {
    const found = this.#destinations.get(request.directory) ?? this.#make(request);
    // Directories that a failed try made may not be on disk, and look like any others now.
    if (request.sweeps !== null) for (const directory of below(request)) this.#made(request, directory);
    return found;
  }

  #make(request: TransferRequest): Stats {
    this.#assertRoot(request);
    refuseLinks(request);
    if (request.createDirectories) {
      const made = makeDirectories(request);
      for (const directory of made) this.#made(request, directory);
    }
    const found = disk.statOrNull(request.directory, true);
    if (found === null) throw noDirectory(request);
    // Another transfer may have published one in between.
    refuseLinks(request);
    this.#destinations.set(request.directory, found);
    return found;
  }

  #assertRoot({ root, basePath }: TransferRequest): void {
    if (root === null || this.#roots.has(basePath)) return;
    if (!isRoot(disk.statOrNull(basePath, true), root))
      throw new CarbonationError('ARCHIVE_AWAY', `${basePath} is another directory than it was`);
    this.#roots.add(basePath);
  }

  /** Whether a file was delivered into this very directory. */
  isHome(file: SourceFile, destination: Stats): boolean {
    const path = dirname(file.path);
    let home = this.#homes.get(path);
    if (home === undefined) {
      home = disk.statOrNull(path, true);
      this.#homes.set(path, home);
    }
    return home?.dev === destination.dev && home.ino === destination.ino;
  }

  /** A directory has a name in the one above it, which cannot be flushed if it must not be read. */
  #made({ durable }: TransferRequest, directory: string): void {
    const above = dirname(directory);
    if (durable && disk.isReadable(above)) this.#dirty.add(above);
  }

  /** Something has been published in a request's destination. */
  changed(request: TransferRequest): void {
    if (request.durable) this.#dirty.add(request.directory);
  }
}

/** Whether what is at the path of an archive is the archive. */
export function isRoot(now: Stats | null, { device, inode }: RootIdentity): boolean {
  return now?.dev === device && (inode === null || now.ino === inode);
}

/** @throws CarbonationError TRANSFER_FAILED when something else than a directory is in the way; system errors */
function makeDirectories(request: TransferRequest): readonly string[] {
  try {
    return disk.makeDirectories(request.directory, request.dirMode);
  } catch (cause) {
    // The system names what it could not make, which is below what stands in the way.
    const obstacle = [...below(request), request.basePath].find((at) => isObstacle(at));
    if (obstacle === undefined) throw cause;
    throw new CarbonationError('TRANSFER_FAILED', `${obstacle} is in the way: it is not a directory`, {
      cause,
      remedy: 'move it away, or correct `base_path` or `destination` of the archive',
    });
  }
}

function isObstacle(path: string): boolean {
  const found = disk.statOrNull(path, true);
  return found !== null && !found.isDirectory();
}

/** The directories of a request below its archive, from its destination up. */
function below({ basePath, directory }: TransferRequest): readonly string[] {
  const found: string[] = [];
  for (let at = directory; at !== basePath && isBelow(basePath, at); at = dirname(at)) found.push(at);
  return found;
}

/**
 * Where archived files are links, what has a name in the archive leads to what whoever delivers puts there: a directory of that
 * name would be anywhere.
 */
function refuseLinks(request: TransferRequest): void {
  if (request.action !== 'symlink') return;
  for (const at of below(request)) {
    if (disk.statOrNull(at)?.isSymbolicLink() !== true) continue;
    const message = `${at} is a symbolic link, perhaps an archived file: nothing is put behind it`;
    throw new CarbonationError('CONFLICT', message, {
      remedy: 'have files and directories of the archive named differently, then run `carbonation retry`',
    });
  }
}

function noDirectory(request: TransferRequest): CarbonationError {
  return new CarbonationError('TRANSFER_FAILED', `the directory ${request.directory} does not exist`, {
    remedy: 'create it, or set `create_directories = true`',
  });
}
