import { storedState, type GroupEvent, type GroupState } from '../../machines/file-group/index.ts';
import type { WatchConfig } from '../config/types.ts';
import type { ArchivedFile } from '../store/index.ts';
import type { ArchiveTally } from './archive-report.ts';
import { DryGroups } from './dry-groups.ts';
import type { LiveGroup } from './live-group.ts';
import { GroupRegistry, type Delivery } from './registry.ts';
import { destinationIn } from './resume.ts';
import type { Surroundings } from './types.ts';

/** Groups that are told something together. */
const largestBatch = 200;

/**
 * Tells groups what was found in their archives, beside a service that may work
 * on the same database: only groups at rest are touched, and a write that comes
 * too late is not made.
 */
export class ArchiveGroups {
  readonly #around: Surroundings;
  readonly #tally: ArchiveTally;
  readonly #registry: GroupRegistry;
  readonly #busy = new Set<string>();

  constructor(around: Surroundings, tally: ArchiveTally) {
    this.#around = around;
    this.#tally = tally;
    this.#registry = new GroupRegistry(around, {
      unsettle: () => undefined,
      onEnter: (group, from) => this.#enter(group, from),
      onDeadline: () => undefined,
      onDefect: (groupKey, reason) => tally.problem(`the group ${groupKey} could not be recorded: ${reason}`),
      onBusy: (watchName, groupKey) => this.#busy.add(`${watchName}\0${groupKey}`),
    });
  }

  /** Delivers events and waits until their groups rest; whether a group was at work and has not heard. */
  async tell(deliveries: readonly Delivery[]): Promise<(watchName: string, groupKey: string) => boolean> {
    const busy = new Set<string>();
    for (let start = 0; start < deliveries.length; start += largestBatch) {
      this.#busy.clear();
      this.#registry.deliver(deliveries.slice(start, start + largestBatch));
      await this.#registry.whenIdle();
      await this.#registry.writer.whenIdle();
      for (const key of this.#busy) busy.add(key);
      // What a dry run notes would grow with the archive.
      if (this.#around.groups instanceof DryGroups) this.#around.groups.forget();
    }
    return (watchName, groupKey) => busy.has(`${watchName}\0${groupKey}`);
  }

  /**
   * Tells the groups of some files; the files whose groups have heard.
   *
   * @param eventOf - what is said of the files of one group
   */
  async tellOf<File extends Pick<ArchivedFile, 'watchName' | 'groupKey'>>(
    files: readonly File[],
    eventOf: (files: readonly File[]) => readonly GroupEvent[],
  ): Promise<readonly File[]> {
    const { watches } = this.#around.project.config;
    const byGroup = Map.groupBy(files, ({ watchName, groupKey }) => `${watchName}\0${groupKey}`);
    const told: File[] = [];
    const deliveries: Delivery[] = [];
    for (const group of byGroup.values()) {
      const [first] = group;
      const watch = watches.find(({ name }) => name === first?.watchName);
      if (first === undefined) continue;
      if (watch === undefined) {
        this.#tally.problem(`${first.groupKey} belongs to the watch "${first.watchName}", which is not in config.toml`);
        continue;
      }
      told.push(...group);
      for (const event of eventOf(group)) deliveries.push({ watch, groupKey: first.groupKey, event });
    }
    const isBusy = await this.tell(deliveries);
    const heard = told.filter(({ watchName, groupKey }) => !isBusy(watchName, groupKey));
    this.#tally.add('busy', told.length - heard.length);
    return heard;
  }

  /** Directories into which transfers are under way: what is new there may not be on record yet. */
  async directoriesAtWork(watches: readonly WatchConfig[]): Promise<ReadonlySet<string>> {
    const directories = new Set<string>();
    const names = watches.map(({ name }) => name);
    for (let lastId = 0; ;) {
      const page = await this.#around.groups.groupsInStates(names, [storedState('transferring')], lastId, largestBatch);
      const last = page.at(-1);
      if (last === undefined) return directories;
      lastId = last.id;
      for (const { envelope } of page) {
        const directory = destinationIn(envelope.snapshot);
        if (directory !== null) directories.add(directory);
      }
    }
  }

  close(): void {
    this.#registry.close();
    this.#registry.writer.close();
  }

  #enter(group: LiveGroup, from: GroupState | null): void {
    const { state, context, lastStep } = group;
    if (state === 'adopting' && from === null) this.#tally.add('groups_created');
    if (from !== 'adopting') return;
    if (state === 'failed' || state === 'retryPending') {
      this.#tally.problem(
        `the group ${context.groupKey} was found, and could not be read: ${context.reason ?? 'failed'}`,
      );
    }
    const isCompleted = lastStep !== null && (lastStep.before?.completedAt ?? null) === null;
    if (context.completedAt === null || !isCompleted) return;
    this.#tally.add('groups_completed');
    if (Object.keys(context.metadata ?? {}).length > 0) this.#tally.add('metadata_extracted');
  }
}
