import { hash } from 'node:crypto';

import { readConfigFile } from '../config/load.ts';
import { locateProblems } from '../config/locate.ts';
import { deepFreeze, formatProblem, hasErrors, problemsOf } from '../config/problem.ts';
import { parseToml } from '../config/toml.ts';
import type { Problem, WatchConfig } from '../config/types.ts';
import { schemaProblems } from '../config/validate.ts';
import { CarbonationError } from '../errors/index.ts';
import { legible, newsOf } from './legible.ts';
import type { RawCompleteness, RawIntegrity, RawRouting, RawRuleSet, RawSelection } from './raw.ts';
import { ruleSetSemantics, withDot } from './semantics.ts';
import type { Completeness, IntegrityCheck, RoutingRule, Rules, RuleSet, SelectionBlock } from './types.ts';
import { validateRuleSet } from './validators.ts';

/** What there is to say about a rules file; `rules` is null when any problem is an error. */
export interface RulesInspection {
  readonly rules: Rules | null;
  readonly problems: readonly Problem[];
  /** What a further check finds, also in what can be read of a file with errors, that is not due to the problems that are known. */
  readonly further: (check: (rules: Rules) => readonly Problem[]) => readonly Problem[];
}

/** Which rule set a watch has. */
type RuledWatch = Pick<WatchConfig, 'name' | 'rules'>;

/**
 * Reads rules.toml.
 *
 * @param path The file; problems name it like this.
 * @param watches Those of config.toml.
 * @returns The rules, frozen, and the warnings.
 * @throws CarbonationError CONFIG_NOT_FOUND; CONFIG_UNREADABLE; CONFIG_INVALID with every problem in `details`.
 */
export async function loadRules(
  path: string,
  watches: readonly RuledWatch[],
): Promise<{ readonly rules: Rules; readonly problems: readonly Problem[] }> {
  const { rules, problems } = await inspectRules(path, watches);
  if (rules !== null) return { rules, problems };
  const count = problems.filter((problem) => problem.severity === 'error').length;
  throw new CarbonationError('CONFIG_INVALID', `${path} has ${count === 1 ? 'one problem' : `${count} problems`}`, {
    details: problems.map(formatProblem),
  });
}

/**
 * Reads rules.toml and reports everything that is wrong with its content, with lines, instead of throwing.
 *
 * @param path The file; problems name it like this unless `file` says otherwise.
 * @param watches Those of config.toml, as far as they are known.
 * @returns Also the content, for `locateProblems`.
 * @throws CarbonationError CONFIG_NOT_FOUND when there is no such file; CONFIG_UNREADABLE.
 */
export async function inspectRules(
  path: string,
  watches: readonly RuledWatch[],
  file = path,
): Promise<RulesInspection & { readonly text: string }> {
  const remedy = 'create it, or name the right one in config.toml: `[rules] file`';
  const text = await readConfigFile(path, { remedy });
  const { rules, problems, further } = parseRules(text, file);
  const located = await locateProblems(problems, { [file]: text });
  return { rules: rules === null ? null : rulesFor(watches, rules), problems: located, further, text };
}

/**
 * Reads the content of a rules file. Only syntax errors have their line yet: `locateProblems` adds the others.
 *
 * @param file How problems name the file.
 */
export function parseRules(text: string, file: string): RulesInspection {
  const { data, problem } = parseToml(text, file);
  if (data === null) return { rules: null, problems: [problem], further: () => [] };
  const problems: Problem[] = [];
  const standIns: string[] = [];
  const sets: Record<string, RuleSet> = {};
  let isLegible = true;
  for (const [name, raw] of Object.entries(data)) {
    const readable = readRuleSet(name, raw, file);
    problems.push(...readable.problems);
    standIns.push(...readable.standIns);
    if (readable.set === null) isLegible = false;
    else sets[name] = buildRuleSet(name, readable.set);
  }
  if (Object.keys(data).length === 0) problems.push(problemsOf(file).warning([], 'there is no rule set in it'));
  const legibleRules = isLegible ? deepFreeze({ version: rulesVersion(text), sets }) : null;
  return {
    rules: hasErrors(problems) ? null : legibleRules,
    problems,
    further: (check) => (legibleRules === null ? [] : newsOf(check(legibleRules), problems, standIns)),
  };
}

