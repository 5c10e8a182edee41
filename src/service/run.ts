import { isResting } from '../../machines/file-group/index.ts';
import { openStore, type Project } from '../api/index.ts';
import { crossCheck, formatProblem, locateProblems } from '../config/index.ts';
import { Background, randomId, systemClock, type Clock, type NewId } from '../core/index.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';
import { Notifications } from '../notify/index.ts';
import { pluginKeys } from '../plugin/index.ts';
import { inspectRules } from '../rules/load.ts';
import { CommitThread, NotifyStore, pruneHistory, RequestStore, ServiceStore, type Sql } from '../store/index.ts';
import { groupTotals } from '../store/commit/totals.ts';
import { RootLooks } from '../watch/index.ts';
import { Caution, FilePool, PluginPool } from '../workers/index.ts';
import { claimDatabase, type Claim, type Claiming } from './database/claim.ts';
import { DatabaseFile } from './database/database-file.ts';
import { DryGroups } from './group/dry-groups.ts';
import { HistoryPruner } from './history-pruner.ts';
import { Ownership } from './delivery/ownership.ts';
import { sayingWait } from './delivery/patience.ts';
import { PatientGroups } from './group/patient-groups.ts';
import { commandOf, everything, watchOrders, type ReconcileOrder } from './delivery/order.ts';
import { handOver } from './requests.ts';
import { openGroups, RunRecord, type RunReport } from './run-record.ts';
import type { Serve, StatusServer } from './serve.ts';
import { Service, type ServiceOptions } from './service.ts';
import { SilentArchives } from './silent-archives.ts';
import { CurrentRules, type Groups, type StoredGroups, type Surroundings } from './types.ts';

/** How to run the service. */
export interface RunOptions {
  /** Process all that is pending or due, and end. */
  readonly once: boolean;
  /** Report what would be done; write nothing. */
  readonly dryRun: boolean;
  /** With `once` or `dryRun`: what is reconciled; absent: everything. */
  readonly order?: ReconcileOrder;
  /** Told how far reconciling has got. */
  readonly onProgress?: ServiceOptions['onProgress'];
  readonly log: Log;
  /** Aborted: stop taking work, let the running finish. */
  readonly signal: AbortSignal;
  /** An event `reload` on it makes the service read its rules again. */
  readonly reload?: EventTarget;
  readonly clock?: Clock;
  readonly newId?: NewId;
  /** Shows the service to the outside while it runs; not called for `once` and `dryRun`. */
  readonly serve?: Serve;
  /** Told when threads start; resolves when they have, or could not be started. */
  readonly onThreads?: (started: Promise<unknown>) => void;
  /** Told of each group that enters a state. */
  readonly onEnter?: ServiceOptions['onEnter'];
}

/** How long a run with `once` delivers notifications at its end, and a service that is to stop; in ms. */
const notifyAtEndMs = 60_000;
const notifyAtStopMs = 2000;
/** How often it is looked whether threads are to be started, in ms: each file that is seen asks for it. */
const warmEveryMs = 1000;
/** How long a stop waits for a heartbeat and the like that is under way, in ms. */
const backgroundMs = 5000;

/**
 * Runs the service until it is stopped, or, with `once`, until everything that
 * is pending or due is done.
 *
 * @throws CarbonationError when it cannot start: DATABASE_MISSING, SCHEMA_BEHIND, SERVICE_RUNNING …
 */
export async function runService(project: Project, options: RunOptions): Promise<RunReport> {
  const clock = options.clock ?? systemClock;
  const newId = options.newId ?? randomId;
  const opened = await open(project, options.dryRun);
  try {
    return await runOpened(project, options, opened, clock, newId);
  } finally {
    await opened?.close();
  }
}

