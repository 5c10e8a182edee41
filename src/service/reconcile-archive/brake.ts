import { shellWord } from '../../core/index.ts';
import type { ArchiveStore, FormerFile } from '../../store/index.ts';
import type { RootMark } from '../../watch/index.ts';
import { Lookout, whyNotSame } from './look.ts';
import type { ArchiveTally } from './report.ts';
import type { RowsFound } from './rows.ts';
import type { ArchiveScope } from './scope.ts';
import { tooMuchGone } from '../brakes.ts';
import { IdSet } from '../id-set.ts';
import type { Surroundings } from '../types.ts';

/** How many copies the archive of a scope has, of which `total` are in the scope: a part is measured by the whole. */
export async function wholeOf(store: ArchiveStore, { path, root }: ArchiveScope, total: number): Promise<number> {
  return path === root ? total : Math.max(total, await store.countBelow(root));
}

/** What the brake of an audit needs. */
export interface ArchiveBrakeOptions {
  readonly around: Surroundings;
  readonly store: ArchiveStore;
  readonly tally: ArchiveTally;
  /** What looking at the rows has found before the audit. */
  readonly found: RowsFound;
  /** The root as it was then. */
  readonly mark: RootMark;
  /** What is gone is gone, however much it is. */
  readonly force: boolean;
}

/**
 * Whether copies that an audit does not find are believed to be gone. Reading
 * takes hours after the rows were looked at, and the disk may go away meanwhile.
 */
export class ArchiveBrake {
  readonly #options: ArchiveBrakeOptions;
  /** Ids of copies that were gone before the audit. */
  readonly #before = new IdSet();
  /** How many are gone by now, of the current copies and of those of earlier revisions. */
  readonly #gone = { current: 0, former: 0 };

  constructor(options: ArchiveBrakeOptions) {
    this.#options = options;
    this.#gone.current = options.found.gone.length;
    for (const id of options.found.gone) this.#before.add(id);
  }

  /** Whether a copy was gone already when the rows were looked at. */
  wasGone(id: number): boolean {
    return this.#before.has(id);
  }

  /**
   * Which of some copies that were absent when they were read are gone, by their ids; null: nothing may be concluded,
   * neither from them nor from what else was read with them.
   */
  async believed(
    absent: readonly Pick<FormerFile, 'id' | 'archivePath'>[],
    of: 'current' | 'former',
  ): Promise<ReadonlySet<number> | null> {
    const { tally, found, mark, around, force } = this.#options;
    const { root, path } = found.scope;
    const lookout = new Lookout(root);
    const gone: number[] = [];
    for (const { id, archivePath } of absent) {
      const seen = lookout.look(archivePath);
      if (seen.what === 'gone') gone.push(id);
      else
        tally.problem(
          seen.what === 'there' ? `${archivePath} was gone, and is there again` : `${archivePath}: ${seen.reason}`,
        );
    }
    // After the look, so that what was seen is of this root.
    const why = whyNotSame(root, mark);
    if (why !== null) {
      tally.problem(why);
      return null;
    }
    this.#gone[of] += of === 'former' ? gone.length : gone.filter((id) => !this.wasGone(id)).length;
    if (gone.length === 0 || force) return new Set(gone);
    const tooMuch = tooMuchGone(`files in ${root}`, await this.#count(of), around.project.config.service);
    if (tooMuch === null) return new Set(gone);
    const command = `carbonation reconcile archive ${shellWord(path)} --verify --force`;
    tally.problem(`${tooMuch}: nothing more is concluded; if they are gone for good: \`${command}\``);
    return null;
  }

  /** Copies of earlier revisions are measured together with all others, of which there may be few. */
  async #count(of: 'current' | 'former'): Promise<{ readonly gone: number; readonly all: number }> {
    const { store, found } = this.#options;
    const all = await wholeOf(store, found.scope, found.total);
    if (of === 'current') return { gone: this.#gone.current, all };
    const former = await store.countFormerBelow(found.scope.root);
    return { gone: this.#gone.current + this.#gone.former, all: all + former };
  }
}
