import { setImmediate as turn } from 'node:timers/promises';
import { shellWord } from '../../core/index.ts';
import { messageOf } from '../../errors/index.ts';
import type { ArchivedFile, ArchiveStore } from '../../store/index.ts';
import type { RootMark } from '../../watch/index.ts';
import { wholeOf } from './brake.ts';
import { tooMuchGone } from '../brakes.ts';
import type { ArchiveGroups } from './groups.ts';
import { Lookout, markDirectory, whyNotSame } from './look.ts';
import { readAll, wordOf } from './reading.ts';
import type { ArchiveTally } from './report.ts';
import { IdSet } from '../id-set.ts';
import { isInScope, type ArchiveScope } from './scope.ts';
import { isOwnSource, ownSource } from './own-source.ts';
import type { Surroundings } from '../types.ts';

/** Rows looked at together, and told of together. */
const pageSize = 500;

/** What checking rows needs. */
export interface RowsOptions {
  readonly around: Surroundings;
  readonly store: ArchiveStore;
  readonly groups: ArchiveGroups;
  readonly tally: ArchiveTally;
  /** What is gone is gone, however much it is. */
  readonly force: boolean;
  /** What is gone is to be written off afterwards. */
  readonly writeOff: boolean;
  /** Every file is read afterwards: none need be read for its size. */
  readonly verify: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number) => void;
}

/** What looking at the rows of a scope has found; ids only, so that a million of them fit. */
export interface RowsFound {
  readonly scope: ArchiveScope;
  /** The root as it was; null: it cannot be read, and nothing is concluded. */
  readonly mark: RootMark | null;
  readonly lookout: Lookout;
  readonly total: number;
  /** Files that are there, whatever is on record of them otherwise. */
  readonly there: number;
  /** Gone, and on record as archived. */
  readonly gone: readonly number[];
  /** Gone, and known to be missing. */
  readonly stillGone: readonly number[];
  /** Known to be missing, and something is there. */
  readonly back: readonly number[];
  /** Of another size than is on record. */
  readonly resized: readonly number[];
}

type RowIds = { total: number; there: number } & Record<'gone' | 'stillGone' | 'back' | 'resized', number[]>;

/** Compares the rows of archived files with the files: first everything is looked at, then, if no brake holds, told. */
export class ArchivedRows {
  readonly #options: RowsOptions;
  /** Copies that are gone, and were not expected back. */
  readonly writtenOff = new IdSet();

  constructor(options: RowsOptions) {
    this.#options = options;
  }

  /** Looks at every row of a scope; nothing is changed. */
  async look(scope: ArchiveScope): Promise<RowsFound> {
    const { store, tally, signal, onProgress } = this.#options;
    const found: RowIds = { total: 0, there: 0, gone: [], stillGone: [], back: [], resized: [] };
    const lookout = new Lookout(scope.root);
    const expected = await store.countBelow(scope.path);
    let mark: RootMark;
    try {
      mark = markDirectory(scope.root);
    } catch (error) {
      // An archive that has never been written to need not exist.
      if (expected > 0) tally.problem(`${scope.root} cannot be read, nothing is concluded: ${messageOf(error)}`);
      return { ...found, scope, mark: null, lookout };
    }
    let done = 0;
    for (let lastId = 0; !signal.aborted;) {
      const files = await store.filesBelow(scope.path, lastId, pageSize);
      const last = files.at(-1);
      if (last === undefined) break;
      lastId = last.id;
      for (const file of files) if (isInScope(scope, file.archivePath)) this.#note(file, lookout, found);
      done += files.length;
      onProgress(done, expected);
      // The SQLite driver and the look at files answer without letting go of the loop.
      await turn();
    }
    return { ...found, scope, mark, lookout };
  }

  #note(file: ArchivedFile, lookout: Lookout, found: RowIds): void {
    const seen = lookout.look(file.archivePath);
    if (file.inArchive) found.total += 1;
    if (seen.what === 'there') found.there += 1;
    if (seen.what === 'unknown') this.#options.tally.problem(`${file.archivePath}: ${seen.reason}`);
    else if (seen.what === 'gone') {
      this.#noteGone(file);
      if (!file.isWrittenOff) (file.inArchive ? found.gone : found.stillGone).push(file.id);
    } else if (!file.inArchive) found.back.push(file.id);
    else if (seen.sizeBytes !== file.sizeBytes && !this.#options.verify) found.resized.push(file.id);
  }

