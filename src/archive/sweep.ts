import { readdirSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { isAbsence } from '../errors/index.ts';
import { removeIfThere } from './disk.ts';
import { isForeignPart, isPartOf } from './names.ts';

/** Removes what dead runs left in a destination directory; how many files that were. */
export function sweepDirectory(directory: string, owner: string): number {
  return sweep(directory, (name) => isForeignPart(name, owner));
}

/** Removes what former transfers of these sources left in a directory, also those of this run. */
export function sweepParts(directory: string, sourcePaths: readonly string[]): void {
  sweep(directory, (name) => isPartOf(name, sourcePaths));
}

function sweep(directory: string, isLeft: (name: string) => boolean): number {
  let entries: Dirent[];
  try {
    entries = readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (isAbsence(error)) return 0;
    throw error;
  }
  const parts = entries.filter((entry) => !entry.isDirectory() && isLeft(entry.name));
  for (const { name } of parts) removeIfThere(join(directory, name));
  return parts.length;
}
