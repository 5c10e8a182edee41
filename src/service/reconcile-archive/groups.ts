import {
  isCopyOf,
  type GroupContext,
  type GroupEvent,
  type GroupState,
  type SeenCopy,
} from '../../../machines/file-group/index.ts';
import type { ArchivedFile } from '../../store/index.ts';
import type { ArchiveTally } from './report.ts';
import { DryGroups } from '../group/dry-groups.ts';
import type { Entered } from '../group/live-group.ts';
import { groupPages } from '../group/pages.ts';
import { IdSet } from '../id-set.ts';
import { liveKey } from '../group/origins.ts';
import type { Delivery } from '../group/inbox.ts';
import { GroupRegistry } from '../group/registry.ts';
import { destinationIn } from '../resume.ts';
import type { Surroundings } from '../types.ts';

/** Groups that are told something together. */
const largestBatch = 200;

/** What tells a group from all others. */
type GroupName = Pick<ArchivedFile, 'watchName' | 'groupKey'>;

/** What a group is on record as, once it has been told something. */
interface HeardGroup extends Pick<Entered, 'state' | 'context'> {
  /** As it was before it was told; null: there was none. */
  readonly before: GroupContext | null;
}

/** What a group is now that it has taken in what it was told; null: nothing of that concerned it, or it has not heard. */
type HeardBy = (group: GroupName) => HeardGroup | null;

/**
 * Tells groups what was found in their archives, beside a service that may work
 * on the same database: only groups at rest are touched, and those that an
 * earlier reconciliation left behind; a write that comes too late is not made.
 */
export class ArchiveGroups {
  readonly #around: Surroundings;
  readonly #tally: ArchiveTally;
  readonly #registry: GroupRegistry;
  /** Copies of which groups were told in a dry run that they are there, or lost: rows do not say so. */
  readonly #told = { found: new IdSet(), lost: new IdSet() };
  /** What has become of the groups that are being told something; null: it is not on record. */
  readonly #heard = new Map<string, HeardGroup | null>();
  /** Groups that files were found for, and that are on record once they come to rest. */
  readonly #begun = new Set<string>();

