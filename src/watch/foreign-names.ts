import { isUtf8 } from 'node:buffer';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** What Node puts where a name's bytes are no UTF-8; it then finds no such file. */
export const replacement = '\uFFFD';

/** Names remembered as told; beyond that some are told again. */
const mostTold = 10_000;

/** What is said of a file or directory whose name Node cannot use. */
export function notUtf8(path: string): string {
  return `${path}: the name is not UTF-8; it is left where it is`;
}

/** Finds names that are not UTF-8: no file event tells of them, because to Node there is no such file. Each is told once. */
export class ForeignNames {
  readonly #told = new Set<string>();

  /** The paths in a directory that have not been told yet, readable as far as they go. */
  lookIn(directory: string, isWanted: (name: string) => boolean): readonly string[] {
    return namesIn(directory).flatMap((bytes) => {
      const name = bytes.toString();
      const key = `${directory}\0${bytes.toString('latin1')}`;
      if (isUtf8(bytes) || !isWanted(name) || this.#told.has(key)) return [];
      if (this.#told.size >= mostTold) this.#told.clear();
      this.#told.add(key);
      return [join(directory, name)];
    });
  }
}

function namesIn(directory: string): readonly Buffer[] {
  try {
    return readdirSync(directory, { encoding: 'buffer' });
  } catch {
    // Gone or not readable: others say so.
    return [];
  }
}
