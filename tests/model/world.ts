import { mkdirSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import type { GroupEvent } from '../../machines/file-group/index.ts';
import type { CarbonationError } from '../../src/errors/index.ts';
import type { Log } from '../../src/logging/index.ts';
import { runService, type RunReport } from '../../src/service/index.ts';
import { runCli, type CliResult } from '../support/cli.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog } from '../support/log.ts';
import { TestProject, until } from '../support/project.ts';
import { Query } from './commands.ts';
import { Gates } from './gates.ts';
import { configOf, rulesOf, type Place } from './places.ts';

/** What a walk waits for when it cannot go on by itself, the most urgent first. */
type Pause =
  /** Other rules, before anything else is recorded. */
  | 'rules at once'
  /** Files settle, the scheduler looks, what may lag behind is recorded. */
  | 'a moment'
  /** A command on the database: while nothing is at work. */
  | 'a command'
  | 'rules'
  /** Something that takes its own time. */
  | 'patience'
  /** The next deadline. */
  | 'deadline';

const urgency: readonly Pause[] = ['rules at once', 'a moment', 'a command', 'rules', 'patience', 'deadline'];

/** Less than what the writer lets a record lag behind, more than the settle time. */
const momentMs = 1500;
/** Time hardly goes on while work is under way: no file settles before that is done. */
const tickMs = 1;
/** How long the watcher usually takes to tell of a change, in real ms. */
const quietMs = 30;
interface Waiting {
  readonly pause: Pause;
  readonly dueAt: number;
  readonly run: (() => Promise<void>) | null;
  readonly go: () => void;
}

/**
 * The real service on a real disk and database, with a watch for each walk. Its
 * clock goes on only while some walk waits for work that is under way; when all
 * of them wait for something else, the most urgent of that happens.
 */
export class World {
  readonly clock = new FakeClock(Date.now() + 60_000);
  readonly gates = new Gates();
  readonly project: TestProject;
  readonly log = collectLog();
  /** Watches for which a warning cannot be logged, and what is thrown then. */
  readonly brokenLog = new Map<string, CarbonationError>();
  #service: { readonly abort: AbortController; readonly report: Promise<RunReport> } | null = null;
  #database: DatabaseSync | null = null;
  readonly #statements = new Map<string, StatementSync>();
  #walking = 0;
  #quietAt = 0;
  #standing = 0;
  readonly query = new Query();
  readonly #waiting: Waiting[] = [];
  readonly #asking: Promise<unknown>[] = [];
  #turn = Promise.withResolvers<void>();

  private constructor(project: TestProject) {
    this.project = project;
  }

  static async create(places: readonly Place[]): Promise<World> {
    const project = await TestProject.create({ config: () => configOf(places), rules: rulesOf });
    for (const { name } of places) mkdirSync(project.path(`delivery/${name}`), { recursive: true });
    mkdirSync(project.path('archive'), { recursive: true });
    mkdirSync(project.path('control'));
    const world = new World(project);
    world.gates.install();
    return world;
  }

  async start(): Promise<void> {
    const log: Log = {
      ...this.log,
      warning: (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
        const error = this.brokenLog.get(String(fields['watch']));
        if (error !== undefined && message.includes('place')) throw error;
        this.log.warning(message, fields);
      },
    };
    const abort = new AbortController();
    const report = runService(await this.project.open(), {
      once: false,
      dryRun: false,
      log,
      signal: abort.signal,
      clock: this.clock,
    });
    this.#service = { abort, report };
    this.gates.registry = null;
    const ready = () => this.log.lines.filter((line) => line.startsWith('SUCCESS ready')).length;
    const before = ready();
    const isReady = until('the service is ready', async () => {
      await this.clock.advance(5);
      return ready() > before;
    });
    await Promise.race([isReady, report]);
    this.#database = new DatabaseSync(this.project.path('carbonation.db'), { readOnly: true });
  }

  /** Rows of the database, as another process sees them. */
  rows(sql: string, ...params: readonly string[]): readonly Readonly<Record<string, SQLOutputValue>>[] {
    if (this.#database === null) throw new Error('the world has not been started');
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement.all(...params);
  }

  /** Lets walks go on beside each other, each as far as it gets. */
  async walk(walks: readonly (() => Promise<void>)[]): Promise<void> {
    this.#walking = walks.length;
    const all = Promise.allSettled(
      walks.map((walk) =>
        walk().finally(() => {
          this.#walking -= 1;
        }),
      ),
    );
    while (this.#walking > 0) {
      if (this.#waiting.length >= this.#walking) await this.#pass();
      else if (this.#standing === 0) await this.clock.advance(tickMs);
      await wait(2);
      const turn = this.#turn;
      this.#turn = Promise.withResolvers<void>();
      turn.resolve();
    }
    for (const walk of await all) if (walk.status === 'rejected') throw walk.reason;
  }

  /** Files have been changed: the watcher is to tell of it before time goes on. */
  touched(): void {
    this.#quietAt = performance.now() + quietMs;
  }

  /** Time stands still until it is so: nobody learns meanwhile what has happened to files. */
  async standStill(what: string, holds: () => boolean): Promise<void> {
    this.#standing += 1;
    try {
      await this.until(what, holds);
    } finally {
      this.#standing -= 1;
    }
  }

  /** Waits for work that is under way. */
  async until<Value>(what: string, holds: () => Value | null | false): Promise<Value> {
    const end = performance.now() + 60_000;
    for (;;) {
      const value = holds();
      if (value !== null && value !== false) return value;
      if (performance.now() > end) throw new Error(`still not true: ${what}`);
      await this.#turn.promise;
    }
  }

  /** Waits until nobody has work under way, and this is the most urgent that is waited for. */
  pause(pause: Pause, dueAt = 0): Promise<void> {
    return new Promise((go) => this.#waiting.push({ pause, dueAt, run: null, go }));
  }

  /** Lets moments pass until it is so. */
  async moments<Value>(what: string, holds: () => Value | null | false): Promise<Value> {
    // Commits are made by a thread, which takes real time for them, however many moments pass.
    const end = performance.now() + 20_000;
    for (let count = 0; count < 400 || performance.now() < end; count += 1) {
      const value = holds();
      if (value !== null && value !== false) return value;
      await this.pause('a moment');
    }
    throw new Error(`still not true: ${what}`);
  }

  /** Stops the service; effects that are held up are not waited for longer than its limit. */
  async stop(): Promise<void> {
    await this.#meanwhile(Promise.all(this.#asking.splice(0)));
    // Two SQLite libraries in one process do not see each other's locks: it must not be open when the other closes.
    this.#statements.clear();
    this.#database?.close();
    this.#database = null;
    if (this.#service === null) return;
    const { abort, report } = this.#service;
    this.#service = null;
    abort.abort();
    await this.#meanwhile(report);
  }

  /** Time goes on until this is done. */
  async #meanwhile(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    while (!isDone) {
      await this.clock.advance(100);
      await wait(1);
    }
    await done;
  }

  /** Has the service compare delivery and database again, as a `run --once` beside it does. */
  async reconcileDelivery(): Promise<void> {
    const asking = runService(await this.project.open(), {
      once: true,
      dryRun: false,
      log: collectLog(),
      signal: new AbortController().signal,
    });
    let isDone = false;
    void asking.finally(() => {
      isDone = true;
    });
    this.#asking.push(asking);
    for (let count = 0; count < 3000 && !isDone; count += 1) await this.pause('patience');
  }

  /** Runs a command on the project, while the service is not writing: in one process neither would wait for the other. */
  async command(...argv: readonly string[]): Promise<CliResult> {
    const { promise, resolve } = Promise.withResolvers<CliResult>();
    const run = async () => resolve(await runCli(argv, { cwd: this.project.directory }));
    await new Promise<void>((go) => this.#waiting.push({ pause: 'a command', dueAt: 0, run, go }));
    return promise;
  }

  /** Tells a group what was found of it in the archive: as if it had been left in the middle of that. */
  async adopt(name: string, event: GroupEvent): Promise<void> {
    const found = (await this.project.open()).config.watches.find((one) => one.name === name);
    const sql = "select group_key from files where watch_name = ? and group_key in ('a', 'a.dat')";
    const groupKey = String(this.rows(sql, name)[0]?.['group_key']);
    if (found === undefined || this.gates.registry === null) throw new Error(`there is no watch ${name}`);
    this.gates.registry.deliver([{ watch: found, groupKey, event: { ...event, at: this.clock.now() } }]);
  }

  async #pass(): Promise<void> {
    const pause = urgency.find((candidate) => this.#waiting.some((one) => one.pause === candidate));
    if (pause === 'rules at once' || pause === 'rules') {
      await this.#changeRules();
      this.#go((one) => one.pause === 'rules at once' || one.pause === 'rules');
    } else if (pause === 'a command') {
      const waiting = this.#waiting.find((one) => one.pause === pause);
      await waiting?.run?.();
      this.#go((one) => one === waiting);
    } else if (pause === 'deadline') {
      const next = Math.min(...this.#waiting.map(({ dueAt }) => dueAt));
      await this.clock.advance(Math.max(0, next - this.clock.now()) + 1);
      this.#go(({ dueAt }) => dueAt <= this.clock.now());
    } else {
      if (pause === 'a moment') await wait(Math.max(0, this.#quietAt - performance.now()));
      await this.clock.advance(pause === 'a moment' ? momentMs : tickMs);
      this.#go((one) => one.pause === pause);
    }
  }

  #go(isMeant: (waiting: Waiting) => boolean): void {
    const meant = this.#waiting.filter(isMeant);
    for (const waiting of meant) {
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      waiting.go();
    }
  }

  /** Other rules on disk; the service takes them up by itself. The clock stands still meanwhile. */
  async #changeRules(): Promise<void> {
    const count = () => this.log.lines.filter((line) => line.includes('new rules are in force')).length;
    const before = count();
    await this.project.edit('rules.toml', (text) => `${text}\n# ${before + 1}\n`);
    await until('the rules are in force', () => count() > before);
  }
}
