import { watch as watchFile } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createActor, fromCallback, fromPromise, type Actor } from 'xstate';
import { storedState, type GroupState } from '../../machines/file-group/index.ts';
import { supervisorMachine, type RulesAnswer, type SupervisorEvent } from '../../machines/supervisor/index.ts';
import { watchMachine, type WatchInput } from '../../machines/watch/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';
import type { Rules } from '../rules/index.ts';
import { Deliveries } from './deliveries.ts';
import { Heartbeat, type Claim } from './heartbeat.ts';
import type { LiveGroup } from './live-group.ts';
import { SystemdNotifier } from './notify.ts';
import { PatientGroups } from './patient-groups.ts';
import { GroupRegistry } from './registry.ts';
import { RequestDesk } from './requests.ts';
import { Resumption } from './resume.ts';
import { Scheduler } from './scheduler.ts';
import type { Surroundings } from './types.ts';

/** How long a stop waits for what is running, in ms. */
const drainMs = 30_000;
/** How often a file may start settling anew, within `--once`, until it is left to the next run. */
const settleRounds = 5;

/** What the service is given besides its surroundings. */
export interface ServiceOptions {
  readonly once: boolean;
  /** The claim on the database; null in a dry run. */
  readonly claim: Claim | null;
  /** Reads rules.toml again and checks it against config and plugin. */
  readonly readRules: () => Promise<{ readonly rules: Rules | null; readonly problems: readonly string[] }>;
  /** Told of each group that enters a state. */
  readonly onEnter: (group: LiveGroup, from: GroupState | null) => void;
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
  readonly #supervisor: Actor<typeof supervisorMachine>;
  readonly #resumption: Resumption;
  readonly #heartbeat: Heartbeat;
  /** Watches whose listener has not reported yet. */
  readonly #opening = new Set<string>();
  readonly #opened: (() => void)[] = [];
  #isReady = false;
  /** Rules that have been read and found valid, until the chart puts them in force. */
  #stagedRules: Rules | null = null;
  /** `--once`: a watch that could not be read, so that the run has not done all it was for. */
  #unread: string | null = null;
  /** What was last said of each watch. */
  readonly #reported = new Map<string, string>();

