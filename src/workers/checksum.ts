import { createHash } from 'node:crypto';
import { closeSync, fstatSync, lstatSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openFile } from '../archive/index.ts';
import {
  checksumDigits,
  checksumManifests,
  checksumSources,
  isChecksumFile,
  longestPath,
  type ChecksumAlgorithm as Algorithm,
} from '../core/index.ts';
import type { InspectedFile } from './messages.ts';

/** Checksums that a provider delivers beside its files. */

/**
 * Compares a file with the checksum delivered beside it; none there yet means
 * waiting, not failing, also when a manifest is there that does not list it: the
 * list, or a checksum of its own, may still come. Null: passed. A checksum file
 * itself passes.
 *
 * @param moved - copies, by the names that they had in delivery, of files of checksums that are in an archive by now. They vouch for what
 *   agrees with them and say nothing of anything else, which may be of a later delivery than they
 */
export function checkChecksum(
  path: string,
  fd: number,
  followSymlinks: boolean,
  moved: Readonly<Record<string, string>> = {},
): InspectedFile | null {
  const name = basename(path);
  if (isChecksumFile(name)) return null;
  let unread: string | null = null;
  let silent: string | null = null;
  for (const [source, algorithm] of checksumSources(path)) {
    const isSidecar = source === `${path}.${algorithm}`;
    const listing = readListing(source, algorithm, { followSymlinks, isManifest: !isSidecar });
    const listed = isSidecar ? listing?.first : listing?.byName.get(name);
    if (listed === undefined || listed === null) {
      if (listing === tooLarge) unread ??= `${basename(source)} has more than 64 MiB`;
      else if (listing !== null && isSidecar) unread ??= `${basename(source)} holds no checksum of ${algorithm}`;
      else if (listing !== null) silent ??= basename(source);
      continue;
    }
    const found = digest(fd, algorithm);
    if (found === listed) return null;
    return { verdict: 'failed', reason: `mismatch: ${algorithm} is ${found}, ${basename(source)} says ${listed}` };
  }
  if (isVouchedFor(path, fd, moved)) return null;
  if (unread !== null) return { verdict: 'waiting', reason: `unread: ${unread}; waiting for its checksum` };
  if (silent !== null)
    return { verdict: 'waiting', reason: `extra: ${silent} does not list it; waiting for its checksum` };
  return { verdict: 'waiting', reason: 'waiting for its checksum' };
}

function isVouchedFor(path: string, fd: number, moved: Readonly<Record<string, string>>): boolean {
  return checksumSources(path).some(([source, algorithm]) => {
    const copy = moved[basename(source)];
    if (copy === undefined) return false;
    const isSidecar = source === `${path}.${algorithm}`;
    const listing = readListing(copy, algorithm, { followSymlinks: true, isManifest: !isSidecar });
    const listed = isSidecar ? listing?.first : listing?.byName.get(basename(path));
    return typeof listed === 'string' && digest(fd, algorithm) === listed;
  });
}

/** The names that a manifest lists of files that are not there; none when the file is no manifest. */
export function absentFiles(path: string, followSymlinks: boolean): readonly string[] {
  const algorithm = checksumManifests.find(([name]) => name === basename(path))?.[1];
  if (algorithm === undefined) return [];
  const entries = readListing(path, algorithm, { followSymlinks, isManifest: true })?.entries ?? [];
  return entries.flatMap((names) => (names.some((name) => isThere(join(dirname(path), name))) ? [] : names.slice(-1)));
}

