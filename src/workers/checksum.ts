import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  checksumAlgorithms,
  checksumDigits,
  checksumManifests,
  isManifest,
  sidecarTarget,
  type ChecksumAlgorithm as Algorithm,
} from '../core/index.ts';
import type { InspectedFile } from './messages.ts';

/** Checksums that a provider delivers beside its files. */

/**
 * Compares a file with the checksum delivered beside it; none there yet means
 * waiting, not failing. Null: passed. A checksum file itself passes.
 */
export function checkChecksum(path: string, fd: number): InspectedFile | null {
  const name = basename(path);
  if (sidecarTarget(name) !== null || isManifest(name)) return null;
  for (const [source, algorithm] of checksumSources(path)) {
    const listed = listedChecksum(source, algorithm, path);
    if (listed === null) continue;
    const found = digest(fd, algorithm);
    if (found === listed) return null;
    return { verdict: 'failed', reason: `${algorithm} is ${found}, ${basename(source)} says ${listed}` };
  }
  return { verdict: 'waiting', reason: 'waiting for its checksum' };
}

function checksumSources(path: string): readonly (readonly [string, Algorithm])[] {
  return [
    ...checksumAlgorithms.map((algorithm) => [`${path}.${algorithm}`, algorithm] as const),
    ...checksumManifests.map(([name, algorithm]) => [join(dirname(path), name), algorithm] as const),
  ];
}

/** The checksum that a sidecar or manifest gives for a file: `HEX`, or lines of `HEX  NAME` as the coreutils write them. */
function listedChecksum(source: string, algorithm: Algorithm, path: string): string | null {
  const name = basename(path);
  const isSidecar = source === `${path}.${algorithm}`;
  for (const line of readTextFile(source)?.split(/\r?\n/) ?? []) {
    const [, escape, checksum = '', rest = ''] = /^\s*(\\?)([0-9a-f]+)(|\s.*)$/i.exec(line) ?? [];
    // One of another length is still being written, or of another kind.
    if (checksum.length !== checksumDigits[algorithm]) continue;
    if (isSidecar || listedNames(rest, escape === '\\').includes(name)) return checksum.toLowerCase();
  }
  return null;
}

/**
 * The names that what follows a checksum can mean: to the letter (a blank, then a blank or an asterisk), and as tools
 * with other blanks mean it. A manifest is of its own directory: "sub/a" is another file than "a".
 */
function listedNames(rest: string, isEscaped: boolean): readonly string[] {
  const names = [rest.slice(2), rest.trim().replace(/^\*/, '')];
  return names.map((name) => (isEscaped ? unescaped(name) : name).replace(/^\.\//, ''));
}

/** Coreutils escape a backslash, a newline and a carriage return in a name, and say so by a backslash before the line. */
function unescaped(name: string): string {
  return name.replaceAll(/\\([\\nr])/g, (_, character: string) =>
    character === 'n' ? '\n' : character === 'r' ? '\r' : '\\',
  );
}

/** The text of a regular file; null when there is none that can be read. Never waits for a FIFO's writer. */
function readTextFile(path: string): string | null {
  let fd: number | null = null;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return fstatSync(fd).isFile() ? readFileSync(fd, 'utf8') : null;
  } catch {
    // Not there, not readable, too large: whatever it is, there is no checksum yet.
    return null;
  } finally {
    if (fd !== null) closeSync(fd);
  }
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
