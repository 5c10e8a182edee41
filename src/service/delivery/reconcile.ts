import { lstat } from 'node:fs/promises';
import type { WatchConfig } from '../../config/types.ts';
import { Slots, type Timer } from '../../core/index.ts';
import { CarbonationError, isAbsence, messageOf } from '../../errors/index.ts';
import { reasonOf, databaseRemedy, withDatabaseSaid } from '../../store/database/away.ts';
import { noAnswer, type RootLooks } from '../../watch/index.ts';
import { brakeOf, compareRoot } from '../brakes.ts';
import { DeliveryReading, type ReadingParts } from './reading.ts';
import { assertSameRoot, GoneFiles, type GoneFilesOptions } from './gone-files.ts';
import { Patience, sayingWait } from './patience.ts';
import { unknownText, watchOrders, type ReconcileOrder, type WatchOrder } from './order.ts';

/** How long after the database, or a directory, has failed a watch is read again, in ms. */
const laterMs = 60_000;
/** The longest pause before a watch is read again of which a directory cannot be read: it is doubled each time. */
const longestLaterMs = 3_600_000;

/** Why others do not wait until a watch has been read. */
const crowded = 'its groups take long; it is read on as there is room for its files';

/** The reading of a watch for which the others do not wait. */
interface Crowded {
  /** The watch is to be read once more. */
  isAsked: boolean;
  /** What the reading comes to in the end; never rejects. */
  readonly whole: Promise<ReconcileReport>;
}

/** What reconciling one watch came to. */
export interface ReconcileReport {
  readonly watch: string;
  /** False: the directory could not be read, or has not been read to its end; the counts mean nothing. */
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
  /** Paths that were asked for and are not there, nor is any file on record at or below them: they may be mistyped. */
  readonly unknownPaths: readonly string[];
  /** What could not be read or taken in. */
  readonly problems: readonly string[];
}

/** What reconciling needs besides what reads deliveries. */
export interface ReconcilerOptions {
  readonly roots: RootLooks;
  /** Each watch is waited for, however long its disk keeps silent: nobody is left to read it later. */
  readonly isPatient: boolean;
  /** A watch that was left behind is to be read again: its disk kept silent, and has answered, or something failed a minute ago. */
  readonly onAgain: (watchName: string) => void;
  /** A watch has been read to its end that the others have not waited for. */
  readonly onLate: () => void;
}

/**
 * Compares the delivery directories with the database. New and changed files go
 * to settling, gone ones to their groups; a directory that cannot be read, or
 * that is not the same one before and after, clears nothing.
 */
export class DeliveryReconciler {
  readonly #parts: ReadingParts;
  readonly #reading: DeliveryReading;
  readonly #brakes = new Map<string, string>();
  readonly #unread = new Map<string, string>();
  readonly #unreadable = new Map<string, string>();
  readonly #options: ReconcilerOptions;
  /** Watches whose reading hangs, by what does not answer. */
  readonly #silent = new Map<string, string>();
  /** Watches whose reading waits for room while the others are read. */
  readonly #crowded = new Map<string, Crowded>();
  /** What was said last of each watch: one that is scanned has the same problems again and again. */
  readonly #problems = new Map<string, ReadonlySet<string>>();
  /** By watch: when it is read again, in which something has been missed. */
  readonly #later = new Map<string, Timer>();
  /** How long the next pause of a watch is of which a directory cannot be read, in ms. */
  readonly #pauses = new Map<string, number>();
  /** One watch is read at a time, whoever asks. */
  readonly #turn = new Slots(1);

  constructor(parts: ReadingParts, options: ReconcilerOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#reading = new DeliveryReading(parts);
  }

  get isClosed(): boolean {
    return this.#reading.isClosed;
  }