  constructor(around: Surroundings, options: ServiceOptions) {
    this.#around = around;
    this.#options = options;
    this.#log = around.log;
    this.#notifier = new SystemdNotifier(around.log);
    this.#registry = new GroupRegistry(around, {
      unsettle: (watch, path) => this.#deliveries.settler.touch(watch, path),
      onEnter: (group, from) => this.#enter(group, from),
      onDeadline: (dueAt) => this.#scheduler.note(dueAt),
      onDefect: options.onDefect,
    });
    this.#deliveries = new Deliveries(around, this.#registry);
    this.#scheduler = new Scheduler(around, this.#registry);
    this.#resumption = new Resumption(around, this.#registry);
    this.#heartbeat = new Heartbeat(around, {
      registry: this.#registry,
      deliveries: this.#deliveries,
      scheduler: this.#scheduler,
      notifier: this.#notifier,
      health: () => this.#supervisor.getSnapshot().context.health,
    });
    const { watches, service } = around.project.config;
    if (!options.once) for (const { name } of watches) this.#opening.add(name);
    this.#supervisor = createActor(this.#provide(), {
      clock: cappedClock,
      input: {
        once: options.once,
        watches: watches.map(({ name, path }): WatchInput => ({ name, path, probeEveryMs: service.pollIntervalMs })),
        reconcileEveryMs: service.reconcileIntervalMs,
        rulesVersion: around.rules.version,
      },
    });
  }

  /** Runs until it has stopped; the reason when it failed. */
  async run(): Promise<string | null> {
    // Timers of the service do not keep the process alive; the running service does.
    const alive = setInterval(() => undefined, 60_000);
    try {
      return await new Promise<string | null>((resolve) => {
        this.#supervisor.subscribe({
          next: (snapshot) => {
            const { lifecycle } = snapshot.value;
            if (lifecycle === 'stopped' || lifecycle === 'failed') resolve(snapshot.context.failure ?? this.#unread);
          },
          error: (error) => resolve(messageOf(error)),
        });
        this.#supervisor.start();
      });
    } finally {
      clearInterval(alive);
      this.#supervisor.stop();
      if (!this.#options.once) this.#log.info('stopped');
    }
  }

  stop(): void {
    this.#supervisor.send({ type: 'stop.requested' });
  }

  reload(): void {
    this.#supervisor.send({ type: 'rules.touched' });
  }

  /** Resolves when the first reconciliation is over. */
  get isReady(): boolean {
    return this.#isReady;
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
        finishWork: task(() => this.#finish()),
        drain: task(() => this.#drain()),
        rejudge: task(() => this.#rejudge()),
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
        announceStop: () => {
          if (!this.#options.once) this.#log.info('stopping: what is running may finish');
          this.#notifier.stopping();
        },
        reportWatch: (_, health) => this.#reportWatch(health.name, health.health, health.reason),
        reportRules: (_, answer) => {
          if (answer.outcome === 'changed') this.#log.success('new rules are in force', { version: answer.version });
          if (answer.outcome === 'invalid') {
            this.#log.error('rules.toml is invalid; the former rules stay in force', {
              problems: answer.problems.join(' | '),
            });
          }
        },
        reportFailure: (_, { reason }) => this.#log.error('a part of the service failed', { reason }),
      },
    });
  }

  async #reconcile(): Promise<void> {
    if (this.#opening.size > 0) await new Promise<void>((resolve) => this.#opened.push(resolve));
    const reports = await this.#deliveries.reconciler.all(this.#around.project.config.watches);
    for (const { watch, isRead, found, fresh, removed, problems } of reports) {
      if (isRead) this.#log.info('reconciled', { watch, found, fresh, removed });
      else if (this.#options.once) this.#unread ??= `watch ${watch} could not be read: ${problems.join('; ')}`;
    }
    await this.#resumption.outdated();
  }

  /** A `run --once` of another process: reconciles, and waits until what is there now has come to rest. */
  async #carryOutRequest(): Promise<void> {
    await this.#reconcile();
    await this.#whenSettled();
    await this.#deliveries.intake.whenIdle();
    await this.#registry.whenAtRest();
  }

  /** Everything that is pending or due is worked off. */
  async #finish(): Promise<void> {
    let isDone = false;
    while (!isDone) {
      const isSettled = await this.#whenSettled();
      await this.#deliveries.intake.whenIdle();
      await this.#registry.whenIdle();
      const sent = await this.#scheduler.look();
      isDone =
        sent === 0 &&
        (this.#deliveries.depth === 0 || !isSettled) &&
        this.#registry.active === 0 &&
        this.#registry.queued === 0;
    }
  }

  /** False: something still changes after all this time; it is left to the next run. */
  async #whenSettled(): Promise<boolean> {
    const { settler } = this.#deliveries;
    const settleMs = Math.max(...this.#around.project.config.watches.map((watch) => watch.settleMs));
    const limit = settleMs * settleRounds + drainMs;
    const isSettled = await Promise.race([
      settler.whenIdle().then(() => true),
      new Promise<boolean>((resolve) => this.#around.clock.after(limit, () => resolve(false))),
    ]);
    if (!isSettled) this.#log.warning('files that still change are left to the next run', { files: settler.depth });
    return isSettled;
  }

  /** What runs may finish, for a bounded time; the rest is taken up at the next start. */
  async #drain(): Promise<void> {
    let isOver = false;
    const limit = new Promise<void>((resolve) => {
      this.#around.clock.after(drainMs, () => {
        isOver = true;
        if (this.#around.groups instanceof PatientGroups) this.#around.groups.close();
        this.#registry.close();
        resolve();
      });
    });
    await Promise.race([this.#settleDown(), limit]);
    if (isOver) this.#log.warning('stopped before all work was finished; it goes on at the next start');
    this.#registry.close();
    this.#registry.writer.close();
  }

  async #settleDown(): Promise<void> {
    this.#scheduler.stop();
    await this.#deliveries.close();
    this.#registry.closeInbox();
    await this.#registry.whenIdle();
    await this.#registry.writer.whenIdle();
    // The last word: what the run has come to.
    if (this.#options.claim !== null) await this.#heartbeat.beat(this.#options.claim);
  }

  async #readRules(): Promise<RulesAnswer> {
    const { rules, problems } = await this.#options.readRules();
    if (rules === null) return { outcome: 'invalid', problems };
    if (rules.version === this.#around.rules.version) return { outcome: 'unchanged' };
    this.#stagedRules = rules;
    return { outcome: 'changed', version: rules.version };
  }

  async #rejudge(): Promise<void> {
    await this.#resumption.outdated();
    this.#notifier.ready(this.#heartbeat.statusLine);
  }

  #beat(send: (event: SupervisorEvent) => void): () => void {
    const { claim } = this.#options;
    if (claim === null) return () => undefined;
    const reason = 'another process has taken the database over';
    const stopBeating = this.#heartbeat.start(claim, () => send({ type: 'service.failed', reason }));
    if (this.#options.once) return stopBeating;
    const close = new RequestDesk(this.#around, claim, () => this.#carryOutRequest()).open();
    return () => {
      close();
      stopBeating();
    };
  }

  /** Editors replace the file, so its directory is watched; the content decides whether anything changed. */
  #watchRules(send: (event: SupervisorEvent) => void): () => void {
    const path = this.#around.project.config.rulesPath;
    const watcher = watchFile(dirname(path), { persistent: false }, (_, name) => {
      if (name === null || name === basename(path)) send({ type: 'rules.touched' });
    });
    watcher.on('error', (error) => {
      this.#log.warning('rules.toml is no longer watched; send SIGHUP after a change', { reason: messageOf(error) });
    });
    return () => watcher.close();
  }

  #reportWatch(name: string, health: string, reason: string | null): void {
    const wasOpening = this.#opening.delete(name);
    if (this.#opening.size === 0) for (const resolve of this.#opened.splice(0)) resolve();
    const fields = { watch: name, ...(reason !== null && { reason }) };
    const isNews = this.#reported.get(name) !== `${health} ${reason}`;
    this.#reported.set(name, `${health} ${reason}`);
    if (!isNews && health === 'lost') return;
    if (health === 'watching') this.#log.info('watching', fields);
    else if (health === 'scanning')
      this.#log.warning('file events are limited; the directory is scanned instead', fields);
    else this.#log.error('the watch is lost; its directory is looked for again', fields);
    // What came while nobody listened is found by looking.
    if (!wasOpening && health !== 'lost') {
      const watch = this.#around.project.config.watches.find((candidate) => candidate.name === name);
      if (watch !== undefined) void this.#deliveries.reconciler.all([watch]);
    }
  }

  #enter(group: LiveGroup, from: GroupState | null): void {
    const { state, context } = group;
    const fields = {
      watch: context.watchName,
      group: context.groupKey,
      ...(context.reason !== null && { reason: context.reason }),
    };
    if (state === 'archived' && from !== 'assessing') {
      this.#log.success('archived', { ...fields, directory: context.destination?.directory ?? '' });
    } else if (state === 'failed') this.#log.error('failed', fields);
    else if (state === 'retryPending')
      this.#log.warning('will be tried again', { ...fields, attempt: context.attempt });
    else if (state === 'timedOut' || state === 'integrityFailed') this.#log.warning(storedState(state), fields);
    else if (state === 'waiting' && context.timedOut) this.#log.warning('still incomplete', fields);
    else if (state === 'notSelected' || state === 'cleared' || state === 'missing')
      this.#log.info(storedState(state), fields);
    else this.#log.debug(storedState(state), fields);
    this.#options.onEnter(group, from);
  }
}

/** Node fires a timer beyond this at once; an interval that long may as well end a little early. */
const longestDelayMs = 2_147_483_647;

/** XState's timers, capped. */
const cappedClock = {
  setTimeout: (run: () => void, delayMs: number) => setTimeout(run, Math.min(delayMs, longestDelayMs)),
  clearTimeout: (timer: NodeJS.Timeout) => clearTimeout(timer),
};
