import { byPath } from '../../../machines/by-path.ts';
import type {
  Adoption,
  ArchivedCopy,
  Assessment,
  ComponentTransfer,
  DecisionInput,
  Effects,
  Extraction,
  GroupSubject,
  SourceRemoval,
  Transfer,
  TransferInput,
  Verdicts,
} from '../../../machines/file-group/index.ts';
import type { ArchiveConfig, ConflictPolicy, WatchConfig } from '../../config/types.ts';
import { isBelow, Latest, reviveMetadata } from '../../core/index.ts';
import { CarbonationError, toCarbonationError } from '../../errors/index.ts';
import { decide, fileNameOf } from '../../rules/index.ts';
import { adoptedCompleteness } from './adoption.ts';
import { ArchiveRoots } from './archive-roots.ts';
import { Assessor } from './assessing.ts';
import {
  asFailure,
  assertWanted,
  isArchiveAway,
  isUnfinished,
  planned,
  transferred,
  verdictsOf,
} from './effect-results.ts';
import type { OpenDirectories } from './open-directories.ts';
import { liveKey, policyOf } from './origins.ts';
import type { Surroundings } from '../types.ts';
import { isRootAway } from './watch-root.ts';

/** What the effects ask of their surroundings besides the pools. */
export interface EffectHooks {
  /** Resolves when everything the group has been through so far is committed. */
  readonly whenRecorded: (watchName: string, groupKey: string) => Promise<void>;
  readonly openDirectories: Pick<OpenDirectories, 'use' | 'leave'>;
  /** A file is not as it settled, or not there: it must settle again, or be noticed when it is back. */
  readonly unsettle: (watch: WatchConfig, path: string) => void;
}

/** The effects that the chart of a file group names: the table of what each name means. */
export function provideEffects(surroundings: Surroundings, hooks: EffectHooks): Effects {
  const effects = new GroupEffects(surroundings, hooks);
  const provided =
    <Input, Output>(run: (input: Input, signal: AbortSignal) => Promise<Output>) =>
    async (input: Input, signal: AbortSignal): Promise<Output> => {
      try {
        return await run(input, signal);
      } catch (error) {
        // Effects fail with plain failures: the chart decides by their fields, and they are recorded.
        // oxlint-disable-next-line no-throw-literal, only-throw-error
        throw asFailure(toCarbonationError(error).toPlain(), surroundings.clock.now());
      }
    };
  return {
    assessComponents: provided((input: GroupSubject, signal) => effects.assess(input, signal)),
    extractMetadata: provided((input: GroupSubject, signal) => effects.extract(input, signal)),
    decide: provided((input: DecisionInput, signal) => effects.decide(input, signal)),
    transferComponents: provided((input: TransferInput, signal) => effects.transfer(input, signal)),
    removeSources: provided((input: GroupSubject, signal) => effects.removeSources(input, signal)),
    adoptComponents: provided((input: GroupSubject, signal) => effects.adopt(input, signal)),
  };
}

/** A copy that has been read back longer ago than this, in ms, is looked for before its source is removed: a removal may be late. */
const freshMs = 60_000;

/** Groups whose transfers have failed that are kept in mind at most, about 3 MB. */
const mostUnclean = 10_000;

/** The effects of the file-group chart, on threads. Each may run again after a restart: none does harm twice. */
class GroupEffects {
  readonly #around: Surroundings;
  readonly #hooks: EffectHooks;
  readonly #assessor: Assessor;
  readonly #archives: ReadonlyMap<string, ArchiveConfig>;
  readonly #roots: ArchiveRoots;
  /** Transfers that this run has begun. */
  #transfers = 0;
  /** Where failed transfers of the latest groups may have left temporary names; the next start sweeps what others and former runs left. */
  readonly #unclean = new Latest<string, string>(mostUnclean);

  constructor(surroundings: Surroundings, hooks: EffectHooks) {
    this.#around = surroundings;
    this.#hooks = hooks;
    this.#roots = new ArchiveRoots(surroundings);
    this.#assessor = new Assessor(surroundings, hooks.unsettle, this.#roots);
    this.#archives = new Map(surroundings.project.config.archives.map((archive) => [archive.name, archive]));
  }

