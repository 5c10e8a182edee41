import type { Stats } from 'node:fs';
import type { Config, WatchConfig } from '../../src/config/types.ts';
import { Background, identityOf, isSameIdentity, stableKey, type FileIdentity } from '../../src/core/index.ts';
import { CarbonationError } from '../../src/errors/index.ts';
import type { RuleSet, Rules } from '../../src/rules/index.ts';
import type { Deliveries } from '../../src/service/delivery/deliveries.ts';
import { GroupKeys } from '../../src/service/group/keys.ts';
import { Intake } from '../../src/service/delivery/intake.ts';
import { Ownership } from '../../src/service/delivery/ownership.ts';
import { everything } from '../../src/service/delivery/order.ts';
import type { ReconcileReport } from '../../src/service/delivery/reconcile.ts';
import { GroupRegistry } from '../../src/service/group/registry.ts';
import { Resumption } from '../../src/service/resume.ts';
import { Scheduler } from '../../src/service/scheduler.ts';
import { Strays, type Stray } from '../../src/service/group/strays.ts';
import type { CurrentRules, Surroundings } from '../../src/service/types.ts';
import { Work } from '../../src/service/work.ts';
import type { GroupWrite } from '../../src/store/index.ts';
import { Settler } from '../../src/watch/index.ts';
import type { InspectRequest, TransferRequest } from '../../src/workers/index.ts';
import { archiveDefaults } from './archive-defaults.ts';
import type { FakeClock } from './fake-clock.ts';
import type { collectLog } from './log.ts';
import type { MemoryGroups } from './memory-groups.ts';
import { errorOf } from './settler.ts';
import { watchOf } from './watch.ts';

/** The watch whose rules are exchanged, and one that has its own. */
export const watches: readonly WatchConfig[] = [
  watchOf('/in', { name: 'in', rules: 'in', settleMs: 50 }),
  watchOf('/beside', { name: 'beside', rules: 'beside', settleMs: 50 }),
];

/** All files that there can be: two of each watch, which belong together. */
export const paths = ['/in/p.q.txt', '/in/p.q.json', '/beside/b.txt', '/beside/b.json'] as const;
export type Path = (typeof paths)[number];

/** Rules by their version: which group they make of the two files, and whether they want it. */
export const variants = {
  'by stem': { key: 'p.q', isWanted: true },
  'by stem, none': { key: 'p.q', isWanted: false },
  'by longer extensions': { key: 'p', isWanted: true },
  'by longer extensions, none': { key: 'p', isWanted: false },
  'by plugin f': { key: 'f', isWanted: true },
  'by plugin f, in other words': { key: 'f', isWanted: true },
  'by plugin f, none': { key: 'f', isWanted: false },
  'by plugin g': { key: 'g', isWanted: true },
  'by plugin as by stem': { key: 'p.q', isWanted: true },
} as const;
export type Variant = keyof typeof variants;

/** What is asked of others: each answer comes when the schedule says so. */
export const asked = ['transfer', 'inspect', 'commit', 'known', 'groups', 'states', 'stat', 'plugin', 'root'] as const;
export type Asked = (typeof asked)[number];

export function rulesOf(variant: Variant): Rules {
  const { key, isWanted } = variants[variant];
  const byPlugin = variant.startsWith('by plugin');
  const besides: RuleSet = {
    name: 'beside',
    archive: 'archive',
    integrity: [],
    completeness: {
      groupBy: 'stem',
      groupFunction: null,
      expectedExtensions: ['.txt', '.json'],
      primaryExtension: null,
      timeoutMs: 30 * 86_400_000,
      onTimeout: 'warn',
      acrossDirectories: false,
    },
    extract: null,
    selection: [],
    routing: [],
  };
  const grouping = byPlugin ? ({ groupBy: 'plugin', groupFunction: key } as const) : {};
  const expected = key === 'p' ? { expectedExtensions: ['.q.txt', '.q.json'] } : {};
  const unwanted = [{ hasKeys: ['never'], lacksKeys: [], fields: [], plugin: null }];
  const completeness = besides.completeness === null ? null : { ...besides.completeness, ...grouping, ...expected };
  const exchanged = { ...besides, name: 'in', completeness, selection: isWanted ? [] : unwanted };
  return { version: variant, sets: { in: exchanged, beside: besides } };
}

/** What is there, whichever run of the service is at it. */
export interface Site {
  readonly clock: FakeClock;
  readonly log: ReturnType<typeof collectLog>;
  readonly rules: CurrentRules;
  readonly groups: MemoryGroups;
  /** Files in delivery. */
  readonly there: ReadonlyMap<string, Stats>;
  /** What was archived last of each. */
  readonly copies: Map<string, FileIdentity>;
  /** Groups that may be in memory at once. */
  readonly places: number;
  /** Watches that config.toml has. */
  readonly watches: readonly WatchConfig[];
  /** Whether this file cannot be put into the archive now. */
  fails(path: string): boolean;
  /** Commits, and says what of it. */
  commit(writes: readonly GroupWrite[]): ReturnType<MemoryGroups['commit']>;
  answer<Answer>(life: Life, what: Asked, work: () => Answer): Promise<Answer>;
}

