import { isResting, storedState, type GroupState } from '../../machines/file-group/index.ts';
import { openStore, type Project } from '../api/index.ts';
import { crossCheck, formatProblem, hasErrors, locateProblems } from '../config/index.ts';
import { randomId, systemClock, type Clock, type NewId } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';
import { pluginKeys } from '../plugin/index.ts';
import { inspectRules } from '../rules/load.ts';
import { ServiceStore } from '../store/index.ts';
import { FilePool, PluginPool } from '../workers/index.ts';
import { DryGroups } from './dry-groups.ts';
import { isHolderAlive, thisHolder } from './holder.ts';
import type { LiveGroup } from './live-group.ts';
import { PatientGroups } from './patient-groups.ts';
import { handOver } from './requests.ts';
import { Service, type ServiceOptions } from './service.ts';
import { CurrentRules, type Groups, type Surroundings } from './types.ts';

/** How to run the service. */
export interface RunOptions {
  /** Process all that is pending or due, and end. */
  readonly once: boolean;
  /** Report what would be done; write nothing. */
  readonly dryRun: boolean;
  readonly log: Log;
  /** Aborted: stop taking work, let the running finish. */
  readonly signal: AbortSignal;
  /** An event `reload` on it makes the service read its rules again. */
  readonly reload?: EventTarget;
  readonly clock?: Clock;
  readonly newId?: NewId;
  /** Called once the first reconciliation is over. */
  readonly onEnter?: ServiceOptions['onEnter'];
}

/** What a run has done with one group. */
export interface GroupReport {
  readonly watchName: string;
  readonly groupKey: string;
  /** The chart's state in snake case. */
  readonly state: string;
  readonly reason: string | null;
  /** Where the group was (or would be) archived. */
  readonly archivePath: string | null;
  readonly files: number;
}

/** What a run came to. */
export interface RunReport {
  readonly outcome: 'stopped' | 'failed';
  readonly failure: string | null;
  /** `--once` beside a live service: who did the work instead. */
  readonly handedOverTo: string | null;
  /** The groups that the run touched, when it was asked for (`once` or `dryRun`). */
  readonly groups: readonly GroupReport[];
  readonly archived: number;
  readonly waiting: number;
  readonly failed: number;
}

/** Groups named one by one in a report; more are only counted. */
const mostReported = 10_000;

/** Notes where each group of a run has got to. */
class RunRecord {
  readonly #groups = new Map<string, GroupReport>();
  readonly #states = new Map<string, GroupState>();
  readonly #isKept: boolean;
  #defects = 0;
  #firstDefect: string | null = null;

  constructor(isKept: boolean) {
    this.#isKept = isKept;
  }

