import type { ArchivedFile, ArchiveStore } from '../store/index.ts';
import type { ArchiveGroups } from './archive-groups.ts';
import type { ArchiveTally } from './archive-report.ts';
import { pages, type RowsFound } from './archive-rows.ts';
import { IdSet } from './gone-files.ts';
import type { Surroundings } from './types.ts';

/** What writing off needs. */
export interface WriteOffOptions {
  readonly around: Surroundings;
  readonly store: ArchiveStore;
  readonly groups: ArchiveGroups;
  readonly tally: ArchiveTally;
  readonly signal: AbortSignal;
}

/**
 * Writes off what is gone: groups are told that their lost copies are not
 * expected back. A group is written off as a whole: one that also lacks what
 * was not looked for, or has a damaged copy, stays missing.
 */
export class WriteOff {
  readonly #options: WriteOffOptions;
  /** Copies that were looked for, and are gone. */
  readonly #gone = new IdSet();
  readonly #ids: number[] = [];

  /** @param looked - what looking at the rows has found */
  constructor(options: WriteOffOptions, looked: readonly RowsFound[]) {
    this.#options = options;
    for (const { mark, gone, stillGone } of looked) {
      if (mark === null) continue;
      for (const ids of [gone, stillGone]) {
        for (const id of ids) this.#gone.add(id);
        this.#ids.push(...ids);
      }
    }
  }

  async writeOff(): Promise<void> {
    const { store, signal } = this.#options;
    // A group's copies may be on several pages, and it is told of all of them at once.
    const told = new IdSet();
    for (const ids of pages(this.#ids)) {
      if (signal.aborted) return;
      const open = (await store.filesById(ids)).filter(
        ({ isWrittenOff, groupId }) => !isWrittenOff && !told.has(groupId),
      );
      const groupIds = [...new Set(open.map(({ groupId }) => groupId))];
      for (const id of groupIds) told.add(id);
      const byGroup = Map.groupBy(await store.filesOfGroups(groupIds), ({ groupId }) => groupId);
      await this.#tell([...byGroup.values()].flatMap((files) => this.#lostOf(files)));
    }
  }

  /** The lost copies of a group; none: it lacks others, too. */
  #lostOf(files: readonly ArchivedFile[]): readonly ArchivedFile[] {
    // In a dry run no group has heard that it has lost anything.
    const { dryRun } = this.#options.around;
    const lost = files.filter(({ id, inArchive }) => !inArchive || (dryRun && this.#gone.has(id)));
    const other = lost.find(({ id }) => !this.#gone.has(id));
    if (other === undefined) return lost;
    const { groupKey, archivePath } = other;
    this.#options.tally.problem(
      `${groupKey} is not written off: ${archivePath} is missing, too, and it is damaged or was not looked for`,
    );
    return [];
  }

  async #tell(files: readonly ArchivedFile[]): Promise<void> {
    const { around, groups, tally } = this.#options;
    const writtenOff = around.dryRun ? files : await groups.tellWrittenOff(files);
    for (const { archivePath } of writtenOff) tally.writtenOff(archivePath);
  }
}