async function runOpened(
  project: Project,
  options: RunOptions,
  opened: Opened | null,
  clock: Clock,
  newId: NewId,
): Promise<RunReport> {
  const record = new RunRecord(options.once || options.dryRun ? undefined : 0);
  const instance = newId();
  const { watches } = project.config;
  const mode = options.once ? commandOf(watches, options.order ?? null) : 'run';
  const looked = new Set(watchOrders(watches, options.order ?? everything).map(({ watch }) => watch.name));
  const claiming: Claiming = {
    project,
    instance,
    mode,
    watches: looked,
    clock,
    log: options.log,
    signal: options.signal,
  };
  const done = options.once && opened !== null ? await doneByService(claiming, options, opened) : null;
  if (done !== null) return withOpen(done, opened);
  const claim = options.dryRun || opened === null ? null : await claimUnlessStopped(claiming, opened);
  if (claim === 'stopped') return record.report(null, []);
  const around = await surroundingsOf(claiming, options, opened, claim);
  const notifications = options.dryRun || opened === null ? null : notificationsOf(project, opened, clock, options.log);
  let server: StatusServer | null = null;
  const service = new Service(around, {
    once: options.once || options.dryRun,
    claim,
    history: historyOf(project, options.dryRun ? null : opened, clock, options.log),
    ...(options.order !== undefined && { order: options.order }),
    ...(options.onProgress !== undefined && { onProgress: options.onProgress }),
    readRules: () => readRules(project),
    onEnter: (entered, from) => {
      record.note(entered);
      server?.note(entered.lastStep);
      if (isResting(entered.state)) notifications?.expect();
      options.onEnter?.(entered, from);
    },
    onWatch: (name, health, reason) => notifications?.watch(name, health, reason),
    onDefect: (groupKey, reason) => record.noteDefect(groupKey, reason),
  });
  const stop = () => service.stop();
  const reload = (): void => {
    // Whoever asked is to see that it was heard, also where nothing has changed.
    options.log.info('rules.toml is read again');
    service.reload();
  };
  options.signal.addEventListener('abort', stop, { once: true });
  options.reload?.addEventListener('reload', reload);
  try {
    if (options.serve !== undefined && !options.once && !options.dryRun) {
      server = await options.serve({ signs: () => service.signs, lookNow: () => service.lookNow(), log: options.log });
    }
    await notifications?.start();
    const run = service.run();
    if (options.signal.aborted) stop();
    const failure = await run;
    const report = record.report(failure, service.reports);
    return options.once ? await withOpen(report, opened) : report;
  } finally {
    options.signal.removeEventListener('abort', stop);
    options.reload?.removeEventListener('reload', reload);
    const notifyMs = options.once ? notifyAtEndMs : notifyAtStopMs;
    if (notifications !== null) around.background.track(notifications.close(notifyMs));
    await Promise.all([
      around.background.whenIdle(notifyMs + backgroundMs),
      server?.close(),
      around.files.close(),
      around.plugins.close(),
      // Before the database is given to others.
      opened?.thread?.close(),
    ]);
    // Where the database keeps silent the claim stays, as that of a process that has been killed.
    if (claim !== null) around.background.track(claim.store.release(claim.instance, claim.left));
    await around.background.whenIdle(backgroundMs);
  }
}

/** Whoever is to stop while it waits for a process elsewhere has not failed, though that one may live. */
async function claimUnlessStopped(claiming: Claiming, opened: Opened): Promise<Claim | 'stopped'> {
  try {
    return await claimDatabase(claiming, opened);
  } catch (error) {
    if (claiming.signal.aborted && isRefusal(error)) return 'stopped';
    throw error;
  }
}

/** A report with what is open in the database besides what the run touched; without it where the database is away now. */
async function withOpen(report: RunReport, opened: Opened | null): Promise<RunReport> {
  const totals = await (opened === null ? null : groupTotals(opened.sql).catch(() => null));
  if (totals === null) return report;
  return { ...report, open: openGroups(totals) };
}

/** What the service works with: its threads, and the database through them. */
async function surroundingsOf(
  { project, instance, clock }: Claiming,
  options: RunOptions,
  opened: Opened | null,
  claim: Claim | null,
): Promise<Surroundings> {
  const { workers, extractTimeoutMs } = project.config.service;
  const files = new FilePool(workers);
  const caution =
    claim === null
      ? null
      : new Caution(claim.asked, clock, (asked) =>
          claim.store.recordPluginAsked(claim.instance, JSON.stringify(asked)),
        );
  const plugins = new PluginPool(Math.max(1, Math.ceil(workers / 2)), project.location, extractTimeoutMs, caution);
  /** Whoever bounds the heap leaves it alone while threads start. */
  const tellOf = (starts: readonly (Promise<unknown> | null)[]): void => {
    const starting = starts.filter((start) => start !== null);
    if (starting.length > 0) options.onThreads?.(Promise.all(starting));
  };
  return {
    project,
    rules: new CurrentRules(project.rules),
    ownership: await Ownership.of(project.config),
    groups: options.dryRun ? new DryGroups(opened?.groups ?? null) : patient(opened, clock, options.log, tellOf),
    // Nobody is left to look later at what a run that ends has not waited for.
    silentArchives: new SilentArchives(clock, options.log),
    roots: new RootLooks(clock, options.once || options.dryRun ? sayingWait(options.log) : null),
    files,
    plugins,
    warmUp: atMostEvery(warmEveryMs, clock, () =>
      tellOf([files.warmUp(), plugins.warmUp(), opened?.thread?.warmUp() ?? null]),
    ),
    clock,
    log: options.log,
    background: new Background(),
    instance,
    dryRun: options.dryRun,
  };
}

