import { lstat, stat } from 'node:fs/promises';
import type { ArchivedCopy } from '../../../machines/file-group/index.ts';
import { isBelow, shellWord } from '../../core/index.ts';
import { CarbonationError, messageOf, systemCode } from '../../errors/index.ts';
import type { ArchivedPlace, RootIdentity } from '../../workers/index.ts';
import type { Surroundings } from '../types.ts';

/**
 * Which directory each archive is. Where its disk is not mounted, something else is at its path, or nothing: what was put there would
 * be recorded as archived, and be hidden once the disk is back.
 */
export class ArchiveRoots {
  readonly #around: Pick<Surroundings, 'groups' | 'clock' | 'project'>;
  readonly #known = new Map<string, Promise<RootIdentity | null>>();
  /** As they were found last, in this run. */
  readonly #former = new Map<string, RootIdentity>();

  constructor(around: Pick<Surroundings, 'groups' | 'clock' | 'project'>) {
    this.#around = around;
  }

  /**
   * The directory that an archive's path must be; null: there is none yet, and it may be made.
   *
   * @throws CarbonationError ARCHIVE_AWAY: what is there, if anything, is not the archive; TRANSFER_FAILED: that cannot be told
   */
  expected(basePath: string): Promise<RootIdentity | null> {
    const known = this.#known.get(basePath);
    if (known !== undefined) return known;
    const looked = this.#look(basePath);
    this.#known.set(basePath, looked);
    const forget = () => {
      if (this.#known.get(basePath) === looked) this.forget(basePath);
    };
    looked.then((found) => found ?? forget(), forget);
    return looked;
  }

  /** The base path of the archive that a copy is in; null: there is none in config.toml. */
  basePathOf(copy: ArchivedCopy | null): string | null {
    const [basePath = null] = this.#around.project.config.archives
      .map((archive) => archive.basePath)
      .filter((one) => copy !== null && isBelow(one, copy.path))
      .toSorted((a, b) => b.length - a.length);
    return basePath;
  }

  /** Where a copy is to be found; null: in no archive that is there, so that nothing is concluded from its absence. */
  async placeOf(copy: ArchivedCopy): Promise<ArchivedPlace | null> {
    const { path, sizeBytes } = copy;
    const basePath = this.basePathOf(copy);
    if (basePath === null) return null;
    const root = await this.expected(basePath).catch(() => null);
    return root === null ? null : { path, sizeBytes, basePath, root };
  }

  /** It is another directory than was said: it is looked at anew. */
  forget(basePath: string): void {
    this.#known.delete(basePath);
  }

  async #look(basePath: string): Promise<RootIdentity | null> {
    const { groups, clock } = this.#around;
    const found = await stat(basePath).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return null;
      throw unseen(basePath, error);
    });
    if (found === null) {
      if ((await groups.someArchived(basePath)).length > 0) throw gone(basePath);
      return null;
    }
    const root = { device: found.dev, inode: found.ino };
    const recorded = await groups.archiveDevice(basePath);
    const former = this.#former.get(basePath) ?? { ...root, device: recorded ?? root.device };
    if (former.device !== root.device || former.inode !== root.inode) await this.#assertSame(basePath);
    if (recorded !== root.device) await groups.recordArchiveDevice(basePath, root.device, clock.now());
    this.#former.set(basePath, root);
    return root;
  }

  /** Devices may be numbered anew with each start of the machine, and an archive may have moved: then its files are there. */
  async #assertSame(basePath: string): Promise<void> {
    const archived = await this.#around.groups.someArchived(basePath);
    const looks = archived.map((path) =>
      lstat(path).then(
        () => true,
        () => false,
      ),
    );
    if (archived.length > 0 && !(await Promise.all(looks)).includes(true)) throw another(basePath, archived.length);
  }
}

function gone(basePath: string): CarbonationError {
  return new CarbonationError('ARCHIVE_AWAY', `the archive ${basePath} is gone, and files have been archived there`, {
    remedy: 'mount its disk; if it was removed on purpose, make the directory again',
  });
}

function unseen(basePath: string, cause: unknown): CarbonationError {
  const message = `the archive ${basePath} cannot be looked at: ${messageOf(cause)}`;
  return new CarbonationError('TRANSFER_FAILED', message, { cause });
}

function another(basePath: string, looked: number): CarbonationError {
  const message = `${basePath} is another directory than before: of ${looked} files that have been archived there none is there`;
  return new CarbonationError('ARCHIVE_AWAY', message, {
    remedy: `mount its disk; if the files are gone for good: \`carbonation reconcile archive ${shellWord(basePath)} --force\``,
  });
}
