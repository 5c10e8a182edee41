import { hash } from 'node:crypto';
import { dirname } from 'node:path';
import { entryPath, partPattern, partPrefix, partSuffix } from '../core/index.ts';

/** The longest name of a directory entry on the usual file systems, in bytes. */
const longestName = 255;
const longestExtension = 200;

/**
 * The temporary name of a file on its way into an archive: in its destination
 * directory, of bounded length whatever the file's own name, and the same for
 * the same owner (a run, a dot and a transfer's own id) and source.
 */
export function partPath(directory: string, owner: string, sourcePath: string): string {
  return entryPath(directory, `${partPrefix}${owner}-${sourceKey(sourcePath)}${partSuffix}`);
}

/**
 * What whoever gives a file this name by renaming holds meanwhile; the same for all transfers of one run, and for names that
 * exFAT or a share may take for one: in capitals or not, however an accent is written.
 */
export function turnPath(target: string, owner: string): string {
  const [run = owner] = owner.split('.');
  return partPath(dirname(target), `${run}.turn`, target.normalize('NFC').toUpperCase());
}

function sourceKey(sourcePath: string): string {
  return hash('sha256', sourcePath).slice(0, 16);
}

/** Whether a name in an archive is a temporary one, and not that of `owner`. */
export function isForeignPart(name: string, owner: string): boolean {
  const match = partPattern.exec(name);
  return match?.[1] !== undefined && match[1] !== owner && !match[1].startsWith(`${owner}.`);
}

/** Whether a name in an archive is a temporary one of one of these sources, whoever made it. */
export function isPartOf(name: string, sourcePaths: readonly string[]): boolean {
  const key = partPattern.exec(name)?.[2];
  return key !== undefined && sourcePaths.some((path) => sourceKey(path) === key);
}

/**
 * The n-th name for a file whose own name is taken by other content: `a.json`,
 * `a_1.json`, `a_2.json` …; the stem gives way where the name would be too long.
 */
export function numberedName(name: string, n: number): string {
  if (n === 0) return name;
  const dot = name.lastIndexOf('.');
  // An extension that leaves no room for a number is none.
  const hasExtension = dot > 0 && Buffer.byteLength(name.slice(dot)) <= longestExtension;
  const stem = hasExtension ? name.slice(0, dot) : name;
  const extension = hasExtension ? name.slice(dot) : '';
  const ending = `_${n}${extension}`;
  return `${cutBytes(stem, longestName - Buffer.byteLength(ending))}${ending}`;
}

/** The longest beginning of a text that fits into so many bytes, never half a character. */
function cutBytes(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  let kept = '';
  let size = 0;
  for (const character of text) {
    size += Buffer.byteLength(character);
    if (size > bytes) break;
    kept += character;
  }
  return kept;
}
