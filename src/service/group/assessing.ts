import { dirname, join, relative } from 'node:path';
import { byPath } from '../../../machines/by-path.ts';
import type { Assessment, Component, ComponentAssessment, GroupSubject } from '../../../machines/file-group/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import { shortened, stableKey } from '../../core/index.ts';
import type { RuleSet } from '../../rules/index.ts';
import type { InspectedFile, InspectRequest } from '../../workers/index.ts';
import type { ArchiveRoots } from './archive-roots.ts';
import { assessment, awayFile, completeness, missingFiles, passUnreadable, refusalOf } from './effect-results.ts';
import type { EffectHooks } from './effects.ts';
import { GroupKeys } from './keys.ts';
import { movedChecksums } from './moved-checksums.ts';
import { policyOf } from './origins.ts';
import { isLoose } from './rejudging.ts';
import type { Surroundings } from '../types.ts';
import { isRootAway } from './watch-root.ts';

/** Assesses groups: whether their files are as they settled and pass their checks, and whether they are all. */
export class Assessor {
  readonly #around: Surroundings;
  readonly #unsettle: EffectHooks['unsettle'];
  readonly #keys: GroupKeys;
  readonly #roots: ArchiveRoots;

  constructor(around: Surroundings, unsettle: EffectHooks['unsettle'], roots: ArchiveRoots) {
    this.#around = around;
    this.#unsettle = unsettle;
    this.#keys = new GroupKeys(around);
    this.#roots = roots;
  }

  async assess(subject: GroupSubject, signal: AbortSignal): Promise<Assessment> {
    const watch = this.#around.ownership.watchNamed(subject.watchName);
    const ruleSet = this.#around.rules.of(watch);
    // Before anything is waited for: the rules can be exchanged meanwhile.
    const rulesVersion = this.#around.rules.version;
    const others = subject.components.filter((one) => this.#keys.isElsewhere(watch, one.path, subject.groupKey));
    const inspected = await this.#inspect(subject, watch, ruleSet, signal);
    const isAway = inspected.some(({ verdict }) => verdict === 'gone') && (await isRootAway(this.#around, watch));
    // What belongs to another watch by now leaves; a group that has been archived in part is finished where it was begun.
    const isBegun = subject.components.some(({ isCurrent }) => isCurrent);
    const components = byPath<ComponentAssessment>([]);
    for (const [i, component] of subject.components.entries()) {
      const seen = inspected[i] ?? { verdict: 'changed' };
      const isAnothers = !isBegun && !this.#around.ownership.isFor(watch, component.path);
      const present = isAway && seen.verdict === 'gone' ? awayFile : await this.#withAbsent(component, seen);
      const found: InspectedFile = isAnothers ? { verdict: 'gone' } : present;
      if (found.verdict === 'changed' || found.verdict === 'gone') this.#unsettle(watch, component.path);
      components[component.path] = assessment(component, found);
    }
    await this.#runPluginChecks(ruleSet, components, signal);
    passUnreadable(subject, inspected, components);
    const isAlone = await this.isAlone(subject, ruleSet, subject.groupKey);
    return {
      at: this.#around.clock.now(),
      rulesVersion,
      policy: policyOf(this.#around, watch),
      components,
      ...completeness(subject, ruleSet.completeness, components, isAlone),
      groupedByPlugin: ruleSet.completeness?.groupBy === 'plugin',
      others: othersAmong(others),
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
  async isAlone(subject: GroupSubject, { completeness }: RuleSet, name: string): Promise<boolean> {
    if (completeness === null || subject.components.every((component) => component.name !== name)) return false;
    return await this.#keys.isAlone(
      completeness,
      join(this.#around.ownership.watchNamed(subject.watchName).path, name),
    );
  }

  /** A manifest waits for the files that it lists, but for those that have been archived already. */
  async #withAbsent({ path }: Pick<Component, 'path'>, found: InspectedFile): Promise<InspectedFile> {
    if (found.verdict !== 'passed' || found.absent === undefined) return found;
    const hashes = found.absent.map((listed) => stableKey(listed));
    const known = await this.#around.groups.knownFiles(hashes);
    const missing = found.absent.filter((_, i) => known.get(hashes[i] ?? '')?.status !== 'archived');
    return missing.length > 0
      ? missingFiles(missing.map((listed) => relative(dirname(path), listed)))
      : { ...found, absent: [] };
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
}

/** What an assessment says of files that belong to another group. */
function othersAmong(files: readonly Component[]): Assessment['others'] {
  if (files.some((one) => isLoose(one, true))) return 'some';
  return files.some((one) => isLoose(one, false)) ? 'archived' : 'none';
}
