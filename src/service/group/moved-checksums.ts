import { basename } from 'node:path';
import { readSnapshot, type Component } from '../../../machines/file-group/index.ts';
import { checksumSources, stableKey } from '../../core/index.ts';
import type { Groups } from '../types.ts';

/**
 * Copies of the files of checksums that were beside a file, by the names that they had: one that is moved leaves delivery with what it
 * vouches for still there, that was not looked at yet or has to be tried again.
 */
export async function movedChecksums(
  groups: Pick<Groups, 'knownFiles' | 'groupsByKey'>,
  { path }: Pick<Component, 'path'>,
): Promise<Readonly<Record<string, string>>> {
  const sources = checksumSources(path).map(([source]) => source);
  const known = await groups.knownFiles(sources.map((source) => stableKey(source)));
  const archived = [...known.values()].filter(({ status }) => status === 'archived');
  if (archived.length === 0) return {};
  const stored = await groups.groupsByKey(archived.map(({ watchName, groupKey }) => stableKey(watchName, groupKey)));
  const moved: Record<string, string> = {};
  for (const { envelope } of stored.values()) {
    const read = readSnapshot(envelope);
    for (const source of sources) {
      const copy = read.ok ? read.snapshot.context.components[source]?.archived : null;
      if (copy !== null && copy !== undefined) moved[basename(source)] = copy.path;
    }
  }
  return moved;
}
