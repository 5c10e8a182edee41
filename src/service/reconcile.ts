import type { WatchConfig } from '../config/types.ts';
import { isSameIdentity, stableKey } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { KnownFile } from '../store/index.ts';
import {
  isLocalFileSystem,
  markRoot,
  scanWatch,
  type FoundFile,
  type RootMark,
  type ScanPage,
  type Settler,
} from '../watch/index.ts';
import { brakeOf, compareRoot } from './brakes.ts';
import { assertSameRoot, GoneFiles, IdSet } from './gone-files.ts';
import type { GroupKeys } from './group-keys.ts';
import type { Intake } from './intake.ts';
import type { Ownership } from './ownership.ts';
import { everything, watchOrders, type ReconcileOrder, type WatchOrder } from './reconcile-order.ts';
import type { Delivery, GroupRegistry } from './registry.ts';
import type { Surroundings } from './types.ts';

/** What reconciling one watch came to. */
export interface ReconcileReport {
  readonly watch: string;
  /** False: the directory could not be read; the counts mean nothing. */
  readonly isRead: boolean;
  /** Files in the directory. */
  readonly found: number;
  /** New or changed ones, which are settling now. */
  readonly fresh: number;
  /** Files the database had in delivery that are gone. */
  readonly gone: number;
  /** Those of them whose groups were told; none when a brake says no. */
  readonly removed: number;
  /** Why what is gone was not cleared, or null. */
  readonly brake: string | null;
  /** What could not be read or taken in. */
  readonly problems: readonly string[];
}

/** How far the reading of a watch has got. */
export interface ReconcileProgress {
  readonly watch: string;
  readonly found: number;
  readonly fresh: number;
}

/** Groups that are kept in mind to be looked at again, about 1 MB. */
const mostAgain = 20_000;

/** Problems listed one by one in a report. */
const mostProblems = 1000;

/** A thread that looks for them costs its start: of so many files the loop does it by itself. */
const fewFiles = 5000;

/** Pages that the database has been asked about while another one is taken. */
const pagesAhead = 2;

/** A page of a scan, and what the database has been asked about it. */
interface AskedPage {
  readonly page: ScanPage;
  readonly pathHashes: readonly string[];
  readonly known: Promise<ReadonlyMap<string, KnownFile>>;
}

/** What a scan of a watch came to. */
interface Scanned {
  found: number;
  fresh: number;
  readonly problems: string[];
  readonly unreadable: string[];
  /** Files that are as the database knows them. */
  readonly seen: IdSet;
  /** Keys of groups that are to be looked at again. */
  readonly again: Set<string>;
}

/**
 * Compares the delivery directories with the database. New and changed files go
 * to settling, gone ones to their groups; a directory that cannot be read, or
 * that is not the same one before and after, clears nothing.
 */
export class DeliveryReconciler {
  readonly #around: Surroundings;
  readonly #ownership: Ownership;
  readonly #keys: GroupKeys;
  readonly #settler: Settler;
  readonly #intake: Intake;
  readonly #registry: GroupRegistry;
  readonly #onProgress: (progress: ReconcileProgress) => void;
  readonly #misplaced = new Map<WatchConfig, Set<string>>();
  readonly #brakes = new Map<string, string>();
  readonly #unread = new Map<string, string>();
  /** What was said last of each watch: one that is scanned has the same problems again and again. */
  readonly #problems = new Map<string, ReadonlySet<string>>();
  #last: Promise<void> = Promise.resolve();

  constructor(
    around: Surroundings,
    { ownership, keys }: { readonly ownership: Ownership; readonly keys: GroupKeys },
    settler: Settler,
    intake: Intake,
    registry: GroupRegistry,
    onProgress: (progress: ReconcileProgress) => void,
  ) {
    this.#ownership = ownership;
    this.#keys = keys;
    this.#around = around;
    this.#settler = settler;
    this.#intake = intake;
    this.#registry = registry;
    this.#onProgress = onProgress;
  }

  /** Why what is gone from a watch is not cleared, or null. */
  brakeOf(watchName: string): string | null {
    return this.#brakes.get(watchName) ?? null;
  }

  /** Something may have been missed in a watch, until all of it has been read. */
  mustRead(watchName: string, reason: string): void {
    this.#unread.set(watchName, reason);
  }