  note(group: LiveGroup): void {
    const { state, context, key } = group;
    if (!this.#isKept) return;
    this.#states.set(key, state);
    // What is under way will be reported when it has come to rest.
    if (!isResting(state) && this.#groups.has(key)) return;
    if (this.#groups.size >= mostReported && !this.#groups.has(key)) return;
    const components = Object.values(context.components);
    this.#groups.set(key, {
      watchName: context.watchName,
      groupKey: context.groupKey,
      state: storedState(state),
      reason: context.reason,
      archivePath:
        context.destination?.directory ?? components.find((c) => c.archived !== null)?.archived?.path ?? null,
      files: components.length,
    });
  }

  /** A group that could not be recorded or resumed: a run with one of them has not done its work. */
  noteDefect(groupKey: string, reason: string): void {
    this.#defects += 1;
    this.#firstDefect ??= `${groupKey}: ${reason}`;
  }

  report(stopped: string | null): RunReport {
    const states = [...this.#states.values()];
    const defects =
      this.#defects === 0 ? null : `${this.#defects} group(s) could not be recorded, first ${this.#firstDefect}`;
    const failure = stopped ?? (this.#isKept ? defects : null);
    return {
      outcome: failure === null ? 'stopped' : 'failed',
      failure,
      handedOverTo: null,
      groups: [...this.#groups.values()],
      archived: states.filter((state) => state === 'archived').length,
      waiting: states.filter((state) => state === 'waiting' || state === 'retryPending').length,
      failed: states.filter((state) => state === 'failed' || state === 'integrityFailed').length,
    };
  }
}

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
  const record = new RunRecord(options.once || options.dryRun);
  const instance = newId();
  const { service: settings } = project.config;
  const holder =
    options.once && opened !== null ? await liveService(project, opened.services, instance, clock, options) : null;
  if (holder !== null) return { ...record.report(null), handedOverTo: holder };
  const claim =
    options.dryRun || opened === null
      ? null
      : await claimDatabase(project, opened.services, instance, options.once, clock);
  const files = new FilePool(settings.workers);
  const plugins = new PluginPool(
    Math.max(1, Math.ceil(settings.workers / 2)),
    project.location,
    settings.extractTimeoutMs,
  );
  const around: Surroundings = {
    project,
    rules: new CurrentRules(project.rules),
    groups: options.dryRun ? new DryGroups(opened?.groups ?? null) : patient(opened, clock, options.log),
    files,
    plugins,
    clock,
    newId,
    log: options.log,
    instance,
    dryRun: options.dryRun,
  };
  const service = new Service(around, {
    once: options.once || options.dryRun,
    claim,
    readRules: () => readRules(project),
    onEnter: (group, from) => {
      record.note(group);
      options.onEnter?.(group, from);
    },
    onDefect: (groupKey, reason) => record.noteDefect(groupKey, reason),
  });
  const stop = () => service.stop();
  const reload = () => service.reload();
  options.signal.addEventListener('abort', stop, { once: true });
  options.reload?.addEventListener('reload', reload);
  try {
    const run = service.run();
    if (options.signal.aborted) stop();
    return record.report(await run);
  } finally {
    options.signal.removeEventListener('abort', stop);
    options.reload?.removeEventListener('reload', reload);
    await Promise.all([files.close(0), plugins.close(0)]);
    if (claim !== null) await claim.store.release(claim.instance).catch(() => undefined);
  }
}

interface Opened {
  readonly groups: Groups;
  readonly services: ServiceStore;
  close(): Promise<void>;
}

async function open(project: Project, dryRun: boolean): Promise<Opened | null> {
  try {
    const { orm, store, close } = await openStore(project);
    return { groups: store, services: new ServiceStore(orm, project.config.database.driver), close };
  } catch (error) {
    // A dry run can say what would be done before there is a database.
    if (dryRun && error instanceof CarbonationError && error.code === 'DATABASE_MISSING') return null;
    throw error;
  }
}

function patient(opened: Opened | null, clock: Clock, log: Log): Groups {
  if (opened === null) throw new CarbonationError('DATABASE_MISSING', 'there is no database');
  return new PatientGroups(opened.groups, clock, log);
}

/**
 * Whether `--once` can leave its work to a live service: it asks, waits until
 * that is done, and says who did it; null when there is none to leave it to.
 */
async function liveService(
  project: Project,
  store: ServiceStore,
  instance: string,
  clock: Clock,
  options: RunOptions,
): Promise<string | null> {
  const claim = async () => {
    const { instance: own } = await claimDatabase(project, store, instance, true, clock);
    await store.release(own);
  };
  try {
    await claim();
    return null;
  } catch (error) {
    const isService =
      error instanceof CarbonationError && error.code === 'SERVICE_RUNNING' && error.details[0] === 'run';
    if (!isService) throw error;
    options.log.info('a service runs already: it is asked to do this', { service: error.details[1] });
    const isDone = await handOver(store, claim, options.signal);
    return isDone ? (error.details[1] ?? error.message) : null;
  }
}

async function claimDatabase(
  project: Project,
  store: ServiceStore,
  instance: string,
  once: boolean,
  clock: Clock,
): Promise<{ store: ServiceStore; instance: string }> {
  const holder = thisHolder(instance, once ? 'run --once' : 'run');
  const now = clock.now();
  await store.claim(holder, now, project.config.service.heartbeatIntervalMs, (recorded) =>
    isHolderAlive(recorded, holder, now),
  );
  return { store, instance: holder.instance };
}

/** The rules on disk, when they are valid and fit the configuration and the plugin. */
async function readRules(project: Project): ReturnType<ServiceOptions['readRules']> {
  const { rulesPath } = project.config;
  const { rules, problems, text } = await inspectRules(rulesPath);
  if (rules === null || hasErrors(problems)) return { rules: null, problems: problems.map(formatProblem) };
  const crossed = await locateProblems(crossCheck(project.config, rules, pluginKeys(project.plugin)), {
    [rulesPath]: text,
  });
  if (hasErrors(crossed)) return { rules: null, problems: crossed.map(formatProblem) };
  return { rules, problems: [] };
}
