import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sha256 } from './life.ts';
import { falseRecords, filesIn, remains, type ArchivedFile, type ComponentRow } from './soundness.ts';

/** What a deliverer can do to a file. */
export const fileActions = [
  'create',
  'append',
  'rename in',
  'rename out',
  'delete',
  'replace',
  'preserve mtime',
  'touch',
] as const;
export type FileAction = (typeof fileActions)[number];

/** What a deliverer can do to a directory; the first makes one elsewhere, with a whole group in it. */
export const directoryActions = ['move in', 'move out', 'move back', 'rename', 'delete'] as const;
export type DirectoryAction = (typeof directoryActions)[number];

/** The directories in delivery that things are done to. */
export const directories = ['d', 'e', 'd/f'] as const;

/** Where things are. */
export interface ModelPlaces {
  readonly delivery: string;
  /** Beside the delivery directory, on the same file system. */
  readonly staging: string;
  readonly archive: string;
  /** What the database has. */
  readonly rows: () => Promise<readonly ComponentRow[]>;
}

/**
 * Delivers files as other programs do, and knows what must be in the archive
 * then. Groups are two files, `STEM.txt` and `STEM.json`; stems have no `_`. The archive has no directories of the delivery's.
 */
export class DeliveryModel {
  readonly #places: ModelPlaces;
  /** Files are only ever exchanged as a whole: for a move, which links, a writer into the file would write into the archive. */
  readonly #isAtomic: boolean;
  #number = 100_000;
  /** Contents by name that may be in the archive: each state that a file has had. */
  readonly #may = new Map<string, Set<string>>();
  /** `NAME HASH` of what has been at rest in a complete group, and so must be in the archive. */
  readonly #must = new Set<string>();
  /** Contents that the rules keep out of the archive. */
  readonly #refused = new Map<string, Set<string>>();
  #refuses: (stem: string) => boolean = () => false;

  constructor(places: ModelPlaces, isAtomic: boolean) {
    this.#places = places;
    this.#isAtomic = isAtomic;
    mkdirSync(places.staging, { recursive: true });
  }

  /** Contents that must be in the archive so far. */
  get demanded(): number {
    return this.#must.size;
  }