  /** Why a watch must be read, or null: nothing has been missed. */
  unreadReasonOf(watchName: string): string | null {
    return this.#unread.get(watchName) ?? null;
  }

  /** Groups that were found waiting with a file that belongs to another group, by their watch; each is told of once. */
  takeMisplaced(): ReadonlyMap<WatchConfig, ReadonlySet<string>> {
    const taken = new Map(this.#misplaced);
    this.#misplaced.clear();
    return taken;
  }

  /** Reconciles the watches of an order; one that cannot be read does not hold up the others. */
  async all(order: ReconcileOrder = everything): Promise<readonly ReconcileReport[]> {
    const reports: ReconcileReport[] = [];
    for (const one of watchOrders(this.#around.project.config.watches, order)) {
      try {
        reports.push(await this.#next(one, order.force));
      } catch (error) {
        const reason = messageOf(error);
        const watch = one.watch.name;
        this.#around.log.warning('a watch cannot be read; nothing is concluded from that', { watch, reason });
        reports.push({ watch, ...noneFound, isRead: false, problems: [reason] });
      }
    }
    return reports;
  }

  /**
   * Reconciles one watch.
   *
   * @throws CarbonationError WATCH_UNREADABLE
   */
  watch(watch: WatchConfig): Promise<ReconcileReport> {
    return this.#next({ watch, paths: null }, false);
  }

  /** One at a time, whoever asks. */
  #next(one: WatchOrder, force: boolean): Promise<ReconcileReport> {
    const run = this.#last.then(() => this.#reconcile(one, force));
    this.#last = run.then(
      () => undefined,
      () => undefined,
    );
    return run;
  }

  async #reconcile({ watch, paths }: WatchOrder, force: boolean): Promise<ReconcileReport> {
    const mark = await markRoot(watch);
    const scanned = await this.#scan(watch, paths);
    await assertSameRoot(watch, mark);
    this.#noteProblems(watch, scanned.problems);
    const { unreadable, seen, again, ...report } = scanned;
    const gone = await this.#clearGone({ watch, paths }, mark, { unreadable, seen }, force);
    if (paths === null) this.#unread.delete(watch.name);
    // Last of all: a start is over once everything has been read.
    this.#lookAgain(watch, again);
    return { watch: watch.name, isRead: true, ...report, ...gone };
  }

  async #scan(watch: WatchConfig, paths: readonly string[] | null): Promise<Scanned> {
    const isLocal = await isLocalFileSystem(watch.path);
    this.#settler.trustTimes(watch, isLocal);
    const scanned: Scanned = { found: 0, fresh: 0, problems: [], unreadable: [], seen: new IdSet(), again: new Set() };
    this.#onProgress({ watch: watch.name, found: 0, fresh: 0 });
    const take = async ({ page, ...asked }: AskedPage): Promise<void> => {
      scanned.fresh += await this.#takePage(watch, page.files, asked, isLocal, scanned);
      scanned.problems.push(...page.problems.slice(0, mostProblems - scanned.problems.length));
      if (page.unreadable !== null) scanned.unreadable.push(page.unreadable);
      this.#onProgress({ watch: watch.name, found: scanned.found, fresh: scanned.fresh });
      await this.#intake.whenIdle();
    };
    // While the database looks for the files of a page, the next ones are read.
    const ahead: AskedPage[] = [];
    for await (const page of scanWatch(watch, this.#ownership.excluded, paths ?? undefined)) {
      scanned.found += page.files.length;
      ahead.push(this.#askFor(page, scanned.found > fewFiles));
      const [first] = ahead;
      if (ahead.length <= pagesAhead || first === undefined) continue;
      ahead.shift();
      await take(first);
    }
    for (const asked of ahead) await take(asked);
    return scanned;
  }

  #askFor(page: ScanPage, isMany: boolean): AskedPage {
    const pathHashes = page.files.map(({ path }) => stableKey(path));
    const { groups } = this.#around;
    const known = isMany ? groups.knownFilesAside(pathHashes) : groups.knownFiles(pathHashes);
    // It is waited for later; until then nobody hears of its failure.
    known.catch(() => undefined);
    return { page, pathHashes, known };
  }

