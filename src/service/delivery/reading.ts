import type { WatchConfig } from '../../config/types.ts';
import { stableKey } from '../../core/index.ts';
import { CarbonationError } from '../../errors/index.ts';
import type { KnownFile } from '../../store/index.ts';
import { isStill, localDevice, scanWatch, type ScanPage, type Settler } from '../../watch/index.ts';
import { IdSet } from '../id-set.ts';
import type { GroupKeys } from '../group/keys.ts';
import type { Intake } from './intake.ts';
import type { Patience } from './patience.ts';
import type { Delivery } from '../group/inbox.ts';
import type { GroupRegistry } from '../group/registry.ts';
import type { Surroundings } from '../types.ts';

/** How far the reading of a watch has got. */
export interface ReconcileProgress {
  readonly watch: string;
  readonly found: number;
  readonly fresh: number;
}

/** What the reading of a watch came to. */
export interface Reading {
  found: number;
  fresh: number;
  readonly problems: string[];
  /** Directories that could not be read. */
  readonly unreadable: string[];
  /** What could not be read, and why, if that may pass; null: there is none. */
  unread: string | null;
  /** Files that are as the database knows them. */
  readonly seen: IdSet;
  /** Keys of groups that are to be looked at again. */
  readonly again: Set<string>;
}

/** What reads deliveries, and what is told of them. */
export interface ReadingParts {
  readonly around: Surroundings;
  readonly keys: GroupKeys;
  readonly settler: Settler;
  readonly intake: Intake;
  readonly registry: GroupRegistry;
  readonly onProgress: (progress: ReconcileProgress) => void;
}

/** How far a reading runs ahead. */
export interface Ahead {
  /** Pages that the database has been asked about while another one is taken. */
  readonly pages: number;
  /** Of so many files the loop looks them up by itself: a thread that does costs its start. */
  readonly fewFiles: number;
  /** What was looked at longer ago than this, in ms, is looked at again before it is taken. */
  readonly staleMs: number;
}

const usual: Ahead = { pages: 2, fewFiles: 5000, staleMs: 250 };

/** A reading that is under way. */
interface UnderWay {
  readonly watch: WatchConfig;
  /** The device whose files can be looked at without leaving the loop; null: none. */
  readonly local: number | null;
  readonly reading: Reading;
  readonly patience: Patience;
}

/** A page of files, and what the database has been asked about it. */
interface AskedPage {
  readonly page: ScanPage;
  readonly pathHashes: readonly string[];
  readonly known: Promise<ReadonlyMap<string, KnownFile>>;
  /** When it was, by the clock that never jumps. */
  readonly at: number;
}

/** Groups that are kept in mind to be looked at again, about 1 MB. */
const mostAgain = 20_000;

/** Problems listed one by one in a report. */
const mostProblems = 1000;

/** Reads watches, and compares what is there with the database: new and changed files go to settling. */
export class DeliveryReading {
  readonly #parts: ReadingParts;
  readonly #ahead: Ahead;
  readonly #misplaced = new Map<WatchConfig, Set<string>>();
  #isClosed = false;

