import { join } from 'node:path';
import { byPath } from '../../machines/by-path.ts';
import type {
  Adoption,
  ArchivedCopy,
  Assessment,
  ComponentAssessment,
  ComponentTransfer,
  DecisionInput,
  Effects,
  Extraction,
  GroupPolicy,
  GroupSubject,
  SourceRemoval,
  Transfer,
  TransferInput,
  Verdicts,
} from '../../machines/file-group/index.ts';
import type { ArchiveConfig, ConflictPolicy, WatchConfig } from '../config/types.ts';
import { isBelow, Latest, reviveMetadata, shortened, stableKey } from '../core/index.ts';
import { CarbonationError, toCarbonationError } from '../errors/index.ts';
import { decide, fileNameOf, type RuleSet } from '../rules/index.ts';
import type { InspectedFile, InspectRequest } from '../workers/index.ts';
import { adoptedCompleteness } from './adoption.ts';
import {
  asFailure,
  assertWanted,
  assessment,
  awayFile,
  completeness,
  isArchiveAway,
  isUnfinished,
  missingFiles,
  planned,
  refusalOf,
  transferred,
  verdictsOf,
} from './effect-results.ts';
import { ArchiveRoots } from './archive-roots.ts';
import { GroupKeys } from './group-keys.ts';
import type { OpenDirectories } from './open-directories.ts';
import { movedChecksums } from './moved-checksums.ts';
import { liveKey } from './origins.ts';
import type { Surroundings } from './types.ts';
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

/** The retry and re-delivery policy of a watch's groups. */
export function policyOf(surroundings: Surroundings, watch: WatchConfig): GroupPolicy {
  const { maxRetries, retryDelayMs, retryBackoff, retryMaxDelayMs } = surroundings.project.config.service;
  return { maxRetries, retryDelayMs, retryBackoff, retryMaxDelayMs, onRedelivery: watch.onRedelivery };
}

/** A copy that has been read back longer ago than this, in ms, is looked for before its source is removed: a removal may be late. */
const freshMs = 60_000;

/** Groups whose transfers have failed that are kept in mind at most, about 3 MB. */
const mostUnclean = 10_000;

/** The effects of the file-group chart, on threads. Each may run again after a restart: none does harm twice. */
class GroupEffects {
  readonly #around: Surroundings;
  readonly #hooks: EffectHooks;
  readonly #keys: GroupKeys;
  readonly #archives: ReadonlyMap<string, ArchiveConfig>;
  readonly #roots: ArchiveRoots;
  /** Transfers that this run has begun. */
  #transfers = 0;
  /** Where failed transfers of the latest groups may have left temporary names; the next start sweeps what others and former runs left. */
  readonly #unclean = new Latest<string, string>(mostUnclean);

  constructor(surroundings: Surroundings, hooks: EffectHooks) {
    this.#around = surroundings;
    this.#hooks = hooks;
    this.#keys = new GroupKeys(surroundings);
    this.#roots = new ArchiveRoots(surroundings);
    this.#archives = new Map(surroundings.project.config.archives.map((archive) => [archive.name, archive]));
  }

