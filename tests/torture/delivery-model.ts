import {
  appendFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sha256 } from './life.ts';
import type { ComponentRow } from './component-rows.ts';
import { falseRecords, filesIn, remains, type ArchivedFile } from './soundness.ts';

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
  'deliver again',
  'rename over',
  'hard link',
  'to link',
  'to directory',
  'back to file',
] as const;
export type FileAction = (typeof fileActions)[number];

/** What a deliverer can do to a directory; the first makes one elsewhere, with a whole group in it. */
export const directoryActions = [
  'move in',
  'move out',
  'move back',
  'out and back',
  'rename',
  'rename back',
  'delete',
] as const;
export type DirectoryAction = (typeof directoryActions)[number];

/** The directories in delivery that things are done to. */
export const directories = ['d', 'e', 'd/f'] as const;

/** Where things are. */
export interface ModelPlaces {
  readonly delivery: string;
  /** Beside the delivery directory, on the same file system. */
  readonly staging: string;
  readonly archives: readonly string[];
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
  /** Of these, what a person has taken out of the archive, and nobody has delivered again since. */
  readonly #lost = new Set<string>();
  /** Of these, what has been delivered again, and has not been at rest since. */
  readonly #again = new Set<string>();
  /** The last content under each path. */
  readonly #last = new Map<string, string>();
  /** What has come under its path since the grouping is another; null: the grouping has never been another. */
  #regrouped: Set<string> | null = null;
  /** What is in delivery in complete groups, path and SHA-256. */
  #present: ReadonlyMap<string, string> = new Map();
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

  /** A copy that had to be in the archive is missing, by somebody's hand. */
  get hasLost(): boolean {
    return this.#lost.size > 0;
  }

  /** Other rules are in force, by which files form other groups; what is archived stays in the group it has. */
  regroup(): void {
    this.#regrouped = new Set();
  }

  /** Somebody removes a copy from the archive, or writes something else there. */
  loseCopy({ archive_path: path, filename, sha256: hash }: ComponentRow, how: 'remove' | 'damage'): void {
    if (path === null || !existsSync(path)) return;
    // It may be the delivered file by another name.
    rmSync(path);
    if (how === 'damage') {
      const content = this.#content(`${filename}.damaged`);
      setOf(this.#may, filename).add(sha256(content));
      writeFileSync(path, content);
    }
    this.#lost.add(`${filename} ${hash}`);
    this.#again.delete(`${filename} ${hash}`);
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
    if (action === 'back to file') this.#giveBack(path, where);
    else if (!isFile(path) && existsSync(path)) {
      // A link or a directory is in the place of the file.
      if (action === 'delete') rmSync(path, { recursive: true });
    } else if (action === 'create') this.#write(path, this.#content(name));
    else if (action === 'rename in') this.#put(path, this.#content(name), this.#staged(name));
    else if (action === 'replace') this.#put(path, this.#content(name), `${path}.tmp`);
    else if (action === 'deliver again') this.#put(path, this.#last.get(path) ?? this.#content(name), `${path}.tmp`);
    else if (existsSync(path)) this.#change(action, path, where);
  }

  #change(action: FileAction, path: string, where: string): void {
    const name = basename(path);
    try {
      const { atime, mtime } = statSync(path);
      if (action === 'append') this.#append(path);
      else if (action === 'preserve mtime') {
        const content = this.#content(name).padEnd(statSync(path).size);
        const staged = this.#staged(name);
        this.#note(path, content);
        writeFileSync(staged, content);
        utimesSync(staged, atime, mtime);
        renameSync(staged, path);
      } else if (action === 'touch') this.#touch(path);
      else if (action === 'rename over') this.#giveTo(path, renameSync);
      else if (action === 'hard link') this.#giveTo(path, linkSync);
      else if (action === 'rename out') renameSync(path, this.#staged(`out-${name}`));
      else if (action === 'delete') rmSync(path);
      else {
        const kept = this.#kept(where);
        renameSync(path, kept);
        if (action === 'to link') symlinkSync(kept, path);
        else mkdirSync(path);
      }
    } catch (error) {
      // A move takes files away, at any moment.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }

  #touch(path: string): void {
    const content = readFileSync(path, 'utf8');
    utimesSync(path, new Date(), new Date());
    this.#note(path, content);
  }

  /** Gives the file to the next group, too, or instead. A JSON file says whose it is. */
  #giveTo(path: string, give: (from: string, to: string) => void): void {
    const to = join(dirname(path), basename(path) === 'a.txt' ? 'c.txt' : 'a.txt');
    if (!path.endsWith('.txt') || path === to) return;
    if (existsSync(to) && (give === linkSync || !isFile(to))) return;
    this.#note(to, readFileSync(path, 'utf8'));
    give(path, to);
  }

  /** Where a file is while a link or a directory has its place. */
  #kept(where: string): string {
    return this.#staged(`kept-${where.replaceAll('/', '-')}`);
  }

