import { storedState, type GroupState } from '../../../machines/file-group/index.ts';
import type { ArchivedFile, ArchiveStore } from '../../store/index.ts';
import type { ArchiveGroups } from './groups.ts';
import type { ArchiveTally } from './report.ts';
import { pages, type ArchivedRows } from './rows.ts';
import { IdSet } from '../id-set.ts';
import type { Surroundings } from '../types.ts';

/** What writing off needs. */
export interface WriteOffOptions {
  readonly around: Surroundings;
  readonly store: ArchiveStore;
  readonly groups: ArchiveGroups;
  readonly tally: ArchiveTally;
  readonly signal: AbortSignal;
}

/** The rows of a scope, and the ids of those that are missing. */
export interface MissingRows {
  readonly rows: Pick<ArchivedRows, 'writtenOff'>;
  readonly missing: readonly number[];
}

/** States, in snake case, of groups that have been told of their lost copies, or in a dry run would have been. */
const tellableStates: ReadonlySet<string> = new Set(
  (['archived', 'missing', 'writtenOff'] as const satisfies readonly GroupState[]).map(storedState),
);

/**
 * Writes off what is gone: groups are told that their lost copies are not
 * expected back. A group is written off as a whole: one that also lacks what
 * was not looked for, or has a damaged copy, stays missing.
 */
export class WriteOff {
  readonly #options: WriteOffOptions;
  readonly #looked: readonly MissingRows[];
  /** Copies that were looked for, are gone, and count as missing. */
  readonly #missing = new IdSet();

  constructor(options: WriteOffOptions, looked: readonly MissingRows[]) {
    this.#options = options;
    this.#looked = looked;
    for (const { missing } of looked) for (const id of missing) this.#missing.add(id);
  }

  async writeOff(): Promise<void> {
    const { store, signal } = this.#options;
    // A group's copies may be on several pages, and it is told of all of them at once.
    const told = new IdSet();
    for (const ids of this.#looked.flatMap(({ missing }) => [...pages(missing)])) {
      if (signal.aborted) return;
      const groupIds = new Set((await store.filesById(ids)).map(({ groupId }) => groupId));
      const untold = [...groupIds].filter((id) => !told.has(id));
      for (const id of untold) told.add(id);
      const byGroup = Map.groupBy(await store.filesOfGroups(untold), ({ groupId }) => groupId);
      await this.#tell([...byGroup.values()].flatMap((files) => this.#lostOf(files)));
    }
  }

  /** The lost copies of a group; none: it cannot be written off. */
  #lostOf(files: readonly ArchivedFile[]): readonly ArchivedFile[] {
    const lost = files.filter((file) => !this.#options.groups.hasCopy(file));
    const why = this.#whyNot(lost);
    if (why === null) return lost;
    this.#options.tally.problem(why);
    return [];
  }

  #whyNot(lost: readonly ArchivedFile[]): string | null {
    const [first] = lost;
    if (first === undefined) return null;
    const { groupKey, groupState } = first;
    if (!tellableStates.has(groupState))
      return `${groupKey} is not written off: it is ${groupState.replaceAll('_', ' ')}, and what it lacks may be archived again`;
    const other = lost.find(({ id }) => !this.#isGone(id));
    if (other === undefined) return null;
    return `${groupKey} is not written off: ${other.archivePath} is missing, too, and it is damaged or was not looked for`;
  }

  #isGone(id: number): boolean {
    return this.#missing.has(id) || this.#looked.some(({ rows }) => rows.writtenOff.has(id));
  }

  async #tell(files: readonly ArchivedFile[]): Promise<void> {
    const { around, groups, tally } = this.#options;
    const writtenOff = around.dryRun ? files : await groups.tellWrittenOff(files);
    // Some of a group may have been written off before.
    for (const { id, archivePath } of writtenOff) if (this.#missing.has(id)) tally.writtenOff(archivePath);
  }
}
