import { relative, sep } from 'node:path';
import type { WatchConfig } from '../config/types.ts';
import { compileGlobs, isChecksumFile, isTemporary } from '../core/index.ts';

/** Whether a name is for a watch: by its patterns, and not by what it ignores. */
export interface NameFilter {
  accepts(fileName: string): boolean;
  /** Whether a sub-directory of a recursive watch is read at all. */
  enters(directoryName: string): boolean;
}

/** Compiles a watch's patterns: shell globs on the file name, case-sensitive. */
export function nameFilter(watch: Pick<WatchConfig, 'patterns' | 'ignorePatterns'>): NameFilter {
  const wanted = watch.patterns.length === 0 ? () => true : compileGlobs(watch.patterns);
  const ignored = watch.ignorePatterns.length === 0 ? () => false : compileGlobs(watch.ignorePatterns);
  return {
    // Whatever the patterns say: in another archive it may be a half file, in this one it would be swept away.
    accepts: (fileName) => wanted(fileName) && !ignored(fileName) && !isTemporary(fileName),
    enters: (directoryName) => !ignored(directoryName),
  };
}

/** What is listened to: also files of checksums that the watch does not take, because its files may be waiting for them. */
export function listenedFilter(filter: NameFilter): NameFilter {
  return { ...filter, accepts: (fileName) => filter.accepts(fileName) || isChecksumFile(fileName) };
}

/** A path relative to its watch. */
export function nameInWatch(watch: Pick<WatchConfig, 'path'>, path: string): string {
  const prefix = watch.path.endsWith(sep) ? watch.path : `${watch.path}${sep}`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : relative(watch.path, path);
}

/** Whether a scan of the whole watch would come to this directory. */
export function isEntered(watch: Pick<WatchConfig, 'path'>, filter: NameFilter, directory: string): boolean {
  return nameInWatch(watch, directory)
    .split(sep)
    .every((part) => part === '' || filter.enters(part));
}