  #giveBack(path: string, where: string): void {
    const kept = this.#kept(where);
    if (isFile(path) || !existsSync(kept)) return;
    this.#note(path, readFileSync(kept, 'utf8'));
    if (existsSync(path) && lstatSync(path).isDirectory()) rmSync(path, { recursive: true });
    renameSync(kept, path);
  }

  /** Does something to a directory; what needs one that is not there, or has no room for it, does nothing. */
  actOnDirectory(action: DirectoryAction, directory: string): void {
    const path = join(this.#places.delivery, directory);
    const out = this.#staged(`out-${directory.replaceAll('/', '-')}`);
    if (action === 'move in') this.#moveIn(path);
    else if (action === 'move back') this.#moveDirectory(out, path);
    else if (action === 'move out') this.#moveDirectory(path, out);
    else if (action === 'out and back') {
      if (this.#moveDirectory(path, `${out}-and-back`)) this.#moveDirectory(`${out}-and-back`, path);
    } else if (action === 'rename') this.#moveDirectory(path, `${path}-renamed`);
    else if (action === 'rename back') this.#moveDirectory(`${path}-renamed`, path);
    else rmSync(path, { recursive: true, force: true });
  }

  #moveIn(path: string): void {
    const made = this.#staged('made');
    mkdirSync(made);
    for (const name of ['m.txt', 'm.json']) {
      const content = this.#content(name);
      this.#note(join(path, name), content);
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
    const content = `${readFileSync(path, 'utf8')}\n`;
    if (this.#isWhole(path)) this.#put(path, content, this.#staged(basename(path)));
    else {
      this.#note(path, content);
      appendFileSync(path, '\n');
    }
  }

  #write(path: string, content: string): void {
    if (this.#isWhole(path)) this.#put(path, content, this.#staged(basename(path)));
    else {
      this.#note(path, content);
      writeFileSync(path, content);
    }
  }

  /** Also of a file with two names, one would be written to through the other. */
  #isWhole(path: string): boolean {
    return this.#isAtomic || (statSync(path, { throwIfNoEntry: false })?.nlink ?? 1) > 1;
  }

  #put(path: string, content: string, by: string): void {
    this.#note(path, content);
    writeFileSync(by, content);
    renameSync(by, path);
  }

  #staged(name: string): string {
    return join(this.#places.staging, name);
  }

  /** The content comes under the path now. */
  #note(path: string, content: string): void {
    const name = basename(path);
    const into = this.#refuses(stemOf(name)) ? this.#refused : this.#may;
    const hash = sha256(content);
    setOf(into, name).add(hash);
    this.#last.set(path, content);
    this.#regrouped?.add(path);
    if (this.#lost.has(`${name} ${hash}`)) this.#again.add(`${name} ${hash}`);
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
    const paths = readdirSync(this.#places.delivery, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(txt|json)$/.test(entry.name))
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => this.#regrouped?.has(path) !== false);
    const there = new Set(paths);
    const present = new Map<string, string>();
    for (const path of paths) {
      const other = path.endsWith('.txt') ? path.replace(/txt$/, 'json') : path.replace(/json$/, 'txt');
      if (!there.has(other) || this.#refuses(stemOf(basename(path)))) continue;
      try {
        present.set(path, sha256(readFileSync(path)));
      } catch {
        // A move has taken it away just now, which it does only once it has been archived.
      }
    }
    for (const [path, hash] of present) {
      const what = `${basename(path)} ${hash}`;
      this.#must.add(what);
      // Not as soon as it comes: it may be replaced before anybody has seen it.
      if (this.#again.delete(what)) this.#lost.delete(what);
    }
    this.#present = present;
  }

  /** What must never be, whatever is under way. */
  wrongs(): readonly string[] {
    const archived = this.#archived().filter(({ name }) => !name.endsWith('.part'));
    const counts = new Map<string, number>();
    for (const file of archived) counts.set(placeOf(file), (counts.get(placeOf(file)) ?? 0) + 1);
    const isKnown = ({ name, sha256: hash }: ArchivedFile) => this.#may.get(originalName(name))?.has(hash) === true;
    return [
      ...archived.filter((file) => !isKnown(file)).map(({ path }) => `${path} is nothing that was delivered`),
      ...[...counts].filter(([, count]) => count > 1).map(([what, count]) => `${what} is archived ${count} times`),
    ];
  }

  /** What is wrong with the service at rest. */
  async wrongsAtRest(): Promise<readonly string[]> {
    const rows = await this.#places.rows();
    const archived = this.#archived();
    const there = new Set(archived.map(originOf));
    const isMissed = (what: string) => !there.has(what) && !this.#lost.has(what);
    return [
      ...this.wrongs(),
      ...[...this.#must].filter(isMissed).map((what) => `${what} is not in the archive`),
      ...this.#unrecorded(rows),
      ...falseRecords(rows),
      ...remains(rows, archived),
    ];
  }

  #archived(): readonly ArchivedFile[] {
    return this.#places.archives.flatMap((archive) => filesIn(archive));
  }

  /** What is in delivery in complete groups is recorded as archived, as it is. */
  #unrecorded(rows: readonly ComponentRow[]): readonly string[] {
    const byPath = new Map(rows.map((row) => [row.source_path, row]));
    return [...this.#present].flatMap(([path, hash]) => {
      const row = byPath.get(path);
      if (this.#lost.has(`${basename(path)} ${hash}`) || (row?.in_archive === true && row.sha256 === hash)) return [];
      return [`${path} is ${row?.status ?? 'not recorded'} in a group that is ${row?.state}: ${row?.reason}`];
    });
  }
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
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

/** A content may be archived again where the rules name another directory. */
function placeOf(file: ArchivedFile): string {
  return `${originOf(file)} in ${dirname(file.path)}`;
}