  async #takePage(
    watch: WatchConfig,
    files: readonly FoundFile[],
    asked: Pick<AskedPage, 'pathHashes' | 'known'>,
    isLocal: boolean,
    { seen, again }: Pick<Scanned, 'seen' | 'again'>,
  ): Promise<number> {
    const { pathHashes } = asked;
    const known = await asked.known;
    let fresh = 0;
    for (const [i, { path, identity }] of files.entries()) {
      const found = known.get(pathHashes[i] ?? '');
      const file = found !== undefined && this.#ownership.isConfigured(found.watchName) ? found : undefined;
      if (file === undefined || !file.inDelivery || !isSameIdentity(file, identity)) {
        this.#settler.observe(watch, path, identity, isLocal);
        fresh += 1;
      } else if (file.watchName === watch.name) {
        seen.add(file.id);
        // Before it is assessed as it is: other rules, or another rule set, may have come since.
        if (mayWait(file) && this.#keys.isElsewhere(watch, path, file.groupKey)) this.#noteMisplaced(watch, file);
        else if (this.#mustLookAgain(file)) again.add(file.groupKey);
      }
    }
    if (again.size >= mostAgain) {
      // After a long pause all that waits is looked at again: it does not wait in memory for that.
      this.#lookAgain(watch, again);
      await this.#registry.whenRoom();
    }
    return fresh;
  }

  #lookAgain(watch: WatchConfig, groupKeys: Set<string>): void {
    const event = { type: 'assessment.requested', at: this.#around.clock.now() } as const;
    this.#registry.deliver([...groupKeys].map((groupKey): Delivery => ({ watch, groupKey, event })));
    groupKeys.clear();
  }

  #noteMisplaced(watch: WatchConfig, { groupKey }: KnownFile): void {
    const keys = this.#misplaced.get(watch);
    if (keys === undefined) this.#misplaced.set(watch, new Set([groupKey]));
    else keys.add(groupKey);
  }

  #mustLookAgain(file: KnownFile): boolean {
    if (file.status === 'integrity_failed') return true;
    // It waits for something of its own: its checksum, or a disk that was away.
    if (file.status === 'waiting' && file.hasReason) return true;
    const isOpen = file.status === 'detected' || file.status === 'waiting';
    return isOpen && this.#around.clock.now() - file.detectedAt >= this.#around.project.config.service.staleThresholdMs;
  }

  /** Tells the groups which of their files have left delivery, unless a brake says no. */
  async #clearGone(
    { watch, paths }: WatchOrder,
    mark: RootMark,
    scanned: Pick<Scanned, 'unreadable' | 'seen'>,
    force: boolean,
  ): Promise<Pick<ReconcileReport, 'gone' | 'removed' | 'brake'>> {
    const { groups, project } = this.#around;
    const root = compareRoot(watch, mark, await groups.watchRoot(watch.name));
    const goneFiles = new GoneFiles(groups, this.#intake, { watch, mark, paths, ...scanned });
    const count = await goneFiles.count();
    const brake = force ? null : brakeOf(watch, root, count, project.config.service);
    this.#noteBrake(watch, brake);
    if (brake !== null) return { gone: count.gone, removed: 0, brake };
    const removed = count.gone === 0 ? 0 : await goneFiles.clear();
    // Part of a watch does not show that all of it is there.
    if (root !== 'same' && paths === null)
      await groups.recordWatchRoot({ watchName: watch.name, path: watch.path, ...mark }, this.#around.clock.now());
    return { gone: count.gone, removed, brake: null };
  }

  #noteProblems({ name }: WatchConfig, problems: readonly string[]): void {
    const before = this.#problems.get(name);
    for (const reason of problems)
      if (before?.has(reason) !== true) this.#around.log.warning('not taken in', { watch: name, reason });
    this.#problems.set(name, new Set(problems));
  }

  /** Said when it begins and when it ends, not each time that it is still so. */
  #noteBrake({ name }: WatchConfig, brake: string | null): void {
    const { log } = this.#around;
    const wasBraked = this.#brakes.has(name);
    if (brake === null) {
      this.#brakes.delete(name);
      if (wasBraked) log.success('reconciliation is no longer held back', { watch: name });
      return;
    }
    this.#brakes.set(name, brake);
    if (!wasBraked) log.error('reconciliation is held back', { watch: name, reason: brake });
  }
}

/** Whether the group of a file may still be waiting. */
function mayWait({ status }: KnownFile): boolean {
  return status === 'waiting' || status === 'detected' || status === 'integrity_failed';
}

const noneFound = { found: 0, fresh: 0, gone: 0, removed: 0, brake: null } as const;