  /** Nothing more is read: what reads now fails, and nothing is concluded from that. */
  close(): void {
    this.#reading.close();
    for (const timer of this.#later.values()) timer.cancel();
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

  /** Whether a watch is still being read, because its groups take long. */
  isCrowded(watchName: string): boolean {
    return this.#crowded.has(watchName);
  }

  /** What {@link all} has come to, for whoever has time: of watches that are still being read, when that is over. */
  whole(reports: readonly ReconcileReport[]): Promise<readonly ReconcileReport[]> {
    return Promise.all(reports.map((report) => this.#crowded.get(report.watch)?.whole ?? Promise.resolve(report)));
  }

  /** Why a watch could not be read when it was reconciled last, or null: it could. */
  unreadableReasonOf(watchName: string): string | null {
    return this.#unreadable.get(watchName) ?? null;
  }

  /** Groups that were found waiting with a file that belongs to another group, by their watch; each is told of once. */
  takeMisplaced(): ReturnType<DeliveryReading['takeMisplaced']> {
    return this.#reading.takeMisplaced();
  }

  /** A watch could not be compared with the database: that counts as missed, and is done a little later by whoever does not end. */
  failed(watch: string, error: unknown): void {
    if (this.isClosed || this.#options.isPatient) return;
    const { log } = this.#parts.around;
    const reason = `it could not be compared with the database: ${messageOf(error)}`;
    const remedy = databaseRemedy(error);
    const fields = { watch, reason: messageOf(error), ...(remedy !== null && { remedy }) };
    if (this.#unread.get(watch) !== reason)
      log.error('a watch cannot be compared with the database; it is tried again', fields);
    this.#readLater(watch, reason, laterMs);
  }

  /** Something in a watch has been missed: it is read again a little later, by whoever does not end. */
  #readLater(watch: string, reason: string, delayMs: number): void {
    if (this.isClosed || this.#options.isPatient) return;
    this.mustRead(watch, reason);
    if (this.#later.has(watch)) return;
    const again = this.#parts.around.clock.after(delayMs, () => {
      this.#later.delete(watch);
      if (this.#unread.has(watch)) this.#options.onAgain(watch);
    });
    this.#later.set(watch, again);
  }

  /**
   * Reconciles the watches of an order; one that cannot be read does not hold up the others.
   *
   * @throws what the database says, where nobody is left to try again
   */
  async all(order: ReconcileOrder): Promise<readonly ReconcileReport[]> {
    const reports: ReconcileReport[] = [];
    for (const one of watchOrders(this.#parts.around.project.config.watches, order)) {
      try {
        reports.push(await this.#turn.run(() => this.#readOrLeave(one, order.force)));
      } catch (error) {
        // It is read by the next start.
        if (this.isClosed) break;
        const reason = messageOf(error);
        const watch = one.watch.name;
        if (!isOfDirectory(error)) {
          this.failed(watch, error);
          if (this.#options.isPatient) throw new Error(reasonOf(withDatabaseSaid(error)), { cause: error });
        } else {
          this.#parts.around.log.warning('a watch cannot be read; nothing is concluded from that', { watch, reason });
          this.#unreadable.set(watch, reason);
        }
        reports.push(notRead(watch, reason));
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
    return this.#turn.run(() => this.#readOrLeave({ watch, paths: null }, false));
  }

  /**
   * Goes on to the next one when the disk keeps silent, or the groups of the watch take long: the reading comes to its end when it has an
   * answer, and room.
   */
  #readOrLeave(one: WatchOrder, force: boolean): Promise<ReconcileReport> {
    const { name } = one.watch;
    const silent = this.#silent.get(name);
    if (silent !== undefined) return Promise.reject(noAnswer(silent));
    const former = this.#crowded.get(name);
    if (former !== undefined) {
      former.isAsked = true;
      return Promise.resolve(notRead(name, crowded));
    }
    const silence = Promise.withResolvers<never>();
    const late = Promise.withResolvers<ReconcileReport>();
    const { clock, log, project } = this.#parts.around;
    const patience = new Patience(clock, {
      onSilence: (path) => {
        if (this.#options.isPatient) return sayingWait(log)({ name, path });
        this.#silent.set(name, path);
        this.mustRead(name, noAnswer(path).message);
        silence.reject(noAnswer(path));
      },
      onCrowd: () => {
        if (this.#options.isPatient || project.config.watches.length === 1 || this.#crowded.has(name)) return;
        log.info('the others do not wait until a watch has been read', { watch: name, reason: crowded });
        const whole = answer.catch((error: unknown) => notRead(name, messageOf(error)));
        this.#crowded.set(name, { isAsked: false, whole });
        this.mustRead(name, crowded);
        late.resolve(notRead(name, crowded));
      },
    });
    const reading = this.#reconcile(one, force, patience);
    const answer = Promise.race([reading, silence.promise]);
    reading.then(
      () => this.#readToEnd(name, true),
      () => this.#readToEnd(name, false),
    );
    return Promise.race([answer, late.promise]);
  }

  /** A reading is over, for which others may not have waited. */
  #readToEnd(name: string, isRead: boolean): void {
    const late = this.#crowded.get(name);
    this.#crowded.delete(name);
    if (this.isClosed) return;
    const isAsked = late !== undefined && (late.isAsked || !isRead);
    if (this.#silent.delete(name) || isAsked) this.#options.onAgain(name);
    else if (late !== undefined) this.#options.onLate();
  }

  async #reconcile({ watch, paths }: WatchOrder, force: boolean, patience: Patience): Promise<ReconcileReport> {
    const mark = await this.#options.roots.look(watch);
    const newestId = await this.#parts.around.groups.newestFileId();
    const reading = await this.#reading.read(watch, paths, patience);
    await patience.of(watch.path, assertSameRoot(watch, mark));
    this.#noteProblems(watch, reading.problems);
    const unknownPaths = await this.#unknownPaths(paths ?? [], patience);
    const { unreadable, unread, seen, again, ...report } = reading;
    const gone = await this.#clearGone({ watch, paths, mark, newestId, unreadable, seen, patience }, force);
    this.#unreadable.delete(watch.name);
    if (paths === null) this.#unread.delete(watch.name);
    this.#noteUnread(watch.name, unread);
    // Last of all: a start is over once everything has been read.
    this.#reading.lookAgain(watch, again);
    const problems = [...report.problems, ...unknownPaths.map((path) => unknownText(path))];
    return { watch: watch.name, isRead: true, ...report, ...gone, unknownPaths, problems };
  }

  #noteUnread(watch: string, unread: string | null): void {
    if (unread === null) {
      this.#pauses.delete(watch);
      return;
    }
    const delayMs = this.#pauses.get(watch) ?? laterMs;
    this.#pauses.set(watch, Math.min(delayMs * 2, longestLaterMs));
    this.#readLater(watch, `something in it could not be read: ${unread}`, delayMs);
  }

  /** A path that was mistyped must not pass for one in which everything is in order. */
  async #unknownPaths(paths: readonly string[], patience: Patience): Promise<readonly string[]> {
    const { groups } = this.#parts.around;
    const unknown: string[] = [];
    for (const path of paths) {
      const isGone = lstat(path).then(() => false, isAbsence);
      if ((await patience.of(path, isGone)) && !(await groups.hasFilesBelow(path))) unknown.push(path);
    }
    return unknown;
  }

  /** Tells the groups which of their files have left delivery, unless a brake says no. */
  async #clearGone(
    looking: GoneFilesOptions,
    force: boolean,
  ): Promise<Pick<ReconcileReport, 'gone' | 'removed' | 'brake'>> {
    const { watch, mark, paths } = looking;
    const { groups, project, clock } = this.#parts.around;
    const root = compareRoot(watch, mark, await groups.watchRoot(watch.name));
    const goneFiles = new GoneFiles(groups, this.#parts.intake, looking);
    const count = await goneFiles.count();
    const brake = force ? null : brakeOf(watch, root, count, project.config.service);
    this.#noteBrake(watch, brake);
    if (brake !== null) return { gone: count.gone, removed: 0, brake };
    const removed = count.gone === 0 ? 0 : await goneFiles.clear();
    // Part of a watch does not show that all of it is there.
    if (root !== 'same' && paths === null)
      await groups.recordWatchRoot({ watchName: watch.name, path: watch.path, ...mark }, clock.now());
    return { gone: count.gone, removed, brake: null };
  }

  #noteProblems({ name }: WatchConfig, problems: readonly string[]): void {
    const before = this.#problems.get(name);
    for (const reason of problems)
      if (before?.has(reason) !== true) this.#parts.around.log.warning('not taken in', { watch: name, reason });
    this.#problems.set(name, new Set(problems));
  }

  /** Said when it begins and when it ends, not each time that it is still so. */
  #noteBrake({ name }: WatchConfig, brake: string | null): void {
    const { log } = this.#parts.around;
    if (brake !== null) {
      if (!this.#brakes.has(name)) log.error('reconciliation is held back', { watch: name, reason: brake });
      this.#brakes.set(name, brake);
    } else if (this.#brakes.delete(name)) log.success('reconciliation is no longer held back', { watch: name });
  }
}

/** Whether an error is due to the directory that was read; what else a reading needs is the database. */
export function isOfDirectory(error: unknown): boolean {
  if (error instanceof CarbonationError) return error.code === 'WATCH_UNREADABLE';
  return error instanceof Error && 'syscall' in error && 'path' in error;
}

/** The report of a watch that could not be read, or has not been read to its end. */
function notRead(watch: string, reason: string): ReconcileReport {
  const noneFound = { found: 0, fresh: 0, gone: 0, removed: 0, brake: null, unknownPaths: [] };
  return { watch, ...noneFound, isRead: false, problems: [reason] };
}