/** One rule set and all that is wrong with it; what the schema refuses hides nothing of the rest. */
function readRuleSet(name: string, raw: unknown, file: string) {
  if (validateRuleSet(raw)) return { set: raw, problems: ruleSetSemantics(name, raw, file), standIns: [] };
  const problems = schemaProblems(validateRuleSet.errors, raw, file, [name]);
  const rest = legible(name, raw, problems);
  if (rest === null) return { set: null, problems, standIns: [] };
  const { set, standIns } = rest;
  return { set, problems: [...problems, ...newsOf(ruleSetSemantics(name, set, file), problems, standIns)], standIns };
}

/** The version of a rules file: the first 12 hex digits of its SHA-256. */
export function rulesVersion(text: string): string {
  return hash('sha256', text).slice(0, 12);
}

/**
 * Rules as they are for these watches. Which rule set a watch has decides about its groups as the rules themselves do, and is a part
 * of their version; where there is a single one, nothing is left to choose.
 */
function rulesFor(watches: readonly RuledWatch[], rules: Rules): Rules {
  if (Object.keys(rules.sets).length < 2) return rules;
  const chosen = watches.map((watch) => JSON.stringify([watch.name, watch.rules])).toSorted();
  return Object.freeze({ ...rules, version: rulesVersion([rules.version, ...chosen].join('\n')) });
}

function buildRuleSet(name: string, raw: RawRuleSet): RuleSet {
  return {
    name,
    archive: raw.archive ?? null,
    integrity: raw.integrity.map(buildCheck),
    completeness: raw.completeness === undefined ? null : buildCompleteness(raw.completeness),
    extract: raw.metadata?.extract ?? null,
    selection: raw.selection.map(buildSelection),
    routing: raw.routing.map(buildRouting),
  };
}

function buildCheck(raw: RawIntegrity): IntegrityCheck {
  switch (raw.type) {
    case 'magic':
      return { type: 'magic', value: raw.value.replaceAll(/\s/g, '').toLowerCase() };
    case 'plugin':
      return { type: 'plugin', function: raw.function, kwargs: plainCopy(raw.kwargs) };
    case 'min_size':
    case 'max_size':
    case 'checksum':
    case 'json':
      return { ...raw };
  }
}

function buildCompleteness(raw: RawCompleteness): Completeness {
  return {
    groupBy: raw.group_by,
    groupFunction: raw.group_by === 'plugin' ? (raw.group_function ?? null) : null,
    expectedExtensions: [...new Set(raw.expected_extensions.map(withDot))],
    primaryExtension: raw.primary_extension === undefined ? null : withDot(raw.primary_extension),
    timeoutMs: Math.max(1, Math.round(raw.timeout_minutes * 60_000)),
    onTimeout: raw.on_timeout,
    acrossDirectories: raw.across_directories,
  };
}

function buildSelection(raw: RawSelection): SelectionBlock {
  const fields = typeof raw.field === 'string' ? [{ ...raw, name: raw.field }] : (raw.field ?? []);
  return {
    hasKeys: raw.has_keys ?? [],
    lacksKeys: raw.lacks_keys ?? [],
    fields: fields.map(({ name, matches = [], not_matches: notMatches = [] }) => ({ name, matches, notMatches })),
    plugin: raw.function === undefined ? null : { function: raw.function, kwargs: plainCopy(raw.kwargs) },
  };
}

function buildRouting(raw: RawRouting): RoutingRule {
  if (raw.function !== undefined) return { type: 'plugin', function: raw.function };
  return { type: 'match', match: raw.match ?? '', archive: raw.archive ?? '' };
}

// The parser's own date class and tables without a prototype become what a function expects.
function plainCopy(kwargs: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return structuredClone(kwargs);
}
