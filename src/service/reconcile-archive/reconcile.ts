import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { openStore, type Project } from '../../api/index.ts';
import { unknownName } from '../../config/suggest.ts';
import { counted } from '../../core/counted.ts';
import { Background, keepingAlive, randomId, systemClock, type Clock, type NewId } from '../../core/index.ts';
import { silenceOf, silentPlaces } from '../../core/silent-places.ts';
import { CarbonationError } from '../../errors/index.ts';
import type { Log } from '../../logging/index.ts';
import { ArchiveStore, ServiceStore } from '../../store/index.ts';
import { RootLooks } from '../../watch/index.ts';
import { FilePool, PluginPool, readingPlaces } from '../../workers/index.ts';
import { ArchiveBrake } from './brake.ts';
import { ArchiveGroups } from './groups.ts';
import { OrphanFinder } from './orphans.ts';
import { ArchiveTally, type ArchiveReport } from './report.ts';
import { ArchivedRows } from './rows.ts';
import { archiveScopes, type ArchiveScope } from './scope.ts';
import { ArchiveVerifier } from './verify.ts';
import { WriteOff } from './write-off.ts';
import { DryGroups } from '../group/dry-groups.ts';
import { isHolderAlive, thisHolder } from '../database/holder.ts';
import { Ownership } from '../delivery/ownership.ts';
import { sayingWait } from '../delivery/patience.ts';
import { PatientGroups } from '../group/patient-groups.ts';
import { SilentArchives } from '../silent-archives.ts';
import { CurrentRules, type Surroundings } from '../types.ts';

/** Files that an audit reads until it records its progress, unless they are large. */
const auditPage = 500;

/** What a person wants to have reconciled. */
export interface ArchiveOrder {
  /** Names; none: all archives. */
  readonly archives: readonly string[];
  /** Directories and files in the archives, as they were given; none: everything. */
  readonly paths: readonly string[];
  /** What relative paths are relative to. */
  readonly cwd: string;
  /** Whose orphans they are where several watches archive; null: nobody said. */
  readonly watch: string | null;
  /** Read every file and compare it with its checksum. */
  readonly verify: boolean;
  /** With `verify`: begin anew, also where an audit was cut short. */
  readonly restart: boolean;
  /** What is gone is gone, however much it is. */
  readonly force: boolean;
  /** What is gone was removed on purpose, or will not come back. */
  readonly writeOff: boolean;
  readonly dryRun: boolean;
}

/** How far reconciling archives has got. */
export interface ArchiveProgress {
  readonly step: 'rows' | 'files' | 'content';
  readonly path: string;
  readonly done: number;
  /** Null: not known. */
  readonly total: number | null;
}

/** What reconciling archives is given besides its order. */
export interface ArchiveRunOptions {
  readonly log: Log;
  /** Aborted: what has been found so far is recorded, and the report says that it was cut short. */
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: ArchiveProgress) => void;
  /** With `verify`: files that are read until the progress is recorded. */
  readonly auditPage?: number;
  readonly clock?: Clock;
  readonly newId?: NewId;
}

/**
 * Compares archives with the database, beside a running service or without one.
 * First everything the database has is looked for; where a brake holds, nothing
 * is changed at all.
 *
 * @throws CarbonationError USAGE for unknown names and paths; ARCHIVE_AWAY: an archive does not answer; what opening the database throws
 */
export async function reconcileArchive(
  project: Project,
  order: ArchiveOrder,
  options: ArchiveRunOptions,
): Promise<ArchiveReport> {
  const { watches, archives } = project.config;
  const known = watches.map(({ name }) => name);
  if (order.watch !== null && !known.includes(order.watch)) throw unknownName('watch', order.watch, known);
  const scopes = archiveScopes(archives, order, order.cwd);
  await assertAnswering(scopes);
  const clock = options.clock ?? systemClock;
  const opened = await openStore(project);
  const { workers, extractTimeoutMs } = project.config.service;
  const files = new FilePool(workers, readingPlaces(workers));
  const plugins = new PluginPool(Math.max(1, Math.ceil(workers / 2)), project.location, extractTimeoutMs);
  const groups = order.dryRun ? new DryGroups(opened.store) : new PatientGroups(opened.store, clock, options.log);
  const giveUp = (): void => groups.close();
  options.signal.addEventListener('abort', giveUp, { once: true });
  const reconcile = async (): Promise<ArchiveReport> => {
    const around: Surroundings = {
      project,
      rules: new CurrentRules(project.rules),
      ownership: await Ownership.of(project.config),
      groups,
      roots: new RootLooks(clock, sayingWait(options.log)),
      silentArchives: new SilentArchives(clock, options.log),
      files,
      plugins,
      clock,
      log: options.log,
      warmUp: () => undefined,
      background: new Background(),
      instance: (options.newId ?? randomId)(),
      dryRun: order.dryRun,
    };
    const holder = await new ServiceStore(opened.orm, project.config.database.driver).holder();
    const own = thisHolder(around.instance, 'reconcile archive');
    // One on another host may live by its own clock; to count with it costs nothing but to leave the freshest files alone.
    const isServed = holder !== null && (holder.host !== own.host || isHolderAlive(holder, own, clock.now()));
    return new ArchiveRun(around, new ArchiveStore(opened.store), order, options).run(scopes, isServed);
  };
  try {
    return await keepingAlive(reconcile);
  } finally {
    options.signal.removeEventListener('abort', giveUp);
    await Promise.all([files.close(), plugins.close()]);
    await opened.close();
  }
}