  #noteGone({ id, isWrittenOff, archivePath }: ArchivedFile): void {
    if (!isWrittenOff) return this.#options.tally.missing(archivePath);
    this.writtenOff.add(id);
    this.#options.tally.add('written_off');
  }

  /** Why nothing may be concluded from what is gone, in one sentence; null: no brake. */
  async brake({ scope, mark, total, gone, stillGone }: RowsFound): Promise<string | null> {
    const { store, around, force, writeOff } = this.#options;
    // Who has a damaged copy written off has removed it, or its disk is not mounted.
    const known = writeOff ? stillGone.length : 0;
    if (mark === null || gone.length + known === 0 || force) return null;
    const device = await store.archiveDevice(scope.root);
    const options = writeOff ? '--write-off --force' : '--force';
    const command = `if they are gone for good: \`carbonation reconcile archive ${shellWord(scope.path)} ${options}\``;
    if (device !== null && device !== mark.device) {
      return `${scope.root} is on another device than before and ${gone.length + known} of ${total + known} files are gone: is its disk mounted? Nothing was changed; ${command}`;
    }
    const all = await wholeOf(store, scope, total);
    const tooMuch = tooMuchGone(`files in ${scope.root}`, { gone: gone.length, all }, around.project.config.service);
    return tooMuch === null ? null : `${tooMuch}: nothing was changed; ${command}`;
  }

  /** Tells the groups what is gone and what is back, and records where the archive was; the ids of what is missing, looked at again. */
  async tell(found: RowsFound): Promise<readonly number[]> {
    const { scope, mark, lookout } = found;
    const { store, around, signal, writeOff } = this.#options;
    if (mark === null) return [];
    const missing: number[] = [];
    lookout.forget();
    for (const ids of pages(writeOff ? [...found.gone, ...found.stillGone] : found.gone)) {
      if (signal.aborted) return [];
      const files = (await store.filesById(ids)).filter(({ archivePath }) => lookout.look(archivePath).what === 'gone');
      if (!this.#isSameRoot(scope, mark)) return [];
      await this.#tellLost(files, lookout);
      for (const { id } of files) missing.push(id);
    }
    for (const ids of pages(found.back)) {
      if (signal.aborted) return [];
      for (const { id } of await this.#tellBack(scope, await store.filesById(ids))) missing.push(id);
    }
    for (const ids of pages(found.resized)) {
      if (signal.aborted) return [];
      await this.#tellDamaged(await store.filesById(ids));
    }
    const isWhole = scope.path === scope.root;
    if (isWhole && !around.dryRun) {
      await store.recordArchiveDevice(scope.root, mark.device, around.clock.now());
    }
    return missing;
  }

  async #tellLost(files: readonly ArchivedFile[], lookout: Lookout): Promise<void> {
    const lost = files.filter(({ inArchive }) => inArchive);
    await this.#options.groups.tellLost(lost, ({ archivePath }) => whyGone(lookout, archivePath));
  }

  /**
   * A file is back only with the recorded content: a damaged one is not recovered by its name. Those that are gone, since another
   * copy has their place.
   */
  async #tellBack(scope: ArchiveScope, files: readonly ArchivedFile[]): Promise<readonly ArchivedFile[]> {
    const { groups, tally, around, store } = this.#options;
    const results = await readAll(around.files, files);
    const others: ArchivedFile[] = [];
    const areSources = await Promise.all(files.map((file, i) => isOwnSource(file, results[i], scope)));
    const back = files.filter((file, i) => {
      const found = results[i];
      if (found?.outcome === 'read') tally.add('bytes', found.sizeBytes);
      if (areSources[i] === true) {
        tally.damaged({ path: file.archivePath, reason: ownSource });
        return false;
      }
      if (found?.outcome === 'read' && file.sha256 === found.sha256) return true;
      if (found?.outcome === 'unreadable') tally.problem(`${file.archivePath} cannot be read: ${found.reason}`);
      else if (found?.outcome === 'gone') this.#noteGone(file);
      else others.push(file);
      return false;
    });
    const copies = await store.filesAt(others.map(({ archiveHash }) => archiveHash));
    const isTaken = ({ archiveHash }: ArchivedFile) =>
      copies.get(archiveHash)?.some(({ inArchive }) => inArchive) === true;
    for (const file of others)
      if (isTaken(file)) this.#noteGone(file);
      else tally.damaged({ path: file.archivePath, reason: 'still not the recorded content' });
    tally.add('recovered', (await groups.tellFound(back)).length);
    return others.filter(isTaken);
  }

  /** The size on record is that of the file in delivery, as long as there is one, and it may hold something else by now: the copy is read. */
  async #tellDamaged(files: readonly ArchivedFile[]): Promise<void> {
    const { groups, tally, around } = this.#options;
    const results = await readAll(around.files, files);
    const reasons = new Map<number, string>();
    for (const [i, file] of files.entries()) {
      const found = results[i];
      if (found?.outcome === 'read') tally.add('bytes', found.sizeBytes);
      if (found?.outcome === 'unreadable') tally.problem(`${file.archivePath} cannot be read: ${found.reason}`);
      else if (found?.outcome === 'other' || (found?.outcome === 'read' && found.sha256 !== file.sha256))
        reasons.set(file.id, wordOf(found, file));
    }
    const damaged = files.filter(({ id, inArchive, sha256 }) => reasons.has(id) && inArchive && sha256 !== null);
    for (const { id, archivePath } of await groups.tellLost(damaged, ({ id: one }) => reasons.get(one) ?? null))
      tally.damaged({ path: archivePath, reason: reasons.get(id) ?? '' });
  }

  #isSameRoot(scope: ArchiveScope, mark: RootMark): boolean {
    const why = whyNotSame(scope.root, mark);
    if (why !== null) this.#options.tally.problem(why);
    return why === null;
  }
}

function whyGone(lookout: Lookout, path: string): string | null {
  const seen = lookout.look(path);
  return seen.what === 'gone' ? seen.reason : null;
}

/** Ids, a page at a time. */
export function* pages(ids: readonly number[]): Generator<readonly number[]> {
  for (let start = 0; start < ids.length; start += pageSize) yield ids.slice(start, start + pageSize);
}
