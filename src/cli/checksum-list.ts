import { printable } from '../core/printable.ts';
import type { ArchivedCopy } from '../store/read/archived-copies.ts';
import type { Output } from './query-output.ts';

/** Files that a list of checksums leaves out. */
export interface LeftOut {
  /** No checksum of them is on record. */
  readonly unknown: number;
  /** They are missing or damaged. */
  readonly missed: number;
}

/** Writes files as `sha256sum` of GNU coreutils 9 does, for its `--check`. */
export async function writeChecksums(output: Output, pages: AsyncIterable<readonly ArchivedCopy[]>): Promise<LeftOut> {
  let unknown = 0;
  let missed = 0;
  for await (const copies of pages) {
    const present = copies.filter(({ isMissed }) => !isMissed);
    const lines = present.flatMap(({ path, sha256 }) => (sha256 === null ? [] : [checksumLine(path, sha256)]));
    missed += copies.length - present.length;
    unknown += present.length - lines.length;
    const shown = output.isTerminal ? lines.map(printable) : lines;
    if (!(await output.write(shown.map((line) => `${line}\n`).join('')))) break;
  }
  return { unknown, missed };
}

/** A backslash in front of the line says that its path is escaped, which it is where it would end the line. */
function checksumLine(path: string, sha256: string): string {
  const escaped = path.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\r', '\\r');
  return `${escaped === path ? '' : '\\'}${sha256}  ${escaped}`;
}