  async assess(subject: GroupSubject, signal: AbortSignal): Promise<Assessment> {
    const watch = this.#watch(subject);
    const ruleSet = this.#around.rules.of(watch);
    // Before anything is waited for: the rules can be exchanged meanwhile.
    const rulesVersion = this.#around.rules.version;
    const inspected = await this.#inspect(subject, watch, ruleSet, signal);
    const isAway = inspected.some(({ verdict }) => verdict === 'gone') && (await isRootAway(this.#around, watch));
    // What belongs to another watch by now leaves; a group that has been archived in part is finished where it was begun.
    const isBegun = subject.components.some(({ isCurrent }) => isCurrent);
    const components = byPath<ComponentAssessment>([]);
    for (const [i, component] of subject.components.entries()) {
      const seen = inspected[i] ?? { verdict: 'changed' };
      const isAnothers = !isBegun && !this.#around.ownership.isFor(watch, component.path);
      const present = isAway && seen.verdict === 'gone' ? awayFile : await this.#withAbsent(seen);
      const found: InspectedFile = isAnothers ? { verdict: 'gone' } : present;
      if (found.verdict === 'changed' || found.verdict === 'gone') this.#hooks.unsettle(watch, component.path);
      components[component.path] = assessment(component, found);
    }
    await this.#runPluginChecks(ruleSet, components, signal);
    const isAlone = await this.#isAlone(subject, ruleSet, subject.groupKey);
    return {
      at: this.#around.clock.now(),
      rulesVersion,
      policy: policyOf(this.#around, watch),
      components,
      ...completeness(subject, ruleSet.completeness, components, isAlone),
      groupedByPlugin: ruleSet.completeness?.groupBy === 'plugin',
      extracts: ruleSet.extract !== null,
    };
  }

  async #inspect(
    { components }: GroupSubject,
    watch: WatchConfig,
    ruleSet: RuleSet,
    signal: AbortSignal,
  ): Promise<readonly InspectedFile[]> {
    const files = await Promise.all(
      components.map(async ({ path, name, identity, archived, verdict }) => {
        const copied = verdict === 'passed' ? null : archived;
        const copy = copied === null ? null : await this.#roots.placeOf(copied);
        return { path, name, identity, archivedSha256: copied?.sha256 ?? null, ...(copy !== null && { copy }) };
      }),
    );
    const how = { checks: ruleSet.integrity, followSymlinks: watch.followSymlinks };
    const inspect = (asked: InspectRequest['files']) =>
      this.#around.files.inspect({ files: asked, ...how }, watch.name, signal);
    const inspected = await inspect(files);
    return Promise.all(
      files.map(async (file, i) => {
        const seen = inspected[i] ?? { verdict: 'changed' };
        if (seen.verdict !== 'waiting') return seen;
        const moved = await movedChecksums(this.#around.groups, file);
        if (Object.keys(moved).length === 0) return seen;
        const [again = seen] = await inspect([{ ...file, moved }]);
        return again;
      }),
    );
  }

  /** Whether a group is this one file because the plugin groups it with no other. */
  async #isAlone(subject: GroupSubject, { completeness }: RuleSet, name: string): Promise<boolean> {
    if (completeness === null || subject.components.every((component) => component.name !== name)) return false;
    return await this.#keys.isAlone(completeness, join(this.#watch(subject).path, name));
  }

  /** A manifest waits for the files that it lists, but for those that have been archived already. */
  async #withAbsent(found: InspectedFile): Promise<InspectedFile> {
    if (found.verdict !== 'passed' || found.absent === undefined) return found;
    const hashes = found.absent.map((path) => stableKey(path));
    const known = await this.#around.groups.knownFiles(hashes);
    const missing = found.absent.filter((_, i) => known.get(hashes[i] ?? '')?.status !== 'archived');
    return missing.length > 0 ? missingFiles(missing) : { ...found, absent: [] };
  }

  async #runPluginChecks(ruleSet: RuleSet, components: Record<string, ComponentAssessment>, signal: AbortSignal) {
    const checks = ruleSet.integrity.filter((check) => check.type === 'plugin');
    if (checks.length === 0) return;
    await Promise.all(
      Object.entries(components).map(async ([path, found]) => {
        if (found.verdict !== 'passed') return;
        const answers = await Promise.all(
          checks.map(({ function: name, kwargs }) =>
            this.#around.plugins
              .call({ kind: 'integrity', name, filePath: path, metadata: null, kwargs }, signal)
              .catch(refusalOf),
          ),
        );
        const refused = answers.findIndex((answer) => answer !== true);
        if (refused < 0) return;
        const said = answers[refused];
        const isReason = typeof said === 'string' && said.trim() !== '';
        const reason = isReason ? said : `refused by ${checks[refused]?.function ?? 'the plugin'}`;
        components[path] = { ...found, verdict: 'failed', reason: shortened(reason) };
      }),
    );
  }

  async extract(subject: GroupSubject, signal: AbortSignal): Promise<Extraction> {
    const watch = this.#watch(subject);
    const name = this.#around.rules.of(watch).extract;
    if (name === null) return { at: this.#around.clock.now(), metadata: {} };
    const files = subject.components.map(({ path }) => path);
    const request = { name, files, watchName: watch.name, fileType: watch.type, groupKey: subject.groupKey };
    const metadata = await this.#around.plugins.extract(request, signal);
    return { at: this.#around.clock.now(), metadata };
  }

  async decide(input: DecisionInput, signal: AbortSignal): Promise<Verdicts> {
    const watch = this.#watch(input);
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
    const watch = this.#watch(input);
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
      const request = {
        ...archive,
        // One name a transfer: two of the same source, an old and a new one, never write into the same file.
        owner: `${this.#around.instance}.${this.#nextTransfer()}`,
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
    let results = this.#around.dryRun ? planned(input) : await run(true);
    if (results.some(isArchiveAway)) {
      this.#roots.forget(archive.basePath);
      // It is looked for anew, by its files too: there are file systems that give out new inodes each time.
      results = await run(false);
    }
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
    const watch = this.#watch(subject);
    const ruleSet = this.#around.rules.of(watch);
    const isAlone = await this.#isAlone(subject, ruleSet, fileNameOf(subject.groupKey));
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
    const watch = this.#watch(subject);
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
    const results = await this.#around.files.remove(request, watch.name);
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
    return copy !== null && (now - copy.at >= freshMs || this.#movePolicies(copy).includes('replace'));
  }

  /** Tells this transfer from all others of the run. */
  #nextTransfer(): number {
    this.#transfers += 1;
    return this.#transfers;
  }

  #watch(subject: GroupSubject): WatchConfig {
    const found = this.#around.ownership.watchOf(subject.watchName);
    if (found !== null) return found;
    throw new CarbonationError('CONFIG_INVALID', `the watch "${subject.watchName}" is not in config.toml`);
  }
}