/** One run of the service from its start to its end: its parts as they are, between invented files and a database in memory. */
export class Life {
  readonly #site: Site;
  readonly #registry: GroupRegistry;
  readonly #keys: GroupKeys;
  readonly #intake: Intake;
  readonly #settler: Settler;
  readonly #scheduler: Scheduler;
  readonly #strays: Strays;
  readonly #resumption: Resumption;
  readonly #work: Work;
  #misplaced = new Map<WatchConfig, Set<string>>();
  #exchanging: Promise<unknown> = Promise.resolve();
  isOver = false;

  constructor(site: Site) {
    this.#site = site;
    const around = this.#around();
    const { clock } = site;
    this.#registry = new GroupRegistry(around, {
      unsettle: (watch, path) => {
        this.#intake.doubt(path);
        this.#settler.touch(watch, path);
      },
      onEnter: (entered) => this.#resumption.note(entered),
      onDeadline: (dueAt) => this.#scheduler.note(dueAt),
      onDefect: () => undefined,
      onStray: (stray) => this.#strays.note(stray),
    });
    this.#keys = new GroupKeys(around);
    this.#intake = new Intake(around, this.#keys, this.#registry, {
      onFile: () => undefined,
      unsettle: (watch, path) => this.#settler.touch(watch, path),
    });
    this.#settler = new Settler({
      clock,
      onSettled: (files) => this.#intake.settled(files),
      onGone: (files) => this.#intake.gone(files),
      stat: (path) => this.#answer('stat', () => site.there.get(path) ?? throwing(errorOf('ENOENT'))),
    });
    this.#scheduler = new Scheduler(around, this.#registry);
    this.#strays = new Strays(around, (stray) => around.background.track(this.#takeUp(stray)));
    const reconciler = {
      all: () => this.#read(),
      takeMisplaced: () => {
        const taken = this.#misplaced;
        this.#misplaced = new Map();
        return taken;
      },
      failed: () => undefined,
    };
    const taking = { intake: this.#intake, keys: this.#keys, settler: this.#settler, reconciler };
    // Only what these parts use of them.
    const deliveries = taking as unknown as Deliveries;
    Object.defineProperty(deliveries, 'depth', { get: () => this.#settler.depth + this.#intake.depth });
    this.#resumption = new Resumption(around, this.#registry, deliveries);
    const parts = { deliveries, registry: this.#registry, scheduler: this.#scheduler };
    this.#work = new Work(around, { ...parts, resumption: this.#resumption });
  }

  /** Takes up what is stored, and looks at what is there. */
  async start(): Promise<void> {
    await this.#resumption.interrupted();
    this.#scheduler.start();
    await this.reconcile();
  }

  /** Compares delivery and database. Where that fails, it is tried again a minute later. */
  async reconcile(): Promise<void> {
    try {
      await this.#work.reconcile(everything);
    } catch {
      this.#site.clock.after(60_000, () => void (this.isOver ? undefined : this.reconcile()));
    }
  }

  /** Resolves when everything is done that is pending, as `--once` does. */
  finish(): Promise<void> {
    return this.#work.finish();
  }

  /** Puts other rules in force, one after the other. */
  exchange(variant: Variant): void {
    const { rules } = this.#site;
    this.#exchanging = this.#exchanging.then(() => {
      if (this.isOver) return;
      rules.replace(rulesOf(variant));
      return this.#resumption.rejudge();
    });
  }

  /** Something has happened to a file. */
  touch(path: string): void {
    for (const watch of this.#site.watches) if (path.startsWith(`${watch.path}/`)) this.#settler.touch(watch, path);
  }

  /** What runs may finish. */
  async drain(): Promise<void> {
    this.#close();
    this.#registry.closeInbox();
    await this.#registry.whenIdle();
    await this.#registry.writer.whenIdle();
  }

  end(): void {
    this.isOver = true;
    this.#close();
    this.#registry.close();
    this.#registry.writer.close();
  }

  /** What is under way. */
  get open(): Readonly<Record<string, number>> {
    const { active, queued, writer } = this.#registry;
    return { active, queued, unwritten: writer.depth, arriving: this.#intake.depth, settling: this.#settler.depth };
  }

  #close(): void {
    this.#scheduler.stop();
    this.#strays.close();
    this.#settler.close();
    this.#intake.close();
  }

  async #takeUp(stray: Stray): Promise<void> {
    const isTakenUp = await this.#resumption.takeUp(stray);
    this.#scheduler.forget(stableKey(stray.watch.name, stray.groupKey));
    if (!isTakenUp) this.#strays.note(stray);
  }

  /** What a reading of all watches comes to. */
  async #read(): Promise<readonly ReconcileReport[]> {
    const { groups, there } = this.#site;
    const known = await this.#answer('known', () => groups.knownFiles(paths.map((path) => stableKey(path))));
    for (const path of paths) {
      const watch = this.#site.watches.find((one) => path.startsWith(`${one.path}/`));
      const found = there.get(path);
      const file = known.get(stableKey(path));
      if (watch === undefined) continue;
      if (found === undefined) {
        if (file?.inDelivery === true) this.#intake.gone([{ watch, path }]);
      } else if (this.#intake.newsOf(watch, path, identityOf(found), file) !== 'none') {
        this.#settler.touch(watch, path);
      } else if (file !== undefined && file.status !== 'archived') {
        if (file.status === 'not_selected' || !this.#keys.isElsewhere(watch, path, file.groupKey)) continue;
        this.#misplaced.set(watch, (this.#misplaced.get(watch) ?? new Set()).add(file.groupKey));
      }
    }
    return [];
  }

  #answer<Answer>(what: Asked, work: () => Answer): Promise<Answer> {
    return this.#site.answer(this, what, work);
  }

  #around(): Surroundings {
    const { clock, log, rules, groups, places, watches } = this.#site;
    const archive = { ...archiveDefaults, name: 'archive', basePath: '/there/is/no/archive', destination: '.' };
    const retries = { maxRetries: 3, retryDelayMs: 1000, retryBackoff: 'fixed' };
    const service = { ...retries, maxActiveGroups: places, pollIntervalMs: 600_000 };
    const config = { watches, archives: [archive], service } as unknown as Config;
    const root = { device: 1, inode: 1 };
    const ask =
      <Asking extends unknown[], Answer>(what: Asked, work: (...asking: Asking) => Answer) =>
      (...asking: Asking) =>
        this.#answer(what, () => work(...asking));
    const around = {
      project: { config, plugin: { fileModel: { columns: {} } } },
      rules,
      ownership: new Ownership(config),
      groups: {
        commit: ask('commit', (writes: readonly GroupWrite[]) => this.#site.commit(writes)),
        knownFiles: ask('known', (hashes: readonly string[]) => groups.knownFiles(hashes)),
        groupsByKey: ask('groups', (hashes: readonly string[]) => groups.groupsByKey(hashes)),
        groupsInStates: ask('states', groups.groupsInStates.bind(groups)),
        dueGroups: ask('states', groups.dueGroups.bind(groups)),
        groupsDueBehind: () => Promise.resolve([]),
        nextDeadline: ask('states', groups.nextDeadline.bind(groups)),
        watchRoot: ask('root', (watchName: string) => ({ watchName, path: `/${watchName}`, ...root })),
        openDirectories: () => Promise.resolve([]),
        recordDirectories: () => Promise.resolve(),
        someArchived: () => Promise.resolve([]),
      },
      roots: { lookAnew: () => Promise.resolve(root) },
      silentArchives: { during: (_archives: unknown, _group: unknown, work: () => Promise<unknown>) => work() },
      plugins: { call: ask('plugin', ({ name }: { readonly name: string }) => name) },
      files: {
        inspect: ask('inspect', ({ files }: InspectRequest) =>
          files.map((file) => ({ verdict: this.#look(file) ?? 'passed', unchanged: false })),
        ),
        transfer: ask('transfer', ({ files }: TransferRequest) => this.#transfer(files)),
      },
      clock,
      log,
      background: new Background(),
      instance: 'run',
      dryRun: false,
    };
    // Only what these parts use of them.
    return around as unknown as Surroundings;
  }

  #look({ path, identity }: { readonly path: string; readonly identity: FileIdentity }): 'gone' | 'changed' | null {
    const found = this.#site.there.get(path);
    if (found === undefined) return 'gone';
    return isSameIdentity(identityOf(found), identity) ? null : 'changed';
  }

  /** All files of a group that can be put there, or none. */
  #transfer(files: TransferRequest['files']) {
    const looks = files.map((file) => this.#look(file));
    if (looks.some((look) => look !== null)) return looks.map((look) => ({ outcome: look ?? 'changed' }));
    return files.map(({ path, identity }) => {
      if (this.#site.fails(path)) {
        const error = new CarbonationError('TRANSFER_FAILED', `no room for ${path}`).toPlain();
        return { outcome: 'failed', error };
      }
      this.#site.copies.set(path, identity);
      const sha256 = String(identity.ctimeMs);
      const copy = { path: `/there/is/no/archive${path}`, sha256, sizeBytes: identity.sizeBytes };
      return { outcome: 'archived', ...copy, identity };
    });
  }
}

function throwing(error: Error): never {
  throw error;
}
