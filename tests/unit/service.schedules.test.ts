import type { Stats } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Config, WatchConfig } from '../../src/config/types.ts';
import { Background, identityOf, isSameIdentity, stableKey, type FileIdentity } from '../../src/core/index.ts';
import { DryGroups } from '../../src/service/group/dry-groups.ts';
import { GroupKeys } from '../../src/service/group/keys.ts';
import { Intake } from '../../src/service/delivery/intake.ts';
import { Ownership } from '../../src/service/delivery/ownership.ts';
import { GroupRegistry } from '../../src/service/group/registry.ts';
import type { Surroundings } from '../../src/service/types.ts';
import { Settler } from '../../src/watch/index.ts';
import type { InspectRequest, TransferRequest } from '../../src/workers/index.ts';
import { archiveDefaults } from '../support/archive-defaults.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { collectLog, until } from '../support/project.ts';
import { errorOf, statOf } from '../support/settler.ts';
import { watchOf } from '../support/watch.ts';

// Goal: in whatever order disk, database and threads answer, what is on record in the end is what is there.
// Method: settler, intake, groups and writer as they are; each answer waits until the schedule lets it go on, and those of one kind come
// late, while files of one group come, change, go and come back as they were.

const names = ['a.txt', 'a.json'] as const;
const asked = ['transfer', 'inspect', 'commit', 'known', 'groups', 'stat'] as const;

type Step = { /** How many answers come before it. */ readonly answers: number } & (
  | { readonly do: 'change'; readonly name: (typeof names)[number] }
  /** That it has left is heard of at once, or late, as when its directory has moved. */
  | { readonly do: 'leave or come back'; readonly name: (typeof names)[number]; readonly isHeard: boolean }
  | { readonly do: 'wait'; readonly ms: number }
);

/** Some, or all. */
const answers = fc.oneof(fc.nat(8), fc.constant(60));
const name = fc.constantFrom(...names);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ answers, do: fc.constant('change'), name }),
  fc.record({ answers, do: fc.constant('leave or come back'), name, isHeard: fc.boolean() }),
  fc.record({ answers, do: fc.constant('wait'), ms: fc.constantFrom(5, 100, 3000) }),
);

/** Seconds after which all must be at rest. */
const mostRounds = 200;

interface Setting {
  /** What comes late, from one step until another. */
  readonly late: string;
  readonly from: number;
  readonly until: number;
  /** Groups that may be in memory at once. */
  readonly places: number;
}

/** A watch whose files are invented, and all that stands between it and the database. */
class World {
  readonly clock = new FakeClock();
  readonly log = collectLog();
  readonly #schedule: fc.Scheduler;
  readonly #setting: Setting;
  readonly #held = Promise.withResolvers<void>();
  readonly #watch: WatchConfig = watchOf('/in', { settleMs: 50 });
  readonly #there = new Map<string, Stats>();
  readonly #away = new Map<string, Stats>();
  readonly #copies = new Map<string, FileIdentity>();
  readonly #groups = new DryGroups(null);
  readonly #settler: Settler;
  readonly #intake: Intake;
  readonly #registry: GroupRegistry;
  /** Files that have left, which has not been heard of. */
  readonly #unheard = new Set<string>();
  /** Steps that have begun. */
  #begun = 0;
  #changes = 0;