/** Does something now, unless it has been done a short time before. */
function atMostEvery(ms: number, clock: Clock, run: () => void): () => void {
  let last = -Infinity;
  return () => {
    const now = clock.monotonic();
    if (now - last < ms) return;
    last = now;
    run();
  };
}

interface Opened {
  readonly groups: StoredGroups;
  /** What writes the groups and looks up many files, where that is not the store itself. */
  readonly thread: CommitThread | null;
  readonly sql: Sql;
  readonly services: ServiceStore;
  readonly requests: RequestStore;
  readonly file: DatabaseFile | null;
  readonly outbox: NotifyStore;
  close(): Promise<void>;
}

async function open(project: Project, dryRun: boolean): Promise<Opened | null> {
  try {
    const { orm, store, close } = await openStore(project);
    const { database } = project.config;
    const { driver } = database;
    const file = await DatabaseFile.of(database);
    const thread =
      file === null || dryRun
        ? null
        : new CommitThread({ path: database.name, marks: file.marks, columns: project.plugin.fileModel.columns });
    // Who writes needs the pages; this connection looks up keys.
    if (thread !== null) await store.sql.run('pragma cache_size = -4096');
    return {
      groups: store,
      thread,
      sql: store.sql,
      services: new ServiceStore(orm, driver),
      requests: new RequestStore(store.sql),
      outbox: new NotifyStore(orm, driver),
      file,
      close,
    };
  } catch (error) {
    // A dry run can say what would be done before there is a database.
    if (dryRun && error instanceof CarbonationError && error.code === 'DATABASE_MISSING') return null;
    throw error;
  }
}

function notificationsOf({ config }: Project, { outbox }: Opened, clock: Clock, log: Log): Notifications {
  const { notifiers, directory, service } = config;
  return new Notifications({ notifiers, outbox, clock, log, directory, pollMs: service.pollIntervalMs });
}

function historyOf({ config }: Project, opened: Opened | null, clock: Clock, log: Log): HistoryPruner | null {
  const retentionMs = config.service.historyRetentionMs;
  if (opened === null || retentionMs === null) return null;
  const { sql } = opened;
  return new HistoryPruner({
    retentionMs,
    prune: (before, afterId, now) => pruneHistory(sql, before, afterId, now),
    clock,
    log,
  });
}

function patient(
  opened: Opened | null,
  clock: Clock,
  log: Log,
  tellOf: (starts: readonly (Promise<unknown> | null)[]) => void,
): Groups {
  if (opened === null) throw new CarbonationError('DATABASE_MISSING', 'there is no database');
  const { groups, thread } = opened;
  if (thread === null) return new PatientGroups(groups, clock, log);
  return new PatientGroups(groups, clock, log, {
    commit: (writes) => thread.commit(writes),
    recordDirectories: (change) => thread.recordDirectories(change),
    knownFiles: (pathHashes) => {
      // A start with nothing new has it looking before anything is to be committed.
      tellOf([thread.warmUp()]);
      return thread.knownFiles(pathHashes);
    },
  });
}

/** Whether another process has the database. */
function isRefusal(error: unknown): error is CarbonationError {
  return error instanceof CarbonationError && error.code === 'SERVICE_RUNNING';
}

/**
 * Whether `--once` can leave its work to a live service: it asks, waits until
 * that is done, and says who did it and what came of it; null when there is
 * none to leave it to.
 */
async function doneByService(claiming: Claiming, options: RunOptions, opened: Opened): Promise<RunReport | null> {
  const { clock } = claiming;
  const claim = async () => {
    const { store, instance, left } = await claimDatabase(claiming, opened);
    await store.release(instance, left);
  };
  try {
    await claim();
    return null;
  } catch (error) {
    if (!isRefusal(error) || error.details[0] !== 'run') throw error;
    options.log.info('a service runs already: it is asked to do this', { service: error.details[1] });
    const { signal, order = everything } = options;
    const report = await handOver({ requests: opened.requests, order, clock, signal, claim });
    return report === null ? null : { ...report, handedOverTo: error.details[1] ?? error.message };
  }
}

/** The rules on disk, when they are valid and fit the configuration and the plugin. */
async function readRules(project: Project): ReturnType<ServiceOptions['readRules']> {
  const { rulesPath, watches } = project.config;
  const inspected = await inspectRules(rulesPath, watches).catch((error: unknown) => messageOf(error));
  if (typeof inspected === 'string') return { rules: null, problems: [inspected] };
  const { rules, problems, further, text } = inspected;
  const together = further((read) => crossCheck(project.config, read, pluginKeys(project.plugin)));
  const all = await locateProblems([...problems, ...together], { [rulesPath]: text });
  const errors = all.filter(({ severity }) => severity === 'error');
  if (rules === null || errors.length > 0) return { rules: null, problems: errors.map(formatProblem) };
  return { rules, problems: [] };
}