  constructor(parts: ReadingParts, ahead: Ahead = usual) {
    this.#parts = parts;
    this.#ahead = ahead;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** No further page is taken. */
  close(): void {
    this.#isClosed = true;
  }

  /** Groups that were found waiting with a file that belongs to another group, by their watch; each is told of once. */
  takeMisplaced(): ReadonlyMap<WatchConfig, ReadonlySet<string>> {
    const taken = new Map(this.#misplaced);
    this.#misplaced.clear();
    return taken;
  }

  /** Has groups looked at again, as soon as there is room for them. */
  lookAgain(watch: WatchConfig, groupKeys: Set<string>): void {
    const { around, registry } = this.#parts;
    const event = { type: 'assessment.requested', at: around.clock.now() } as const;
    registry.deliver([...groupKeys].map((groupKey): Delivery => ({ watch, groupKey, event })));
    groupKeys.clear();
  }

  /**
   * Reads a watch, or only these paths of it.
   *
   * @throws CarbonationError POOL_CLOSED: it was closed meanwhile
   */
  async read(watch: WatchConfig, paths: readonly string[] | null, patience: Patience): Promise<Reading> {
    const { around, settler, onProgress } = this.#parts;
    const local = await patience.of(watch.path, localDevice(watch.path));
    settler.trustTimes(watch, local);
    const reading: Reading = {
      found: 0,
      fresh: 0,
      problems: [],
      unreadable: [],
      unread: null,
      seen: new IdSet(),
      again: new Set(),
    };
    const underWay = { watch, local, reading, patience };
    onProgress({ watch: watch.name, found: 0, fresh: 0 });
    // While the database looks for the files of a page, the next ones are read.
    const ahead: AskedPage[] = [];
    const pages = scanWatch(watch, around.ownership.excluded, paths ?? undefined);
    for await (const page of patience.each(watch.path, pages)) {
      reading.found += page.files.length;
      ahead.push(this.#ask(page, reading.found > this.#ahead.fewFiles));
      const [first] = ahead;
      if (ahead.length <= this.#ahead.pages || first === undefined) continue;
      ahead.shift();
      await this.#take(underWay, first);
    }
    for (const asked of ahead) await this.#take(underWay, asked);
    return reading;
  }

  #ask(page: ScanPage, isMany: boolean): AskedPage {
    const { groups, clock } = this.#parts.around;
    const pathHashes = page.files.map(({ path }) => stableKey(path));
    const known = isMany ? groups.knownFilesAside(pathHashes) : groups.knownFiles(pathHashes);
    // It is waited for later; until then nobody hears of its failure.
    known.catch(() => undefined);
    return { page, pathHashes, known, at: clock.monotonic() };
  }

  async #take(underWay: UnderWay, asked: AskedPage): Promise<void> {
    const { around, intake, onProgress } = this.#parts;
    const { watch, reading, patience } = underWay;
    const { page } = asked;
    if (around.clock.monotonic() - asked.at <= this.#ahead.staleMs) await this.#compare(underWay, asked);
    else {
      // It had to wait for its turn: what has become of its files since must not be told from what they were.
      const paths = page.files.map(({ path }) => path);
      for await (const now of patience.each(watch.path, scanWatch(watch, around.ownership.excluded, paths))) {
        await this.#compare(underWay, this.#ask(now, false));
        noteProblems(reading, now);
      }
    }
    noteProblems(reading, page);
    onProgress({ watch: watch.name, found: reading.found, fresh: reading.fresh });
    await patience.room(intake.whenRoom(watch));
  }

  async #compare({ watch, local, reading, patience }: UnderWay, asked: AskedPage): Promise<void> {
    const { around, settler, intake, keys, registry } = this.#parts;
    const { ownership } = around;
    const { page, pathHashes } = asked;
    const known = await asked.known;
    if (this.#isClosed) throw new CarbonationError('POOL_CLOSED', 'the service is stopping');
    for (const [i, one] of page.files.entries()) {
      const { path, identity } = one;
      const file = known.get(pathHashes[i] ?? '');
      if (intake.newsOf(watch, path, identity, file) !== 'none') {
        // The watch that it is for reads it, too.
        if (!ownership.isFor(watch, path)) continue;
        // One that has changed since it was looked at may have been settled and archived as it is now.
        if (one.device === local && !isStill(watch, one)) settler.touch(watch, path);
        else settler.observe(watch, one);
        reading.fresh += 1;
      } else if (file?.watchName === watch.name) {
        reading.seen.add(file.id);
        // Before it is assessed as it is: other rules, or another rule set, may have come since.
        if (mayWait(file) && keys.isElsewhere(watch, path, file.groupKey)) this.#noteMisplaced(watch, file);
        else if (this.#mustLookAgain(file)) reading.again.add(file.groupKey);
      }
    }
    if (reading.again.size >= mostAgain) {
      // After a long pause all that waits is looked at again: it does not wait in memory for that.
      this.lookAgain(watch, reading.again);
      await patience.room(registry.whenRoom(watch.name));
    }
  }

  #noteMisplaced(watch: WatchConfig, { groupKey }: KnownFile): void {
    const keys = this.#misplaced.get(watch);
    if (keys === undefined) this.#misplaced.set(watch, new Set([groupKey]));
    else keys.add(groupKey);
  }

  #mustLookAgain(file: KnownFile): boolean {
    if (file.status === 'integrity_failed') return true;
    // It waits for something of its own: its checksum, or a disk that was away, perhaps to be removed as the source of a move.
    if ((file.status === 'waiting' || file.status === 'archived') && file.hasReason) return true;
    const { clock, project } = this.#parts.around;
    const isOpen = file.status === 'detected' || file.status === 'waiting';
    // By a clock that has been set back since, it would not be old for years.
    return isOpen && Math.abs(clock.now() - file.detectedAt) >= project.config.service.staleThresholdMs;
  }
}

/** Whether the group of a file may still be waiting, or has given up waiting. */
function mayWait({ status }: KnownFile): boolean {
  return status === 'waiting' || status === 'detected' || status === 'integrity_failed' || status === 'timed_out';
}

function noteProblems(reading: Reading, { problems, unreadable, mayPass }: ScanPage): void {
  reading.problems.push(...problems.slice(0, mostProblems - reading.problems.length));
  if (unreadable !== null) reading.unreadable.push(unreadable);
  reading.unread ??= mayPass;
}
