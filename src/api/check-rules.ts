import { crossCheck, formatProblem, hasErrors, locateProblems } from '../config/index.ts';
import type { ArchiveConfig, WatchConfig } from '../config/types.ts';
import { reviveMetadata } from '../core/index.ts';
import { CarbonationError, toCarbonationError } from '../errors/index.ts';
import { pluginKeys } from '../plugin/contract.ts';
import { decide, type Decision, type Rules } from '../rules/index.ts';
import { inspectRules } from '../rules/load.ts';
import { judgedGroups, type JudgedGroup } from '../store/read/judged.ts';
import type { Sql } from '../store/database/sql.ts';
import { PluginPool } from '../workers/index.ts';
import type { Project } from './project.ts';

/** What other rules would change of a group. */
export type RuleChange = 'accepted' | 'rejected' | 'rerouted' | 'unroutable' | 'undecided' | 'unchanged';

/** A decision, for people. */
export interface DecisionSummary {
  /** An archive's name, or null: the group goes nowhere. */
  readonly archive: string | null;
  /** The rule that decided, or the reason why none accepts the group. */
  readonly by: string;
}

/** One group under the present and the candidate rules. */
export interface RuleEffect {
  readonly watchName: string;
  readonly groupKey: string;
  readonly change: RuleChange;
  readonly old: DecisionSummary;
  readonly new: DecisionSummary;
}

/** What a candidate rules file would do. */
export interface RulesComparison {
  /** The candidate's version. */
  readonly rulesVersion: string;
  readonly counts: Readonly<Record<RuleChange, number>>;
  /** Groups of watches that config.toml no longer has. */
  readonly skipped: number;
  /** The groups that would change; all of them when that was asked for. */
  readonly groups: readonly RuleEffect[];
  /** What is allowed in the file but suspicious. */
  readonly warnings: readonly string[];
}

/** Threads for the plugin's functions. */
const threads = 2;

/**
 * Reads a candidate rules file, checked like the one in force.
 *
 * @param path Absolute.
 * @throws CarbonationError CONFIG_NOT_FOUND; CONFIG_UNREADABLE; CONFIG_INVALID with every problem in `details`
 */
export async function loadCandidate(
  path: string,
  { config, plugin }: Project,
): Promise<{ readonly rules: Rules; readonly warnings: readonly string[] }> {
  const { rules, problems, further, text } = await inspectRules(path, config.watches).catch((thrown: unknown) => {
    if (!(thrown instanceof CarbonationError) || thrown.code !== 'CONFIG_NOT_FOUND') throw thrown;
    throw new CarbonationError(thrown.code, thrown.message, { remedy: 'name a rules file that exists', cause: thrown });
  });
  const files = { config: config.path, rules: path };
  const together = further((read) => crossCheck(config, read, pluginKeys(plugin), files));
  const all = await locateProblems([...problems, ...together], { [path]: text });
  if (rules !== null && !hasErrors(all)) return { rules, warnings: all.map(formatProblem) };
  throw new CarbonationError('CONFIG_INVALID', `${path} cannot be used`, {
    details: all.filter(({ severity }) => severity === 'error').map(formatProblem),
    remedy: 'correct the file; the rules in force are as they were',
  });
}

/**
 * Decides about every complete and every not selected group again, by candidate rules, and compares that with what was
 * decided. Nothing is changed.
 *
 * @param options.all Also list the groups that would stay as they are.
 */
export async function compareRules(
  sql: Sql,
  project: Project,
  candidate: { readonly rules: Rules; readonly warnings: readonly string[] },
  options: { readonly all: boolean },
): Promise<RulesComparison> {
  const plugins = new PluginPool(threads, project.location, project.config.service.extractTimeoutMs);
  const counts = { accepted: 0, rejected: 0, rerouted: 0, unroutable: 0, undecided: 0, unchanged: 0 };
  const groups: RuleEffect[] = [];
  let skipped = 0;
  try {
    const judge = judgeWith(project, candidate.rules, plugins);
    for await (const page of judgedGroups(sql)) {
      for (const effect of await Promise.all(page.map(judge))) {
        if (effect === null) skipped += 1;
        else counts[effect.change] += 1;
        if (effect !== null && (options.all || effect.change !== 'unchanged')) groups.push(effect);
      }
    }
  } finally {
    await plugins.close();
  }
  return { rulesVersion: candidate.rules.version, counts, skipped, groups, warnings: candidate.warnings };
}

function judgeWith(project: Project, rules: Rules, plugins: PluginPool) {
  const watches = new Map<string, WatchConfig>(project.config.watches.map((watch) => [watch.name, watch]));
  const archives = new Map<string, ArchiveConfig>(project.config.archives.map((archive) => [archive.name, archive]));
  const { columns } = project.plugin.fileModel;
  return async (group: JudgedGroup): Promise<RuleEffect | null> => {
    const watch = watches.get(group.watchName);
    const ruleSet = watch === undefined ? undefined : rules.sets[watch.rules];
    if (watch === undefined || ruleSet === undefined) return null;
    const { metadata } = group;
    if (metadata === null)
      return effectOf(group, new CarbonationError('EXTRACT_INVALID', 'its metadata on record cannot be read'));
    const call =
      (kind: 'select' | 'route') =>
      (name: string, { metadata: _revived, ...kwargs }: { readonly metadata: unknown }) =>
        plugins.call({ kind, name, filePath: null, metadata, kwargs });
    // One whose function gives no answer is none that the others should not be told of.
    const decision = await Promise.resolve(
      decide({
        ruleSet,
        rulesVersion: rules.version,
        watch,
        groupKey: group.groupKey,
        fileNames: group.fileNames,
        metadata: reviveMetadata(metadata, columns),
        archives,
        call: { select: call('select'), route: call('route') },
      }),
    ).catch((thrown: unknown) => toCarbonationError(thrown));
    return effectOf(group, decision);
  };
}

function effectOf(group: JudgedGroup, decision: Decision | CarbonationError): RuleEffect {
  const { watchName, groupKey } = group;
  return { watchName, groupKey, change: changeOf(group, decision), old: oldSummary(group), new: newSummary(decision) };
}

function changeOf(group: JudgedGroup, decision: Decision | CarbonationError): RuleChange {
  if (decision instanceof CarbonationError) return 'undecided';
  if (decision.outcome === 'unroutable') return 'unroutable';
  if (decision.outcome === 'rejected') return group.selected ? 'rejected' : 'unchanged';
  if (!group.selected) return 'accepted';
  // A group without a record of its archive was not put there by rules: nothing tells that others would move it.
  return group.archive !== null && group.archive !== decision.archive ? 'rerouted' : 'unchanged';
}

function oldSummary({ selected, reason, archive, routedBy }: JudgedGroup): DecisionSummary {
  if (!selected) return { archive: null, by: reason ?? 'not selected' };
  return { archive, by: routedBy ?? 'no decision is on record' };
}

function newSummary(decision: Decision | CarbonationError): DecisionSummary {
  if (decision instanceof CarbonationError) return { archive: null, by: decision.message };
  if (decision.outcome === 'rejected') return { archive: null, by: decision.reason };
  if (decision.outcome === 'unroutable') return { archive: null, by: decision.error.message };
  const accepted = decision.verdicts.find(({ passed }) => passed);
  const selectedBy = accepted === undefined ? '' : `selection block ${accepted.block}, `;
  return { archive: decision.archive, by: `${selectedBy}${decision.routedBy}` };
}