  constructor(around: Surroundings, tally: ArchiveTally) {
    this.#around = around;
    this.#tally = tally;
    this.#registry = new GroupRegistry(around, {
      unsettle: () => undefined,
      onEnter: (entered, from) => this.#enter(entered, from),
      onDeadline: () => undefined,
      onDefect: (watchName, groupKey, reason) => {
        this.#unheard(watchName, groupKey);
        tally.problem(`the group ${groupKey} could not be reached or recorded: ${reason}`);
      },
      onBusy: (watchName, groupKey) => this.#unheard(watchName, groupKey),
    });
  }

  /** Lets the groups go on that a reconciliation was adopting files into when it was killed. */
  async resume(): Promise<void> {
    for await (const groups of this.#groupsIn('adopting')) {
      await this.#registry.resume(groups);
      await this.#whenAtRest();
    }
  }

  /** Delivers events and waits until their groups rest. */
  async tell(deliveries: readonly Delivery[]): Promise<HeardBy> {
    const heard = new Map<string, HeardGroup | null>();
    for (let start = 0; start < deliveries.length; start += largestBatch) {
      this.#heard.clear();
      this.#registry.deliver(deliveries.slice(start, start + largestBatch));
      await this.#whenAtRest();
      for (const [name, group] of this.#heard) heard.set(name, group);
    }
    return ({ watchName, groupKey }) => heard.get(liveKey(watchName, groupKey)) ?? null;
  }

  /** Tells groups that copies of theirs are lost, each with its reason (null: it is gone); the copies that are so by now. */
  async tellLost(
    files: readonly ArchivedFile[],
    reasonOf: (file: ArchivedFile) => string | null,
  ): Promise<readonly ArchivedFile[]> {
    const at = this.#around.clock.now();
    return this.#tellOfCopies(files, 'lost', (some) =>
      [...Map.groupBy(some, reasonOf)].map(([reason, lost]) => ({
        type: 'archive.lost' as const,
        copies: lost.map(seenCopy),
        ...(reason !== null && { reason }),
        at,
      })),
    );
  }

  /** Tells groups that lost copies of theirs are there again; the copies that are so by now. */
  async tellFound(files: readonly ArchivedFile[]): Promise<readonly ArchivedFile[]> {
    const at = this.#around.clock.now();
    return this.#tellOfCopies(files, 'found', (some) => [{ type: 'archive.found', copies: some.map(seenCopy), at }]);
  }

  /** Tells groups that all lost copies of theirs are written off; those of groups that are so by now. */
  async tellWrittenOff(files: readonly ArchivedFile[]): Promise<readonly ArchivedFile[]> {
    const at = this.#around.clock.now();
    return this.tellOf(
      files,
      (some) => [{ type: 'archive.writtenOff', copies: some.map(seenCopy), at }],
      (_, { state }) => state === 'writtenOff',
    );
  }

  /** Whether a copy is in the archive, as its group has been told. */
  hasCopy({ id, inArchive }: ArchivedFile): boolean {
    return inArchive ? !this.#told.lost.has(id) : this.#told.found.has(id);
  }

  async #tellOfCopies(
    files: readonly ArchivedFile[],
    what: 'found' | 'lost',
    eventsOf: (files: readonly ArchivedFile[]) => readonly GroupEvent[],
  ): Promise<readonly ArchivedFile[]> {
    const isTold = (file: ArchivedFile, { context }: HeardGroup): boolean => {
      const component = context.components[file.sourcePath];
      return component !== undefined && isCopyOf(component, file);
    };
    const told = await this.tellOf(files, eventsOf, isTold);
    this.#tally.add('updated_flag', told.length);
    if (this.#around.dryRun) for (const { id } of told) this.#told[what].add(id);
    return told;
  }

  /**
   * Tells the groups of some files; the files whose groups have taken it in.
   *
   * @param eventsOf - what is said of the files of one group
   * @param isTold - whether it concerned this file of a group that is so by now
   */
  async tellOf<File extends GroupName>(
    files: readonly File[],
    eventsOf: (files: readonly File[]) => readonly GroupEvent[],
    isTold: (file: File, group: HeardGroup) => boolean = () => true,
  ): Promise<readonly File[]> {
    const byGroup = Map.groupBy(files, ({ watchName, groupKey }) => liveKey(watchName, groupKey));
    const told: File[] = [];
    const deliveries: Delivery[] = [];
    for (const group of byGroup.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const watch = this.#around.ownership.watchOf(first.watchName);
      if (watch === null) {
        this.#tally.problem(`${first.groupKey} belongs to the watch "${first.watchName}", which is not in config.toml`);
        continue;
      }
      told.push(...group);
      for (const event of eventsOf(group)) deliveries.push({ watch, groupKey: first.groupKey, event });
    }
    const heardBy = await this.tell(deliveries);
    const heard = told.filter((file) => {
      const group = heardBy(file);
      return group !== null && isTold(file, group);
    });
    this.#tally.add('busy', told.length - heard.length);
    return heard;
  }

  /** Directories into which transfers are under way: what is new there may not be on record yet. */
  async directoriesAtWork(): Promise<ReadonlySet<string>> {
    const directories = new Set<string>();
    for await (const groups of this.#groupsIn('transferring')) {
      for (const { envelope } of groups) {
        const directory = destinationIn(envelope.snapshot);
        if (directory !== null) directories.add(directory);
      }
    }
    return directories;
  }

  close(): void {
    this.#registry.close();
    this.#registry.writer.close();
  }

  #groupsIn(state: GroupState): ReturnType<typeof groupPages> {
    const { groups, project } = this.#around;
    return groupPages(groups, project.config.watches, [state]);
  }

  async #whenAtRest(): Promise<void> {
    await this.#registry.whenIdle();
    await this.#registry.writer.whenIdle();
    // What a dry run notes would grow with the archive.
    if (this.#around.groups instanceof DryGroups) this.#around.groups.forget();
  }

  #unheard(watchName: string, groupKey: string): void {
    const key = liveKey(watchName, groupKey);
    this.#heard.set(key, null);
    this.#begun.delete(key);
  }

  #enter({ key, state, context, lastStep }: Entered, from: GroupState | null): void {
    const former = this.#heard.get(key) ?? null;
    this.#heard.set(key, { state, context, before: former === null ? lastStep.before : former.before });
    if (state === 'adopting' && from === null) this.#begun.add(key);
    if (from !== 'adopting') return;
    if (this.#begun.delete(key)) this.#tally.add('groups_created');
    if (state === 'failed' || state === 'retryPending') {
      this.#tally.problem(
        `the group ${context.groupKey} was found, and could not be read: ${context.reason ?? 'failed'}`,
      );
    }
    const isCompleted = (lastStep.before?.completedAt ?? null) === null;
    if (context.completedAt === null || !isCompleted) return;
    this.#tally.add('groups_completed');
    if (Object.keys(context.metadata ?? {}).length > 0) this.#tally.add('metadata_extracted');
  }
}

function seenCopy({ sourcePath, archivePath, sha256 }: ArchivedFile): SeenCopy {
  return { sourcePath, archivePath, sha256 };
}
