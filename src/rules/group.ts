import type { Completeness, IntegrityCheck } from './types.ts';

/** A file name in two: what groups it, and what tells the components of a group apart. */
export interface SplitName {
  readonly stem: string;
  /** With its leading dot; empty when the name has none. */
  readonly extension: string;
}

/**
 * Splits a file name. The longest expected extension that the name ends with is the extension (case counts, and
 * something must be left for the stem); for other names it starts at the last dot, which neither begins nor ends
 * the name: `.hidden` and `a.` have no extension.
 *
 * @param fileName A name without directories.
 * @param expected Extensions with their leading dot; they may hold several dots.
 */
export function splitName(fileName: string, expected: readonly string[]): SplitName {
  let length = 0;
  for (const extension of expected) {
    if (extension.length > length && extension.length < fileName.length && fileName.endsWith(extension)) {
      length = extension.length;
    }
  }
  if (length === 0) {
    const dot = fileName.lastIndexOf('.');
    length = dot > 0 && dot < fileName.length - 1 ? fileName.length - dot : 0;
  }
  const end = fileName.length - length;
  return { stem: fileName.slice(0, end), extension: fileName.slice(end) };
}

/** The last part of a path with `/` separators. */
export function fileNameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The plugin's function that says which group a file belongs to; null: its name says it. */
export function groupFunctionOf(completeness: Completeness | null): string | null {
  return completeness?.groupBy === 'plugin' ? completeness.groupFunction : null;
}

/** Whether files of checksums vouch for others by these checks. */
export function checksChecksums(checks: readonly IntegrityCheck[]): boolean {
  return checks.some(({ type }) => type === 'checksum');
}

/**
 * The group key of a file: its stem, with the directory in front in sub-directories of a watch, so that equal
 * names in two directories are two groups (unless the rule set groups across directories).
 *
 * Without a completeness rule the key is the relative path itself: a group of one. That is also the answer for
 * `group_by = "plugin"`, which the caller uses when the plugin's group function gives null.
 *
 * @param relativePath The path relative to the watch directory, with `/` separators.
 */
export function groupKeyOf(relativePath: string, completeness: Completeness | null): string {
  if (completeness === null || completeness.groupBy === 'plugin') return relativePath;
  const fileName = fileNameOf(relativePath);
  const { stem } = splitName(fileName, completeness.expectedExtensions);
  if (completeness.acrossDirectories) return stem;
  return relativePath.slice(0, relativePath.length - fileName.length) + stem;
}