function isThere(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** What a sidecar or manifest says: `HEX`, or lines of `HEX  NAME` or `SHA256 (NAME) = HEX` as the coreutils write them, also with `--zero`. */
interface Listing {
  /** The first checksum, whatever name is with it: a sidecar has one. */
  readonly first: string | null;
  readonly byName: ReadonlyMap<string, string>;
  /** The names that each line can mean, the likeliest last. */
  readonly entries: readonly (readonly string[])[];
}

/** What has more bytes is not read: its lines would fill the memory, and the process with it ends. */
const largestListing = 64 * 1024 * 1024;

/** The manifest that was read last, by what it is: the files of its directory ask for it one after another, each by another path. */
let last: { readonly key: string; readonly listing: Listing } | null = null;

/** Null: there is none that can be read. Never waits for a FIFO's writer. */
function readListing(
  source: string,
  algorithm: Algorithm,
  { followSymlinks, isManifest }: { readonly followSymlinks: boolean; readonly isManifest: boolean },
): Listing | null {
  let fd: number | null = null;
  try {
    fd = openFile(source, followSymlinks);
    const stat = fstatSync(fd);
    if (!stat.isFile()) return null;
    const key = [algorithm, stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join('\0');
    if (last?.key === key) return last.listing;
    const listing = stat.size > largestListing ? tooLarge : parseListing(readFileSync(fd, 'utf8'), algorithm);
    if (isManifest) last = { key, listing };
    return listing;
  } catch {
    // Not there, not readable, too large: whatever it is, there is no checksum yet.
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

const tooLarge: Listing = { first: null, byName: new Map(), entries: [] };

/** Room for a checksum and the longest path with each of its characters escaped. What has more names no file. */
const longestLine = 2 * longestPath + 1024;

/** What follows the digits is the name to the letter (a blank, then a blank or an asterisk), or as tools with other blanks mean it. */
const plainLine = /^\s*(?<escape>\\?)(?<digits>[0-9a-f]+)(?<rest>|\s.*)$/is;
/** `sha256sum --tag`, BSD's tools and OpenSSL write it so. */
const taggedLine = /^\s*(?<escape>\\?)[A-Z][A-Z0-9-]* ?\((?<tagged>.*)\) ?= ?(?<digits>[0-9a-f]+)\s*$/is;

function parseListing(text: string, algorithm: Algorithm): Listing {
  const byName = new Map<string, string>();
  const byOtherName = new Map<string, string>();
  const entries: (readonly string[])[] = [];
  let first: string | null = null;
  for (const line of linesOf(text)) {
    const { digits = '', escape, rest = '', tagged } = (plainLine.exec(line) ?? taggedLine.exec(line))?.groups ?? {};
    // One of another length is still being written, or of another kind.
    if (digits.length !== checksumDigits[algorithm] || line.length > longestLine) continue;
    const checksum = digits.toLowerCase();
    first ??= checksum;
    const meant = tagged === undefined ? namesIn(rest) : [tagged];
    const names = [...new Set(meant.map((name) => listedName(name, escape === '\\')))].filter((name) => name !== '');
    for (const [i, name] of names.entries()) {
      const known = i === 0 ? byName : byOtherName;
      if (!known.has(name)) known.set(name, checksum);
    }
    if (names.length > 0) entries.push(names);
  }
  // Another line may have that very name.
  for (const [name, checksum] of byOtherName) if (!byName.has(name)) byName.set(name, checksum);
  return { first, byName, entries };
}

/** The names that may be behind the digits, that to the letter first. */
function namesIn(rest: string): readonly string[] {
  const trimmed = rest.trim().replace(/^\*/, '');
  return /^ [ *]/.test(rest) ? [rest.slice(2), trimmed] : [trimmed];
}

/** One after the other: all at once they take many times the memory of the text. */
function* linesOf(text: string): Generator<string> {
  // Of `--zero`, after which a name may have line breaks. A file that has only been filled up with NULs has a line break before them.
  const [mark] = /[\n\0]/.exec(text) ?? ['\n'];
  for (let start = 0, end = 0; end !== -1; start = end + 1) {
    end = text.indexOf(mark, start);
    yield text.slice(start, end === -1 ? undefined : end).replace(/\r$/, '');
  }
}

/** A manifest is of its own directory: "sub/a" is another file than "a". */
function listedName(name: string, isEscaped: boolean): string {
  return (isEscaped ? unescaped(name) : name).replace(/^\.\//, '');
}

/** Coreutils escape a backslash, a newline and a carriage return in a name, and say so by a backslash before the line. */
function unescaped(name: string): string {
  return name.replaceAll(/\\([\\nr])/g, (_, character: string) =>
    character === 'n' ? '\n' : character === 'r' ? '\r' : '\\',
  );
}

/** The hash of an open file, in lower-case hex. */
export function digest(fd: number, algorithm: Algorithm): string {
  const hash = createHash(algorithm);
  const buffer = Buffer.allocUnsafe(1024 * 1024);
  for (let position = 0; ;) {
    const count = readSync(fd, buffer, 0, buffer.length, position);
    if (count === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, count));
    position += count;
  }
}
