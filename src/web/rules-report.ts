import type { RuleVerdict } from '../../machines/file-group/index.ts';
import type { Completeness, IntegrityCheck, RoutingRule, RuleSet, SelectionBlock } from '../rules/types.ts';
import { jsonOf } from '../store/database/cells.ts';
import { recentDecisions } from '../store/read/recent.ts';
import type { Sql } from '../store/database/sql.ts';
import type { ShownProject } from './project.ts';
import type { RuleLine, RulesReport, RuleSetReport } from './protocol.ts';

/** The steps of groups among which decisions are looked for. */
const mostSteps = 50_000;

interface Hits {
  held: number;
  asked: number;
}

/** The rules in force, and how often each of them spoke among the latest decisions: theirs, as a rule's place may have been another's. */
export async function rulesReport(sql: Sql, { config, rules }: ShownProject): Promise<RulesReport> {
  const decisions = await recentDecisions(sql, rules.version, mostSteps);
  const hits = new Map<string, Hits>();
  for (const { facts } of decisions) countHits(facts, hits);
  const sets = Object.values(rules.sets).map((set): RuleSetReport => {
    const hitsOf = (rule: string): Hits => hits.get(hitsKey(set.name, rule)) ?? { held: 0, asked: 0 };
    return {
      name: set.name,
      watches: config.watches.filter((watch) => watch.rules === set.name).map(({ name }) => name),
      integrity: set.integrity.map((check) => ({
        rule: check.type,
        words: [checkWords(check)],
        held: null,
        asked: null,
      })),
      completeness: set.completeness === null ? [] : completenessWords(set.completeness),
      extractor: set.extract,
      selection: set.selection.map((block, i) => {
        const rule = `selection block ${i + 1}`;
        return { rule, words: selectionWords(block), ...hitsOf(rule) };
      }),
      routing: routingLines(set, hitsOf),
    };
  });
  const times = decisions.map(({ at }) => at);
  return {
    version: rules.version,
    file: config.rulesPath,
    sets,
    decisions: decisions.length,
    since: times.length === 0 ? null : times.reduce((least, at) => Math.min(least, at)),
  };
}

function hitsKey(ruleSet: string, rule: string): string {
  return `${ruleSet}\0${rule}`;
}

function countHits(json: string, hits: Map<string, Hits>): void {
  const decision = decisionIn(jsonOf(json));
  if (decision === null) return;
  for (const { rule, holds } of [...decision.selection, ...decision.routing]) {
    const key = hitsKey(decision.ruleSet, rule);
    const found = hits.get(key) ?? { held: 0, asked: 0 };
    hits.set(key, { held: found.held + (holds ? 1 : 0), asked: found.asked + 1 });
  }
}

interface FoundDecision {
  readonly ruleSet: string;
  readonly selection: readonly RuleVerdict[];
  readonly routing: readonly RuleVerdict[];
}

/** Facts are recorded by `factsOf`; those that had to be cut may lack parts. */
function decisionIn(facts: unknown): FoundDecision | null {
  if (typeof facts !== 'object' || facts === null || !('decision' in facts)) return null;
  const { decision } = facts as { readonly decision: Partial<FoundDecision> | undefined };
  if (typeof decision?.ruleSet !== 'string') return null;
  return { ruleSet: decision.ruleSet, selection: decision.selection ?? [], routing: decision.routing ?? [] };
}

function routingLines(set: RuleSet, hitsOf: (rule: string) => Hits): readonly RuleLine[] {
  const lines = set.routing.map((one, i) => {
    const rule = `routing rule ${i + 1} (${one.type === 'match' ? one.match : `function "${one.function}"`})`;
    return { rule, words: [routingWords(one)], ...hitsOf(rule) };
  });
  const rule = `rule set "${set.name}"`;
  return set.archive === null ? lines : [...lines, { rule, words: [`otherwise → ${set.archive}`], ...hitsOf(rule) }];
}

function routingWords(rule: RoutingRule): string {
  return rule.type === 'match' ? `${rule.match} → ${rule.archive}` : `the archive that ${rule.function} names`;
}

function checkWords(check: IntegrityCheck): string {
  switch (check.type) {
    case 'min_size':
      return `at least ${check.value.toLocaleString('en')} bytes`;
    case 'max_size':
      return `at most ${check.value.toLocaleString('en')} bytes`;
    case 'checksum':
      return 'the checksum that was delivered with it';
    case 'magic':
      return `begins with ${check.value}`;
    case 'json':
      return 'is JSON';
    case 'plugin':
      return `${check.function} accepts it`;
  }
}

function completenessWords(rule: Completeness): readonly string[] {
  const by =
    rule.groupBy === 'stem' ? 'same name before the extension' : `as ${rule.groupFunction ?? 'the plugin'} says`;
  const policies = {
    warn: 'a warning, and waits on',
    skip: 'gives the group up',
    archive_partial: 'archives what is there',
  };
  return [
    `files belong together: ${by}`,
    `needs ${rule.expectedExtensions.join(', ') || 'nothing more'}`,
    `after ${(rule.timeoutMs / 60_000).toLocaleString('en')} min: ${policies[rule.onTimeout]}`,
  ];
}

function selectionWords({ hasKeys, lacksKeys, fields, plugin }: SelectionBlock): readonly string[] {
  return [
    ...hasKeys.map((key) => `${key} is there`),
    ...lacksKeys.map((key) => `${key} is not there`),
    ...fields.flatMap(({ name, matches, notMatches }) => [
      ...(matches.length > 0 ? [`${name} matches ${matches.join(' or ')}`] : []),
      ...(notMatches.length > 0 ? [`${name} does not match ${notMatches.join(' or ')}`] : []),
    ]),
    ...(plugin === null ? [] : [`${plugin.function} accepts it`]),
  ];
}
