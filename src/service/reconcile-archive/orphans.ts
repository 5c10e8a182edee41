import { lstat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import {
  isOrphan,
  readSnapshot,
  storedState,
  type AdoptedFile,
  type GroupState,
} from '../../../machines/file-group/index.ts';
import { walkArchive } from '../../archive/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import { forEachOf, stableKey } from '../../core/index.ts';
import type { ArchivedFile, ArchiveStore, StoredGroup } from '../../store/index.ts';
import { nameFilter } from '../../watch/index.ts';
import type { ArchiveGroups } from './groups.ts';
import { readAll } from './reading.ts';
import type { ArchiveTally } from './report.ts';
import { watchesArchivingTo, type ArchiveScope } from './scope.ts';
import { GroupKeys } from '../group/keys.ts';
import type { Delivery } from '../group/inbox.ts';
import type { Surroundings } from '../types.ts';

/** Names looked up together, and unknown files of one directory that are taken in together. */
const pageSize = 500;
const mostTogether = 5000;

/** For how long a file may be in an archive without being on record, in ms: a service commits what it has copied a little later. */
const unrecordedMs = 10_000;
/** Files looked at at once. */
const mostLooks = 4;

/** States in which a group of orphans takes in more of them. */
const adoptingStates: ReadonlySet<string> = new Set(
  (
    ['archived', 'missing', 'writtenOff', 'failed', 'retryPending', 'cleared'] as const satisfies readonly GroupState[]
  ).map(storedState),
);

/** What finding orphans needs. */
export interface OrphanOptions {
  readonly around: Surroundings;
  readonly store: ArchiveStore;
  readonly groups: ArchiveGroups;
  readonly tally: ArchiveTally;
  /** Whose orphans they are where several watches archive; null: nobody said. */
  readonly watchName: string | null;
  /** A service works on the database. */
  readonly isServed: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: () => void;
}

/** Walks archives: files that the database lacks are given to groups, rows of the same file are merged. */
export class OrphanFinder {
  readonly #options: OrphanOptions;
  readonly #keys: GroupKeys;
  /** Directories whose watch is not known have been reported, by what was said. */
  readonly #undecided = new Map<string, { count: number; readonly directory: string }>();

  constructor(options: OrphanOptions) {
    this.#options = options;
    this.#keys = new GroupKeys(options.around);
  }

  async walk(scope: ArchiveScope): Promise<void> {
    const { tally, signal, onProgress } = this.#options;
    let directory: string | null = null;
    let unknown: string[] = [];
    for await (const page of walkArchive(scope.path, { excluded: scope.excluded, pageSize })) {
      for (const problem of page.problems) tally.problem(problem);
      if (page.directory !== directory || unknown.length >= mostTogether) {
        if (directory !== null) await this.#take(scope, directory, unknown);
        unknown = [];
        ({ directory } = page);
      }
      tally.add('found', page.names.length);
      unknown.push(...(await this.#lookUp(page.directory, page.names)));
      onProgress();
      if (signal.aborted) return;
    }
    if (directory !== null) await this.#take(scope, directory, unknown);
  }

  /** Says what was left because nobody knows whose it is. */
  finish(): void {
    for (const [why, { count, directory }] of this.#undecided) {
      this.#options.tally.problem(`${count} unknown file(s), first in ${directory}, were left: ${why}`);
    }
  }

  /** The names that the database lacks; rows of one and the same file are merged on the way. */
  async #lookUp(directory: string, names: readonly string[]): Promise<readonly string[]> {
    if (names.length === 0) return [];
    const { store } = this.#options;
    const hashes = names.map((name) => stableKey(join(directory, name)));
    const known = await store.filesAt(hashes);
    await this.#merge([...known.values()]);
    const unknown = names.filter((_, i) => !known.has(hashes[i] ?? ''));
    if (unknown.length === 0) return [];
    const former = await store.formerAt(unknown.map((name) => stableKey(join(directory, name))));
    return unknown.filter((name) => !former.has(stableKey(join(directory, name))));
  }

  /** A file that was found and one that was delivered turn out to be the same: the delivered one stays. */
  async #merge(rowsOfFiles: readonly (readonly ArchivedFile[])[]): Promise<void> {
    const doubles = rowsOfFiles.flatMap((rows) =>
      rows.some((row) => !row.isOrphan && row.inArchive) ? rows.filter((row) => row.isOrphan && row.inArchive) : [],
    );
    if (doubles.length === 0) return;
    const at = this.#options.around.clock.now();
    const merged = await this.#options.groups.tellOf(doubles, (files) => [
      { type: 'archive.merged', paths: files.map(({ sourcePath }) => sourcePath), at },
    ]);
    this.#options.tally.add('dedup_removed', merged.length);
  }

  async #take(scope: ArchiveScope, directory: string, names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    const watch = this.#watchFor(scope, directory, names.length);
    if (watch === null) return;
    const filter = nameFilter(watch);
    const wanted = names.filter((name) => filter.accepts(name));
    this.#options.tally.add('ignored', names.length - wanted.length);
    const orphans = await this.#stillUnknown(directory, wanted);
    if (orphans.length > 0) await this.#adopt(scope, watch, directory, await this.#read(directory, orphans));
  }

  #watchFor(scope: ArchiveScope, directory: string, count: number): WatchConfig | null {
    const { around, watchName } = this.#options;
    if (watchName !== null) return around.ownership.watchOf(watchName);
    const watches = watchesArchivingTo(scope, directory, around.project.config, around.rules);
    const [first] = watches;
    if (first !== undefined && watches.length === 1) return first;
    const who = first === undefined ? 'no watch archives' : `${watches.map(({ name }) => name).join(', ')} archive`;
    const why = `${who} there; say whose they are with --watch`;
    const before = this.#undecided.get(why);
    if (before === undefined) this.#undecided.set(why, { count, directory });
    else before.count += count;
    return null;
  }

  /** A transfer that is under way gives a file its name before it is on record: such a file is no orphan. */
  async #stillUnknown(directory: string, names: readonly string[]): Promise<readonly string[]> {
    const { groups, tally, isServed } = this.#options;
    if (names.length === 0) return names;
    if ((await groups.directoriesAtWork()).has(directory)) {
      tally.add('busy', names.length);
      return [];
    }
    const unknown = await this.#lookUp(directory, names);
    return isServed ? await this.#withoutFresh(directory, unknown) : unknown;
  }

  /** Looked at before any is read, which may take longer than it takes a service to record what it has copied. */
  async #withoutFresh(directory: string, names: readonly string[]): Promise<readonly string[]> {
    const { around, tally } = this.#options;
    const since = around.clock.now() - unrecordedMs;
    const fresh = new Set<string>();
    await forEachOf(names, mostLooks, async (name) => {
      // A link that a service has made just now stands for an old file. What cannot be looked at cannot be read either.
      const found = await lstat(join(directory, name)).catch(() => null);
      if (found !== null && found.ctimeMs > since) fresh.add(name);
    });
    tally.add('busy', fresh.size);
    return names.filter((name) => !fresh.has(name));
  }

  async #read(directory: string, names: readonly string[]): Promise<readonly AdoptedFile[]> {
    const { around, tally } = this.#options;
    const files = names.map((name) => ({ archivePath: join(directory, name), sizeBytes: 0 }));
    const results = await readAll(around.files, files);
    const at = around.clock.now();
    return names.flatMap((name, i) => {
      const found = results[i];
      const path = join(directory, name);
      if (found?.outcome === 'read') {
        tally.add('bytes', found.sizeBytes);
        const { sha256, sizeBytes, identity: source } = found;
        return [{ name, copy: { path, sha256, sizeBytes, at, source } }];
      }
      if (found?.outcome === 'unreadable') tally.problem(`${path} cannot be read: ${found.reason}`);
      return [];
    });
  }

  async #adopt(
    scope: ArchiveScope,
    watch: WatchConfig,
    directory: string,
    files: readonly AdoptedFile[],
  ): Promise<void> {
    const { around, groups, tally } = this.#options;
    const keys = await Promise.all(files.map(({ name }) => this.#keys.of(watch, join(watch.path, name))));
    const unkeyed = keys.filter((key) => key === null).length;
    if (unkeyed > 0) tally.problem(`${directory}: the grouping function failed for ${unkeyed} file(s), see the log`);
    const byKey = Map.groupBy(files, (_file, i) => keys[i] ?? null);
    byKey.delete(null);
    const chosen = await this.#chooseKeys(
      scope,
      watch,
      directory,
      [...byKey.keys()].flatMap((key) => key ?? []),
    );
    const at = around.clock.now();
    const deliveries: Delivery[] = [];
    for (const [key, members] of byKey) {
      const groupKey = key === null ? null : chosen.get(key);
      if (groupKey === 'busy') tally.add('busy', members.length);
      else if (groupKey === undefined || groupKey === null) {
        tally.problem(`${members.length} unknown file(s) in ${directory} fit into no group: ${key} has other files`);
      } else {
        deliveries.push({ watch, groupKey: groupKey.name, event: { type: 'archive.adopted', files: members, at } });
      }
    }
    const heardBy = await groups.tell(deliveries);
    for (const { groupKey, event } of deliveries) {
      const taken = event.type === 'archive.adopted' ? event.files : [];
      const heard = heardBy({ watchName: watch.name, groupKey });
      // Another reconciliation may have recorded some of them meanwhile.
      const fresh = taken.filter(({ copy }) => heard?.before?.components[copy.path] === undefined);
      tally.add(heard === null ? 'busy' : 'created', fresh.length);
    }
  }

  /**
   * The group for each key of a directory's orphans: that of the key itself, as a delivery would have it, unless it has
   * other files; then one whose key begins with the archive and the directory.
   */
  async #chooseKeys(scope: ArchiveScope, watch: WatchConfig, directory: string, keys: readonly string[]) {
    const prefix = join(scope.archives[0]?.name ?? '', relative(scope.root, directory));
    const hashOf = (key: string): string => stableKey(watch.name, key);
    const candidates = keys.map((key) => [key, join(prefix, key)] as const);
    const stored = await this.#options.around.groups.groupsByKey(candidates.flat().map(hashOf));
    const chosen = new Map<string, { readonly name: string } | 'busy'>();
    for (const names of candidates) {
      const [key] = names;
      for (const name of names) {
        const fit = fitOf(stored.get(hashOf(name)), directory);
        if (fit === 'other') continue;
        chosen.set(key, fit === 'busy' ? 'busy' : { name });
        break;
      }
    }
    return chosen;
  }
}

/** Whether the orphans of a directory can go into a group. */
function fitOf(stored: StoredGroup | undefined, directory: string): 'fits' | 'busy' | 'other' {
  if (stored === undefined) return 'fits';
  const read = readSnapshot(stored.envelope);
  if (!read.ok) return 'other';
  const components = Object.values(read.snapshot.context.components);
  const copies = components.filter(({ archived }) => archived !== null);
  const isOwn = copies.every((one) => isOrphan(one) && dirname(one.path) === directory);
  if (!isOwn || (copies.length === 0 && stored.state !== 'cleared' && stored.state !== 'adopting')) return 'other';
  // What is still to be archived comes first: adoption would end the tries.
  if (stored.state === 'adopting' || components.some((one) => one.inDelivery && !one.isCurrent)) return 'busy';
  return adoptingStates.has(stored.state) ? 'fits' : 'other';
}
