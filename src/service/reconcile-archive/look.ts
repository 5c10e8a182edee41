import { opendirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isBelow, Latest } from '../../core/index.ts';
import { isAbsence, isGone, messageOf } from '../../errors/index.ts';
import { isSameMark, type RootMark } from '../../watch/index.ts';

/** What is at a path where a copy should be: `unknown` means that nothing may be concluded. */
export type Look =
  | { readonly what: 'there'; readonly sizeBytes: number }
  | { readonly what: 'gone'; readonly reason: string | null }
  | { readonly what: 'unknown'; readonly reason: string };

/**
 * The mark of a directory.
 *
 * @throws system errors: it is not there, is no directory, or must not be read
 */
export function markDirectory(path: string): RootMark {
  const found = statSync(path);
  opendirSync(path).closeSync();
  return { device: found.dev, inode: found.ino };
}

/** Why nothing more may be concluded about a root that has been marked, in one sentence; null: it is the same. */
export function whyNotSame(root: string, mark: RootMark): string | null {
  try {
    if (isSameMark(markDirectory(root), mark)) return null;
    return `${root} was exchanged while it was read; nothing more is concluded`;
  } catch (error) {
    return `${root} can no longer be read, nothing more is concluded: ${messageOf(error)}`;
  }
}

/** Directories remembered at most. */
const mostRemembered = 10_000;

/** Looks for copies below a root; a file is gone only if the directory in which it is not can be read. */
export class Lookout {
  readonly #root: string;
  /** Why a directory cannot be read, or null. */
  readonly #directories = new Latest<string, string | null>(mostRemembered);

  constructor(root: string) {
    this.#root = root;
  }

  look(path: string): Look {
    try {
      const found = statSync(path);
      if (!found.isFile()) return { what: 'gone', reason: 'something else has its name' };
      return { what: 'there', sizeBytes: found.size };
    } catch (error) {
      if (!isGone(error)) return { what: 'unknown', reason: messageOf(error) };
      const unreadable = this.#unreadable(dirname(path));
      return unreadable === null ? { what: 'gone', reason: null } : { what: 'unknown', reason: unreadable };
    }
  }

  /** Forgets what was found out about directories. */
  forget(): void {
    this.#directories.clear();
  }

  #unreadable(directory: string): string | null {
    const known = this.#directories.get(directory);
    if (known !== undefined) return known;
    const found = this.#tryToRead(directory);
    this.#directories.set(directory, found);
    return found;
  }

  #tryToRead(directory: string): string | null {
    try {
      const opened = opendirSync(directory);
      try {
        opened.readSync();
      } finally {
        opened.closeSync();
      }
      return null;
    } catch (error) {
      if (!isAbsence(error)) return messageOf(error);
      // The whole directory is gone: that is believed if the one above can be read, up to the root.
      if (directory === this.#root || !isBelow(this.#root, directory)) return messageOf(error);
      return this.#unreadable(dirname(directory));
    }
  }
}