/** Files are looked at synchronously, many after another: at a disk that does not answer not even Ctrl+C would be heard. */
async function assertAnswering(scopes: readonly ArchiveScope[]): Promise<void> {
  const [silent] = await silentPlaces(scopes.map(({ path }) => path));
  if (silent === undefined) return;
  throw new CarbonationError('ARCHIVE_AWAY', silenceOf(silent), {
    remedy: 'see to its server or disk; other archives can be named with --archive',
  });
}

class ArchiveRun {
  readonly #order: ArchiveOrder;
  readonly #options: ArchiveRunOptions;
  readonly #tally = new ArchiveTally();
  readonly #groups: ArchiveGroups;
  readonly #common: {
    readonly around: Surroundings;
    readonly store: ArchiveStore;
    readonly groups: ArchiveGroups;
    readonly tally: ArchiveTally;
    readonly signal: AbortSignal;
  };

  constructor(around: Surroundings, store: ArchiveStore, order: ArchiveOrder, options: ArchiveRunOptions) {
    this.#order = order;
    this.#options = options;
    this.#groups = new ArchiveGroups(around, this.#tally);
    this.#common = { around, store, groups: this.#groups, tally: this.#tally, signal: options.signal };
  }

  /** @param isServed - a service works on the database */
  async run(scopes: readonly ArchiveScope[], isServed: boolean): Promise<ArchiveReport> {
    try {
      await this.#reconcile(scopes, isServed);
    } finally {
      this.#groups.close();
    }
    if (this.#options.signal.aborted) this.#tally.isInterrupted = true;
    return this.#tally.report(this.#order.dryRun);
  }

  async #reconcile(scopes: readonly ArchiveScope[], isServed: boolean): Promise<void> {
    const { signal } = this.#options;
    const { force, verify, writeOff } = this.#order;
    await this.#lookForPaths();
    await this.#lookOutside();
    const looked = [];
    for (const scope of scopes) {
      const rows = new ArchivedRows({
        ...this.#common,
        force,
        writeOff,
        verify,
        onProgress: this.#progress('rows', scope),
      });
      looked.push({ rows, found: await rows.look(scope) });
    }
    if (signal.aborted) return;
    for (const { rows, found } of looked) this.#tally.brake ??= await rows.brake(found);
    if (this.#tally.brake !== null) {
      for (const { found } of looked) this.#tally.add('found', found.there);
      return;
    }
    // A service goes on with what was left by itself, and may be at it.
    if (!isServed) await this.#groups.resume();
    const told = [];
    for (const { rows, found } of looked) told.push({ rows, missing: await rows.tell(found) });
    if (writeOff) await new WriteOff(this.#common, told).writeOff();
    const readable = looked.filter(({ found }) => found.mark !== null).map(({ found }) => found.scope);
    await this.#findOrphans(readable, isServed);
    if (!verify) return;
    for (const { found } of looked) {
      if (signal.aborted) return;
      if (found.mark === null) continue;
      await new ArchiveVerifier({
        ...this.#common,
        brake: new ArchiveBrake({ ...this.#common, found, mark: found.mark, force }),
        restart: this.#order.restart,
        pageSize: this.#options.auditPage ?? auditPage,
        onProgress: this.#progress('content', found.scope),
      }).verify(found.scope);
    }
  }

  /** A path that was mistyped must not pass for one in which everything is in order. */
  async #lookForPaths(): Promise<void> {
    const { paths, cwd } = this.#order;
    const { store } = this.#common;
    for (const path of paths.map((given) => resolve(cwd, given))) {
      if (existsSync(path) || (await store.countBelow(path)) + (await store.countFormerBelow(path)) > 0) continue;
      this.#tally.problem(`${path} does not exist, and no archived file is on record there`);
    }
  }

  /** Nor must an archive that config.toml no longer names, or at another path: nobody looks at its files. */
  async #lookOutside(): Promise<void> {
    const { archives, paths } = this.#order;
    if (archives.length + paths.length > 0) return;
    const { store, around } = this.#common;
    const outside = await store.archivedOutside(around.project.config.archives.map(({ basePath }) => basePath));
    if (outside === null) return;
    const { count, first } = outside;
    const text = `${counted(count, 'file')} on record as archived, first ${first}, ${count === 1 ? 'is' : 'are'} in no archive of config.toml and not looked at`;
    const remedy = 'let `base_path` be as it was, see "Move to another disk" in docs/operations.md';
    this.#tally.problem(`${text}: ${remedy}`);
  }

  async #findOrphans(scopes: readonly ArchiveScope[], isServed: boolean): Promise<void> {
    for (const scope of scopes) {
      if (this.#options.signal.aborted) return;
      const show = this.#progress('files', scope);
      const finder = new OrphanFinder({
        ...this.#common,
        watchName: this.#order.watch,
        isServed,
        onProgress: () => show(this.#tally.counts.found, null),
      });
      await finder.walk(scope);
      finder.finish();
    }
  }

  #progress(step: ArchiveProgress['step'], { path }: ArchiveScope) {
    return (done: number, total: number | null): void => this.#options.onProgress?.({ step, path, done, total });
  }
}