  constructor(schedule: fc.Scheduler, setting: Setting) {
    this.#schedule = schedule;
    this.#setting = setting;
    const around = this.#around();
    this.#registry = new GroupRegistry(around, {
      unsettle: (watch, path) => {
        this.#intake.doubt(path);
        this.#settler.touch(watch, path);
      },
      onEnter: () => undefined,
      onDeadline: () => undefined,
      onDefect: (_, groupKey, reason) => this.log.error(reason, { groupKey }),
    });
    this.#intake = new Intake(around, new GroupKeys(around), this.#registry, {
      onFile: () => undefined,
      unsettle: (watch, path) => this.#settler.touch(watch, path),
    });
    this.#settler = new Settler({
      clock: this.clock,
      onSettled: (files) => this.#intake.settled(files),
      onGone: (files) => this.#intake.gone(files),
      stat: (path) =>
        this.#answer('stat', () => {
          const found = this.#there.get(path);
          if (found === undefined) throw errorOf('ENOENT');
          return found;
        }),
    });
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const name of names) this.#change(`/in/${name}`);
    for (const [i, one] of steps.entries()) {
      this.#begun = i + 1;
      if (i === this.#setting.until) this.#held.resolve();
      await this.#goOn(one.answers);
      if (one.do === 'wait') await this.clock.advance(one.ms);
      else if (one.do === 'change') this.#change(`/in/${one.name}`);
      else this.#leaveOrComeBack(`/in/${one.name}`, one.isHeard);
    }
    this.#held.resolve();
    for (const path of names.map((one) => `/in/${one}`))
      if (this.#unheard.has(path)) this.#settler.touch(this.#watch, path);
    let round = 0;
    do {
      await this.#goOn(Infinity);
      await this.clock.advance(1000);
      // Where an archive is, is looked at on the real disk.
      await until('something goes on', () => this.#isAtRest || this.#schedule.count() + this.clock.timers > 0);
      round += 1;
    } while (round < mostRounds && !this.#isAtRest);
  }

  /** What is not as it must be now that everything is at rest. */
  async troubles(): Promise<readonly string[]> {
    const known = await this.#groups.knownFiles(names.map((name) => stableKey(`/in/${name}`)));
    const isWhole = names.every((name) => this.#there.has(`/in/${name}`));
    const ofFiles = names.flatMap((name) => {
      const path = `/in/${name}`;
      const there = this.#there.get(path);
      const { inDelivery = false, status = 'unknown' } = known.get(stableKey(path)) ?? {};
      if (inDelivery !== (there !== undefined)) return [`${name} ${status}, in delivery: ${inDelivery}`];
      if (there === undefined || !isWhole) return [];
      const copy = this.#copies.get(path);
      const isCopied = copy !== undefined && isSameIdentity(copy, identityOf(there));
      return status === 'archived' && isCopied ? [] : [`${name} ${status}, copied: ${isCopied}`];
    });
    const ofParts = Object.entries(this.#open).flatMap(([what, count]) => (count === 0 ? [] : [`${what}: ${count}`]));
    return [...ofFiles, ...ofParts, ...this.log.lines.filter((line) => line.startsWith('ERROR'))];
  }

  get #open(): Readonly<Record<string, number>> {
    const { active, queued, writer } = this.#registry;
    const parts = {
      active,
      queued,
      unwritten: writer.depth,
      arriving: this.#intake.depth,
      settling: this.#settler.depth,
    };
    return { ...parts, answers: this.#schedule.count(), timers: this.clock.timers };
  }

  get #isAtRest(): boolean {
    return Object.values(this.#open).every((count) => count === 0);
  }

  #around(): Surroundings {
    const archive = { ...archiveDefaults, name: 'archive', basePath: '/there/is/no/archive', destination: '.' };
    const service = { maxActiveGroups: this.#setting.places, maxRetries: 3, retryDelayMs: 1000, retryBackoff: 'fixed' };
    const config = { watches: [this.#watch], archives: [archive], service } as unknown as Config;
    const completeness = {
      groupBy: 'stem',
      expectedExtensions: ['.txt', '.json'],
      timeoutMs: 3_600_000,
      onTimeout: 'warn',
    };
    const ruleSet = {
      name: 'r',
      archive: 'archive',
      integrity: [],
      completeness,
      extract: null,
      selection: [],
      routing: [],
    };
    const root = { device: 1, inode: 1 };
    const around = {
      project: { config, plugin: { fileModel: { columns: {} } } },
      rules: { version: '1', of: () => ruleSet },
      ownership: new Ownership(config),
      groups: {
        commit: (...asked: Parameters<DryGroups['commit']>) =>
          this.#answer('commit', () => this.#groups.commit(...asked)),
        knownFiles: (hashes: readonly string[]) => this.#answer('known', () => this.#groups.knownFiles(hashes)),
        groupsByKey: (hashes: readonly string[]) => this.#answer('groups', () => this.#groups.groupsByKey(hashes)),
        recordDirectories: () => Promise.resolve(),
        someArchived: () => Promise.resolve([]),
        watchRoot: () => Promise.resolve({ watchName: this.#watch.name, path: this.#watch.path, ...root }),
      },
      roots: { lookAnew: () => Promise.resolve(root) },
      silentArchives: { during: (_archives: unknown, _group: unknown, work: () => Promise<unknown>) => work() },
      files: {
        inspect: (request: InspectRequest) =>
          this.#answer('inspect', () =>
            request.files.map((file) => ({ verdict: this.#look(file) ?? 'passed', unchanged: false })),
          ),
        transfer: (request: TransferRequest) =>
          this.#answer('transfer', () =>
            request.files.map((file) => ({ outcome: this.#look(file) ?? 'archived', ...this.#copy(file) })),
          ),
      },
      clock: this.clock,
      log: this.log,
      background: new Background(),
      dryRun: false,
    };
    // Only what these parts use of them.
    return around as unknown as Surroundings;
  }

  /** Where the schedule decides when something is done, and when its answer comes. */
  async #answer<Answer>(what: (typeof asked)[number], work: () => Answer | Promise<Answer>): Promise<Answer> {
    await this.#turnOf(what);
    const answer = await work();
    await this.#turnOf(`answer of ${what}`);
    return answer;
  }

  async #turnOf(what: string): Promise<void> {
    if (what === this.#setting.late && this.#begun > this.#setting.from) await this.#held.promise;
    await this.#schedule.schedule(Promise.resolve(), what);
  }

  #look({ path, identity }: { readonly path: string; readonly identity: FileIdentity }): 'gone' | 'changed' | null {
    const found = this.#there.get(path);
    if (found === undefined) return 'gone';
    return isSameIdentity(identityOf(found), identity) ? null : 'changed';
  }

  #copy({ path, identity }: { readonly path: string; readonly identity: FileIdentity }) {
    this.#copies.set(path, identity);
    return { path: `/archive${path}`, sha256: String(identity.ctimeMs), sizeBytes: identity.sizeBytes, identity };
  }

  #change(path: string): void {
    this.#changes += 1;
    this.#there.set(path, statOf({ ctimeMs: this.#changes, ino: this.#changes }));
    this.#settler.touch(this.#watch, path);
  }

  #leaveOrComeBack(path: string, isHeard: boolean): void {
    const isLeaving = this.#there.has(path);
    const [from, to] = isLeaving ? [this.#there, this.#away] : [this.#away, this.#there];
    const found = from.get(path);
    if (found !== undefined) to.set(path, found);
    from.delete(path);
    if (isLeaving && !isHeard) this.#unheard.add(path);
    else this.#unheard.delete(path);
    if (isHeard || !isLeaving) this.#settler.touch(this.#watch, path);
  }

  /** Lets so many answers come. */
  async #goOn(answers: number): Promise<void> {
    for (let left = answers; left > 0; left -= 1) {
      // What waits for no answer goes on by itself.
      await this.clock.advance(0);
      if (this.#schedule.count() === 0) return;
      await this.#schedule.waitOne();
    }
  }
}

test('what is on record is what is there, in whatever order disk, database and threads answer', async () => {
  const setting = fc.record({
    late: fc.constantFrom(...asked, ...asked.map((what) => `answer of ${what}`)),
    from: fc.nat(8),
    until: fc.nat(14),
    places: fc.constantFrom(1, 100),
  });
  const steps = fc.array(step, { minLength: 4, maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), setting, steps, async (schedule, how, script) => {
      const world = new World(schedule, how);
      await world.play(script);
      expect(await world.troubles()).toEqual([]);
    }),
    { numRuns: 250 },
  );
});
