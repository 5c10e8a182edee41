import { createActor, fromCallback, fromPromise, type Actor } from 'xstate';
import type { GroupState } from '../../machines/file-group/index.ts';
import { supervisorMachine, type RulesAnswer, type SupervisorEvent } from '../../machines/supervisor/index.ts';
import { watchMachine, type WatchInput } from '../../machines/watch/index.ts';
import { cappedTimers, keepingAlive, stableKey } from '../core/index.ts';
import { CarbonationError, messageOf } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';
import type { Rules } from '../rules/index.ts';
import type { Claim } from './database/claim.ts';
import { Deliveries } from './delivery/deliveries.ts';
import { logState } from './group/log.ts';
import { Heartbeat } from './heartbeat.ts';
import type { HistoryPruner } from './history-pruner.ts';
import type { Entered } from './group/live-group.ts';
import { SystemdNotifier } from './notify.ts';
import { GroupRegistry } from './group/registry.ts';
import { everything, type ReconcileOrder } from './delivery/order.ts';
import type { ReconcileProgress } from './delivery/reading.ts';
import type { ReconcileReport } from './delivery/reconcile.ts';
import { RequestDesk } from './requests.ts';
import { logRules } from './rules-log.ts';
import { Resumption } from './resume.ts';
import { failureOf, RunRecord, type RunReport } from './run-record.ts';
import { Scheduler } from './scheduler.ts';
import type { VitalSigns } from './serve.ts';
import { Strays, type Stray } from './group/strays.ts';
import type { Surroundings } from './types.ts';
import { WatchReports } from './watch-reports.ts';
import { watchRules } from './watch-rules.ts';
import { Work } from './work.ts';

/** How long a stop waits for what is running, in ms. */
const drainMs = 30_000;
/** Groups named one by one in the answer to another process. */
const mostAnswered = 1000;

/** What the service is given besides its surroundings. */
export interface ServiceOptions {
  readonly once: boolean;
  /** The claim on the database; null in a dry run. */
  readonly claim: Claim | null;
  /** Keeps the history bounded; null: nothing is removed. */
  readonly history: HistoryPruner | null;
  /** What is reconciled at the start; absent: everything, under the brakes. */
  readonly order?: ReconcileOrder;
  /** Told how far reconciling has got. */
  readonly onProgress?: (progress: ReconcileProgress) => void;
  /** Reads rules.toml again and checks it against config and plugin. */
  readonly readRules: () => Promise<{ readonly rules: Rules | null; readonly problems: readonly string[] }>;
  /** Told of each group that enters a state; of one that comes to rest once that is on record. */
  readonly onEnter: (entered: Entered, from: GroupState | null) => void;
  /** Told of each watch that is lost or can be read. */
  readonly onWatch?: (name: string, health: 'lost' | 'found', reason: string | null) => void;
  /** Told of each group that could not be recorded or resumed. */
  readonly onDefect: (groupKey: string, reason: string) => void;
}

/** The running service: the supervisor's chart with its effects provided. */
export class Service {
  readonly #around: Surroundings;
  readonly #options: ServiceOptions;
  readonly #log: Log;
  readonly #notifier: SystemdNotifier;
  readonly #registry: GroupRegistry;
  readonly #deliveries: Deliveries;
  readonly #scheduler: Scheduler;
  readonly #strays: Strays;
  readonly #supervisor: Actor<typeof supervisorMachine>;
  readonly #resumption: Resumption;
  readonly #heartbeat: Heartbeat;
  readonly #watchReports: WatchReports;
  /** The first reconciliation is over. */
  #isReady = false;
  /** Rules that have been read and found valid, until the chart puts them in force. */
  #stagedRules: Rules | null = null;
  readonly #work: Work;
  /** `--once`: what reconciling came to. */
  #reports: readonly ReconcileReport[] = [];
  /** Of the requests that are being carried out. */
  readonly #records = new Set<RunRecord>();