  /** Other rules are in force, by which groups of these stems are not archived. */
  refuse(refuses: (stem: string) => boolean): void {
    this.#refuses = refuses;
    for (const [name, hashes] of this.#refused) {
      if (refuses(stemOf(name))) continue;
      for (const hash of hashes) setOf(this.#may, name).add(hash);
      this.#refused.delete(name);
    }
  }

  /**
   * Does something to a file; what needs a file that is not there does nothing.
   *
   * @param where - below the delivery directory
   */
  act(action: FileAction, where: string): void {
    const path = join(this.#places.delivery, where);
    const name = basename(where);
    mkdirSync(dirname(path), { recursive: true });
    if (action === 'create') this.#write(path, this.#content(name));
    else if (action === 'rename in') this.#put(path, this.#content(name), this.#staged(name));
    else if (action === 'replace') this.#put(path, this.#content(name), `${path}.tmp`);
    else if (existsSync(path)) this.#change(action, path);
  }

  #change(action: FileAction, path: string): void {
    const name = basename(path);
    try {
      const { atime, mtime } = statSync(path);
      if (action === 'append') this.#append(path);
      else if (action === 'preserve mtime') {
        const content = this.#content(name).padEnd(statSync(path).size);
        const staged = this.#staged(name);
        this.#note(name, content);
        writeFileSync(staged, content);
        utimesSync(staged, atime, mtime);
        renameSync(staged, path);
      } else if (action === 'touch') utimesSync(path, new Date(), new Date());
      else if (action === 'rename out') renameSync(path, this.#staged(`out-${name}`));
      else rmSync(path);
    } catch (error) {
      // A move takes files away, at any moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }

  /** Does something to a directory; what needs one that is not there, or has no room for it, does nothing. */
  actOnDirectory(action: DirectoryAction, directory: string): void {
    const path = join(this.#places.delivery, directory);
    const out = this.#staged(`out-${directory.replaceAll('/', '-')}`);
    if (action === 'move in') this.#moveIn(path);
    else if (action === 'move back') this.#moveDirectory(out, path);
    else if (action === 'move out') this.#moveDirectory(path, out);
    else if (action === 'rename') this.#moveDirectory(path, `${path}-renamed`);
    else rmSync(path, { recursive: true, force: true });
  }

  #moveIn(path: string): void {
    const made = this.#staged('made');
    mkdirSync(made);
    for (const name of ['m.txt', 'm.json']) {
      const content = this.#content(name);
      this.#note(name, content);
      writeFileSync(join(made, name), content);
    }
    if (!this.#moveDirectory(made, path)) rmSync(made, { recursive: true });
  }

  #moveDirectory(from: string, to: string): boolean {
    if (!existsSync(from) || existsSync(to)) return false;
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
    return true;
  }

  #append(path: string): void {
    const name = basename(path);
    const content = `${readFileSync(path, 'utf8')}\n`;
    if (this.#isAtomic) this.#put(path, content, this.#staged(name));
    else {
      this.#note(name, content);
      appendFileSync(path, '\n');
    }
  }

  #write(path: string, content: string): void {
    if (this.#isAtomic) this.#put(path, content, this.#staged(basename(path)));
    else {
      this.#note(basename(path), content);
      writeFileSync(path, content);
    }
  }

  #put(path: string, content: string, by: string): void {
    this.#note(basename(path), content);
    writeFileSync(by, content);
    renameSync(by, path);
  }

  #staged(name: string): string {
    return join(this.#places.staging, name);
  }

  #note(name: string, content: string): void {
    const into = this.#refuses(stemOf(name)) ? this.#refused : this.#may;
    setOf(into, name).add(sha256(content));
  }

  /** Never the same twice, and for a JSON file of one length. */
  #content(name: string): string {
    this.#number += 1;
    if (!name.endsWith('.json')) return `${name} ${this.#number} `.repeat(20 + (this.#number % 5) * 200);
    const source = `${stemOf(name)} ${this.#number}`;
    return JSON.stringify({ start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', category: 'kept', source });
  }

  /** Nothing more is done to the files for now: what is complete must come into the archive. */
  demand(): void {
    const present = new Set(
      readdirSync(this.#places.delivery, { recursive: true, encoding: 'utf8' }).filter((name) =>
        /\.(txt|json)$/.test(name),
      ),
    );
    for (const name of present) {
      const other = name.endsWith('.txt') ? name.replace(/txt$/, 'json') : name.replace(/json$/, 'txt');
      if (!present.has(other) || this.#refuses(stemOf(basename(name)))) continue;
      try {
        this.#must.add(`${basename(name)} ${sha256(readFileSync(join(this.#places.delivery, name)))}`);
      } catch {
        // A move has taken it away just now, which it does only once it has been archived.
      }
    }
  }

  /** What must never be, whatever is under way. */
  wrongs(): readonly string[] {
    const archived = filesIn(this.#places.archive).filter(({ name }) => !name.endsWith('.part'));
    const counts = new Map<string, number>();
    for (const file of archived) counts.set(originOf(file), (counts.get(originOf(file)) ?? 0) + 1);
    const isKnown = ({ name, sha256: hash }: ArchivedFile) => this.#may.get(originalName(name))?.has(hash) === true;
    return [
      ...archived.filter((file) => !isKnown(file)).map(({ path }) => `${path} is nothing that was delivered`),
      ...[...counts].filter(([, count]) => count > 1).map(([what, count]) => `${what} is archived ${count} times`),
    ];
  }

  /** What is wrong with the service at rest. */
  async wrongsAtRest(): Promise<readonly string[]> {
    const rows = await this.#places.rows();
    const archived = filesIn(this.#places.archive);
    const there = new Set(archived.map(originOf));
    return [
      ...this.wrongs(),
      ...[...this.#must].filter((what) => !there.has(what)).map((what) => `${what} is not in the archive`),
      ...falseRecords(rows),
      ...remains(rows, archived),
    ];
  }
}

function setOf(map: Map<string, Set<string>>, name: string): Set<string> {
  const found = map.get(name) ?? new Set();
  map.set(name, found);
  return found;
}

function stemOf(name: string): string {
  return name.slice(0, name.indexOf('.'));
}

/** The delivered name of a file that may have been numbered in the archive. */
function originalName(name: string): string {
  return name.replace(/_\d+(?=\.)/, '');
}

function originOf({ name, sha256: hash }: ArchivedFile): string {
  return `${originalName(name)} ${hash}`;
}
