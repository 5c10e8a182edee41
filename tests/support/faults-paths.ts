import { createHash } from 'node:crypto';
import { basename, relative, sep } from 'node:path';

/** What a call is about, in names that are the same in every run. */
export interface Place {
  /** `source`, `part`, `target`, `delivery` and `archive` (directories), or `database`. */
  readonly role: string;
  readonly name: string;
}

/** Tells the roles of paths and open files in the delivery directory and the archives. */
export class FaultPaths {
  readonly #delivery: string;
  readonly #archives: readonly string[];
  readonly #descriptors = new Map<number, Place>();
  /** Names of sources by what temporary names are made of. */
  readonly #sources = new Map<string, string>();

  constructor(delivery: string, archives: readonly string[]) {
    this.#delivery = delivery;
    this.#archives = archives;
  }

  of(path: unknown): Place | null {
    if (typeof path !== 'string') return null;
    if (isBelow(this.#delivery, path)) {
      if (path === this.#delivery) return { role: 'delivery', name: '.' };
      this.#sources.set(createHash('sha256').update(path).digest('hex').slice(0, 16), basename(path));
      return { role: 'source', name: basename(path) };
    }
    const archive = this.#archives.find((candidate) => isBelow(candidate, path));
    if (archive === undefined) return null;
    const part = /^\.carbonation-.+-([0-9a-f]{16})\.part$/.exec(basename(path));
    if (part !== null) return { role: 'part', name: this.#sources.get(part[1] ?? '') ?? 'unknown' };
    const name = relative(archive, path);
    // The lives' files have extensions, their directories have none.
    return basename(path).includes('.') ? { role: 'target', name } : { role: 'archive', name: name || '.' };
  }

  ofDirectory(path: unknown): Place | null {
    const place = this.of(path);
    return place?.role === 'source' ? { role: 'delivery', name: place.name } : place;
  }

  ofDescriptor(fd: unknown): Place | null {
    return typeof fd === 'number' ? (this.#descriptors.get(fd) ?? null) : null;
  }

  opened(fd: number, place: Place): void {
    this.#descriptors.set(fd, place);
  }

  closed(fd: number): void {
    this.#descriptors.delete(fd);
  }
}

function isBelow(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}${sep}`);
}