  assess(subject: GroupSubject, signal: AbortSignal): Promise<Assessment> {
    return this.#atCopies(subject, () => this.#assessor.assess(subject, signal));
  }

  async extract(subject: GroupSubject, signal: AbortSignal): Promise<Extraction> {
    const watch = this.#around.ownership.watchNamed(subject.watchName);
    const name = this.#around.rules.of(watch).extract;
    if (name === null) return { at: this.#around.clock.now(), metadata: {} };
    const files = subject.components.map(({ path }) => path);
    const request = { name, files, watchName: watch.name, fileType: watch.type, groupKey: subject.groupKey };
    const metadata = await this.#around.plugins.extract(request, signal);
    return { at: this.#around.clock.now(), metadata };
  }

  async decide(input: DecisionInput, signal: AbortSignal): Promise<Verdicts> {
    const watch = this.#around.ownership.watchNamed(input.watchName);
    const { plugins, project, rules, clock, log } = this.#around;
    const call =
      (kind: 'select' | 'route') =>
      (name: string, { metadata: _revived, ...kwargs }: { metadata: unknown }) =>
        plugins.call({ kind, name, filePath: null, metadata: input.metadata, kwargs }, signal);
    const ruleSet = rules.of(watch);
    const decision = await decide({
      ruleSet,
      rulesVersion: rules.version,
      watch,
      groupKey: input.groupKey,
      fileNames: input.components.map(({ name }) => name),
      metadata: reviveMetadata(input.metadata, project.plugin.fileModel.columns),
      archives: this.#archives,
      call: { select: call('select'), route: call('route') },
    });
    for (const note of decision.notes) log.warning(note, { watch: watch.name, group: input.groupKey });
    return verdictsOf(decision, ruleSet, clock.now());
  }

  async transfer(input: TransferInput, signal: AbortSignal): Promise<Transfer> {
    const watch = this.#around.ownership.watchNamed(input.watchName);
    const archive = this.#archives.get(input.destination.archive);
    if (archive === undefined) {
      // Decided under another configuration: the next try decides anew.
      throw new CarbonationError('TRANSFER_FAILED', `the archive "${input.destination.archive}" is not in config.toml`);
    }
    const group = liveKey(input.watchName, input.groupKey);
    const { directory } = input.destination;
    const transfer = async (inodeCounts: boolean) => {
      const expected = await this.#roots.expected(archive.basePath);
      const root = inodeCounts || expected === null ? expected : { ...expected, inode: null };
      assertWanted(input, signal);
      this.#transfers += 1;
      const request = {
        ...archive,
        // One name a transfer: two of the same source, an old and a new one, never write into the same file.
        owner: `${this.#around.instance}.${this.#transfers}`,
        directory,
        root,
        followSymlinks: watch.followSymlinks,
        sweeps: this.#unclean.get(group) ?? null,
        kept: input.kept,
        files: input.components.map(({ path, name, identity }) => ({ path, name, identity })),
      };
      return this.#around.files.transfer(request, `${watch.name}\0${archive.name}`);
    };
    // Where is on record before the first byte: after a crash what was left unfinished is looked for there.
    const run = (inodeCounts: boolean) =>
      this.#hooks.openDirectories
        .use(directory, async () => {
          const found = await transfer(inodeCounts);
          if (found.some((one) => isUnfinished(one, inodeCounts))) this.#hooks.openDirectories.leave(directory);
          return found;
        })
        .catch((error: unknown) => {
          // A thread that has died has removed nothing.
          this.#unclean.set(group, directory);
          throw error;
        });
    const runTwice = async () => {
      const found = await run(true);
      if (!found.some(isArchiveAway)) return found;
      this.#roots.forget(archive.basePath);
      // It is looked for anew, by its files too: there are file systems that give out new inodes each time.
      return run(false);
    };
    const results = this.#around.dryRun
      ? planned(input)
      : await this.#around.silentArchives.during([archive.basePath], input, runTwice);
    if (results.some(({ outcome }) => outcome === 'failed')) this.#unclean.set(group, directory);
    else this.#unclean.delete(group);
    const isAway = await this.#isAway(watch, results);
    const at = this.#around.clock.now();
    const components = byPath<ComponentTransfer>([]);
    for (const [i, { path }] of input.components.entries()) {
      const result = results[i] ?? { outcome: 'changed' };
      if (result.outcome === 'changed' || (result.outcome === 'gone' && !isAway)) this.#hooks.unsettle(watch, path);
      // What has become of it is for the next assessment to say.
      components[path] = isAway && result.outcome === 'gone' ? { outcome: 'changed' } : transferred(result, at);
    }
    return { at, components, removesSources: archive.action === 'move' && !this.#around.dryRun };
  }

  async adopt(subject: GroupSubject, signal: AbortSignal): Promise<Adoption> {
    const watch = this.#around.ownership.watchNamed(subject.watchName);
    const ruleSet = this.#around.rules.of(watch);
    const isAlone = await this.#assessor.isAlone(subject, ruleSet, fileNameOf(subject.groupKey));
    const { complete, missing } = adoptedCompleteness(subject, ruleSet.completeness, isAlone);
    const metadata = complete ? (await this.extract(subject, signal)).metadata : null;
    const rulesVersion = this.#around.rules.version;
    const policy = policyOf(this.#around, watch);
    return { at: this.#around.clock.now(), rulesVersion, policy, complete, missing, metadata };
  }

  async removeSources(subject: GroupSubject, signal: AbortSignal): Promise<SourceRemoval> {
    // Never before the archive's copies are on record.
    await this.#hooks.whenRecorded(subject.watchName, subject.groupKey);
    assertWanted(subject, signal);
    const watch = this.#around.ownership.watchNamed(subject.watchName);
    const now = this.#around.clock.now();
    const components = subject.components.filter(({ archived }) => this.#movePolicies(archived).length > 0);
    const request = {
      files: components.map(({ path, name, identity, archived }) => ({
        path,
        name,
        identity,
        copy: this.#mayBeGone(archived, now) ? archived : null,
      })),
      followSymlinks: watch.followSymlinks,
    };
    const results = await this.#atCopies(subject, () => this.#around.files.remove(request, watch.name));
    if (await this.#isAway(watch, results))
      throw new CarbonationError('WATCH_UNREADABLE', `${watch.path} is away: sources may have been left in it`);
    const removed: string[] = [];
    for (const [i, { path }] of components.entries()) {
      const result = results[i] ?? { outcome: 'kept' };
      if (result.outcome === 'failed') throw CarbonationError.fromPlain(result.error);
      if (result.outcome !== 'removed') this.#hooks.unsettle(watch, path);
      if (result.outcome !== 'kept') removed.push(path);
    }
    return { at: this.#around.clock.now(), removed };
  }

  /** As the work on a group whose copies may be looked at. */
  #atCopies<Result>(subject: GroupSubject, work: () => Promise<Result>): Promise<Result> {
    const archives = subject.components.flatMap(({ archived }) => this.#roots.basePathOf(archived) ?? []);
    return this.#around.silentArchives.during(archives, subject, work);
  }

  /** Whether files may not have been found because their watch's directory is away. */
  async #isAway(watch: WatchConfig, results: readonly { readonly outcome: string }[]): Promise<boolean> {
    return results.some(({ outcome }) => outcome === 'gone') && (await isRootAway(this.#around, watch));
  }

  /** What the archives of a copy that still move do with taken names: a removal may be late, and the configuration another by then. */
  #movePolicies(copy: ArchivedCopy | null): readonly ConflictPolicy[] {
    return [...this.#archives.values()]
      .filter(({ action, basePath }) => copy !== null && action === 'move' && isBelow(basePath, copy.path))
      .map(({ onConflict }) => onConflict);
  }

  /** Where names are replaced, another group may have taken that of a copy by the next moment. */
  #mayBeGone(copy: ArchivedCopy | null, now: number): boolean {
    // One that is to come was made by a clock that was ahead, whenever that was.
    return copy !== null && (Math.abs(now - copy.at) >= freshMs || this.#movePolicies(copy).includes('replace'));
  }
}