  constructor(around: Surroundings, options: ServiceOptions) {
    this.#around = around;
    this.#options = options;
    this.#log = around.log;
    this.#notifier = new SystemdNotifier(around.log);
    around.silentArchives.onChange = () => this.#heartbeat.soon();
    around.groups.onReturn = () => this.#supervisor.send({ type: 'database.returned' });
    this.#registry = new GroupRegistry(around, {
      unsettle: (watch, path) => this.#deliveries.unsettle(watch, path),
      onEnter: (entered, from) => this.#enter(entered, from),
      onDeadline: (dueAt) => this.#scheduler.note(dueAt),
      onDefect: (_watch, groupKey, reason) => {
        for (const record of this.#records) record.noteDefect(groupKey, reason);
        options.onDefect(groupKey, reason);
      },
      onStray: (stray) => {
        this.#strays.note(stray);
        if (stray.reason !== null) this.#heartbeat.soon();
      },
    });
    this.#strays = new Strays(around, (stray) => around.background.track(this.#takeUp(stray)));
    this.#deliveries = new Deliveries(around, this.#registry, {
      isPatient: options.once,
      lastFiles: options.claim?.lastFiles ?? new Map(),
      onProgress: (one) => options.onProgress?.(one),
      onMissed: (name) => this.#lookAt(name),
      onLate: () => around.background.track(this.#work.regroup()),
      onSilence: (name, reason) => this.#watchReports.noteSilence(name, reason),
    });
    this.#scheduler = new Scheduler(around, this.#registry);
    this.#resumption = new Resumption(around, this.#registry, this.#deliveries);
    const parts = { deliveries: this.#deliveries, registry: this.#registry, scheduler: this.#scheduler };
    this.#work = new Work(around, { ...parts, resumption: this.#resumption });
    this.#heartbeat = new Heartbeat(around, {
      ...parts,
      strays: this.#strays,
      notifier: this.#notifier,
      health: () => this.#supervisor.getSnapshot().context.health,
    });
    const { watches, service } = around.project.config;
    const opening = options.once ? [] : watches.map(({ name }) => name);
    this.#watchReports = new WatchReports(around.log, opening, {
      onNews: () => this.#heartbeat.now(),
      onReopened: (name) => this.#lookAt(name),
      onHealth: (name, health, reason) => options.onWatch?.(name, health, reason),
    });
    this.#supervisor = createActor(this.#provide(), {
      clock: cappedTimers,
      input: {
        once: options.once,
        watches: watches.map(({ name }): WatchInput => ({ name, probeEveryMs: service.pollIntervalMs })),
        reconcileEveryMs: service.reconcileIntervalMs,
      },
    });
  }

  /** Runs until it has stopped; the reason when it failed. */
  async run(): Promise<string | null> {
    const { promise: ended, resolve } = Promise.withResolvers<string | null>();
    this.#supervisor.subscribe({
      next: (snapshot) => {
        const { lifecycle } = snapshot.value;
        if (lifecycle === 'stopped' || lifecycle === 'failed')
          resolve(snapshot.context.failure ?? failureOf(this.#reports));
      },
      error: (error) => resolve(messageOf(error)),
    });
    try {
      return await keepingAlive(() => {
        this.#supervisor.start();
        return ended;
      });
    } finally {
      this.#supervisor.stop();
      if (!this.#options.once) this.#log.info('stopped');
    }
  }

  /** With `once`: what reconciling each watch came to. */
  get reports(): readonly ReconcileReport[] {
    return this.#withUngrouped(this.#reports);
  }

  stop(): void {
    this.#supervisor.send({ type: 'stop.requested' });
  }

  reload(): void {
    this.#supervisor.send({ type: 'rules.touched' });
  }

  /** How the service is right now. */
  get signs(): VitalSigns {
    const { sinceLookMs, stuckAfterMs } = this.#heartbeat;
    const { lifecycle, rules } = this.#supervisor.getSnapshot().value;
    return {
      ...this.#heartbeat.pulse(),
      isReady: this.#isReady,
      isStopping: lifecycle === 'draining' || lifecycle === 'stopped' || lifecycle === 'failed',
      rulesRejected: rules === 'rejected',
      sinceLookMs,
      stuckAfterMs,
      queue: {
        settling: this.#deliveries.settler.depth,
        arriving: this.#deliveries.intake.depth,
        queued: this.#registry.queued,
        active: this.#registry.active,
        unwritten: this.#registry.writer.depth,
      },
    };
  }

  /** Sends what is due now, without waiting for the next look. */
  lookNow(): void {
    this.#around.background.track(this.#scheduler.look());
  }

  #provide(): typeof supervisorMachine {
    const task = (run: () => Promise<void>) => fromPromise<void, Record<string, never>>(run);
    const background = (run: (send: (event: SupervisorEvent) => void) => () => void) =>
      fromCallback<{ type: 'ignored' }, Record<string, never>>(({ sendBack }) => run(sendBack));
    return supervisorMachine.provide({
      actors: {
        watch: watchMachine.provide({
          actors: {
            probe: fromPromise<void, WatchInput>(({ input }) => this.#deliveries.probe(input)),
            listen: fromCallback(this.#deliveries.listen),
          },
        }),
        recover: task(() => this.#resumption.interrupted()),
        reconcileDelivery: task(() => this.#reconcile()),
        finishWork: task(() => this.#work.finish()),
        drain: task(() => this.#drain()),
        // It has reloaded, however that ends.
        rejudge: task(() => this.#resumption.rejudge().finally(() => this.#notifier.ready(this.#heartbeat.statusLine))),
        readRules: fromPromise<RulesAnswer, Record<string, never>>(() => this.#readRules()),
        scheduleDeadlines: background(() => {
          this.#scheduler.start();
          return () => this.#scheduler.stop();
        }),
        beat: background((send) => this.#beat(send)),
        watchRulesFile: background((send) => (this.#options.once ? () => undefined : this.#watchRules(send))),
      },
      actions: {
        announceReady: () => {
          if (!this.#isReady) this.#log.success('ready');
          this.#isReady = true;
          this.#notifier.ready(this.#heartbeat.statusLine);
        },
        applyRules: () => {
          if (this.#stagedRules !== null) this.#around.rules.replace(this.#stagedRules);
        },
        announceReload: () => this.#notifier.reloading(),
        announceStop: ({ context: { failure } }) => {
          if (failure !== null) this.#log.error('the service has failed and stops', { reason: failure });
          else if (!this.#options.once) this.#log.info('stopping: what is running may finish');
          this.#notifier.stopping();
        },
        reportWatch: (_, { name, health, reason }) => this.#watchReports.note(name, health, reason),
        reportRules: (_, answer) => logRules(this.#log, answer),
        reportFailure: (_, { reason }) => this.#log.error('a part of the service failed', { reason }),
      },
    });
  }

  async #reconcile(): Promise<void> {
    await this.#watchReports.whenOpened();
    this.#heartbeat.now();
    const reports = await this.#work.reconcile(this.#options.order ?? everything);
    if (this.#options.once) this.#reports = reports;
    this.#tellOf(reports);
    this.#options.history?.begin();
  }

  /** What a reconciliation has shown of the watches: to those who are told of them, and into the next heartbeat. */
  #tellOf(reports: readonly ReconcileReport[]): void {
    this.#heartbeat.now();
    for (const { watch, isRead, brake, problems } of reports) {
      if (this.#deliveries.reconciler.isCrowded(watch)) continue;
      const isWell = isRead && brake === null;
      this.#options.onWatch?.(watch, isWell ? 'found' : 'lost', brake ?? problems[0] ?? null);
    }
  }

  /** With the files that have come into no group since. */
  #withUngrouped(reports: readonly ReconcileReport[]): readonly ReconcileReport[] {
    const { ungrouped } = this.#deliveries.intake;
    return reports.map((report) => {
      const problems = report.isRead ? ungrouped.problems(report.watch) : [];
      return problems.length === 0 ? report : { ...report, problems: [...report.problems, ...problems] };
    });
  }

  /** Another process asks: reconciles, and waits until what is there now has come to rest. */
  async #carryOut(order: ReconcileOrder): Promise<RunReport> {
    const record = new RunRecord(mostAnswered);
    this.#records.add(record);
    try {
      const reports = await this.#deliveries.reconciler.whole(await this.#work.reconcile(order));
      this.#tellOf(reports);
      await this.#work.whenAtRest();
      // A stop ends the waiting, not the work: whoever asked sees that the service has ended, and does it then.
      if (this.signs.isStopping) throw new CarbonationError('POOL_CLOSED', 'the service is stopping');
      return record.report(failureOf(reports), this.#withUngrouped(reports));
    } finally {
      this.#records.delete(record);
    }
  }

  /** What runs may finish, for a bounded time; the rest is taken up at the next start. */
  async #drain(): Promise<void> {
    let isOver = false;
    const limit = new Promise<void>((resolve) => {
      this.#around.clock.after(drainMs, () => {
        isOver = true;
        this.#around.groups.close();
        this.#registry.close();
        resolve();
      });
    });
    await Promise.race([this.#settleDown(), limit]);
    if (isOver) this.#log.warning('stopped before all work was finished; it goes on at the next start');
    this.#registry.close();
    this.#registry.writer.close();
    // A start that was cut short may still ask; that its thread ends says nothing of the database.
    this.#around.groups.close();
  }

  async #settleDown(): Promise<void> {
    this.#scheduler.stop();
    this.#strays.close();
    await this.#deliveries.close();
    this.#registry.closeInbox();
    await this.#registry.whenIdle();
    await this.#registry.writer.whenIdle();
    // What stays on record is looked at by the next start.
    await this.#registry.openDirectories.close().catch((error: unknown) => {
      this.#log.warning('directories stay on record as being written into', { reason: messageOf(error) });
    });
    await this.#options.history?.close(this.#options.once);
    // The last word: what the run has come to.
    if (this.#options.claim !== null) await this.#heartbeat.beat(this.#options.claim);
  }

  /** What has gone astray is noticed anew: its files, what was under way, its deadline, the rules in force. */
  async #takeUp(stray: Stray): Promise<void> {
    const isTakenUp = await this.#resumption.takeUp(stray);
    this.#scheduler.forget(stableKey(stray.watch.name, stray.groupKey));
    if (!isTakenUp) this.#strays.note(stray);
    if (stray.reason !== null) this.#heartbeat.soon();
  }

  async #readRules(): Promise<RulesAnswer> {
    const { rules, problems } = await this.#options.readRules();
    if (rules === null) return { outcome: 'invalid', problems };
    if (rules.version === this.#around.rules.version) return { outcome: 'unchanged' };
    this.#stagedRules = rules;
    return { outcome: 'changed', version: rules.version };
  }

  #beat(send: (event: SupervisorEvent) => void): () => void {
    const { claim } = this.#options;
    if (claim === null) return () => undefined;
    const stopBeating = this.#heartbeat.start(claim, (reason) => {
      // Nothing that is done from now on would be recorded where anybody looks.
      this.#registry.close();
      send({ type: 'service.failed', reason });
    });
    if (this.#options.once) return stopBeating;
    const close = new RequestDesk(this.#around, claim.requests, (order) => this.#carryOut(order)).open();
    return () => {
      close();
      stopBeating();
    };
  }

  #watchRules(send: (event: SupervisorEvent) => void): () => void {
    const { rulesPath, service } = this.#around.project.config;
    return watchRules(rulesPath, service.pollIntervalMs, this.#around, () => send({ type: 'rules.touched' }));
  }

  /** What was missed, or came while nobody listened, is found by looking. */
  #lookAt(name: string): void {
    const looked = this.#deliveries.reconciler.all({ ...everything, watches: [name] });
    this.#around.background.track(looked.then((reports) => this.#tellOf(reports)).then(() => this.#work.regroup()));
  }

  #enter(entered: Entered, from: GroupState | null): void {
    logState(this.#log, entered, { repeats: this.#options.once, dryRun: this.#around.dryRun });
    for (const record of this.#records) record.note(entered);
    this.#resumption.note(entered);
    this.#options.onEnter(entered, from);
  }
}
