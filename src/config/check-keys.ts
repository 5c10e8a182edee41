import type { ColumnSpecs, ColumnType } from '../core/index.ts';
import type { PluginKeys } from '../plugin/contract.ts';
import { formatValue } from '../rules/format-value.ts';
import { groupFunctionOf } from '../rules/group.ts';
import { compileTemplate, type Placeholder } from '../rules/template.ts';
import type { RuleSet, Rules } from '../rules/types.ts';
import { setOf, type FileNames } from './check-support.ts';
import type { KeyPath } from './key-path.ts';
import { problemsOf } from './problem.ts';
import { didYouMean, suggestFrom } from './suggest.ts';
import type { ArchiveConfig, Config, Problem } from './types.ts';

/** A name in rules.toml that must be a key of the plugin. */
interface Reference {
  /** Within the rule set. */
  readonly path: KeyPath;
  readonly key: string;
  readonly kind: 'extractor' | 'group function' | 'selection function' | 'routing function' | 'integrity function';
  readonly available: readonly string[];
}

/** What a destination may name besides the plugin's columns. */
const ownPlaceholders = ['watch_name', 'file_type', 'group_key'];

/** A value or two of each type of column: a format that takes none of them fits no value. */
const samples: Readonly<Record<ColumnType, readonly unknown[]>> = {
  text: ['a', '1.5'],
  integer: [1],
  bigint: [1n],
  float: [1, 1.5],
  decimal: ['1.5'],
  boolean: [true],
  datetime: [new Date(0)],
  json: ['a', '1.5', 1, 1.5, true],
};

/** What rules.toml and the archives' destinations name that the plugin does not have; nothing when `keys` is null. */
export function keyProblems(
  config: Pick<Config, 'watches' | 'archives'>,
  rules: Rules,
  keys: PluginKeys | null,
  files: FileNames,
): Problem[] {
  if (keys === null) return [];
  const columns = Object.keys(keys.columns);
  const sets = Object.values(rules.sets);
  return [
    ...sets.flatMap((set) => referencesOf(set, keys).flatMap((one) => referenceProblem(set, one, files.rules))),
    ...sets.flatMap((set) => columnProblems(set, columns, files.rules)),
    ...config.archives.flatMap((archive, index) => placeholderProblems(archive, index, keys.columns, files.config)),
    ...unknownMetadataProblems(config, rules, columns, files.config),
  ];
}

function referencesOf(set: RuleSet, keys: PluginKeys): Reference[] {
  const references: Reference[] = [];
  if (set.extract !== null) {
    const available = keys.extractors;
    references.push({ path: ['metadata', 'extract'], key: set.extract, kind: 'extractor', available });
  }
  const groupFunction = groupFunctionOf(set.completeness);
  if (groupFunction !== null) {
    const path = ['completeness', 'group_function'];
    references.push({ path, key: groupFunction, kind: 'group function', available: keys.groupFunctions });
  }
  for (const [index, check] of set.integrity.entries()) {
    if (check.type !== 'plugin') continue;
    const path = ['integrity', index, 'function'];
    references.push({ path, key: check.function, kind: 'integrity function', available: keys.integrityFunctions });
  }
  for (const [index, { plugin }] of set.selection.entries()) {
    if (plugin === null) continue;
    const path = ['selection', index, 'function'];
    references.push({ path, key: plugin.function, kind: 'selection function', available: keys.selectionFunctions });
  }
  for (const [index, rule] of set.routing.entries()) {
    if (rule.type !== 'plugin') continue;
    const path = ['routing', index, 'function'];
    references.push({ path, key: rule.function, kind: 'routing function', available: keys.routingFunctions });
  }
  return references;
}

function referenceProblem(set: RuleSet, reference: Reference, file: string): Problem[] {
  const { path, key, kind, available } = reference;
  if (available.includes(key)) return [];
  const has = available.length === 0 ? 'it has none' : `available: ${available.join(', ')}`;
  const message = `rule set "${set.name}": the plugin has no ${kind} "${key}"; ${has}`;
  return [problemsOf(file).error([set.name, ...path], message, didYouMean(key, available))];
}

function columnProblems(set: RuleSet, columns: readonly string[], file: string): Problem[] {
  const make = problemsOf(file);
  return set.selection.flatMap((block, index) => {
    const named = [
      ...block.hasKeys.map((name) => ({ name, part: 'has_keys' })),
      ...block.lacksKeys.map((name) => ({ name, part: 'lacks_keys' })),
      ...block.fields.map(({ name }) => ({ name, part: 'field' })),
    ];
    return named.flatMap(({ name, part }) => {
      if (columns.includes(name)) return [];
      const message = `rule set "${set.name}": "${name}" is no column of the plugin's model`;
      return [make.warning([set.name, 'selection', index, part], message, suggestFrom(name, columns, 'its columns'))];
    });
  });
}

function placeholderProblems(archive: ArchiveConfig, index: number, columns: ColumnSpecs, file: string): Problem[] {
  const known = [...ownPlaceholders, ...Object.keys(columns)];
  const problem = (message: string, suggestion: string | null): Problem =>
    problemsOf(file).error(['archive', index, 'destination'], `archive "${archive.name}": ${message}`, suggestion);
  const isUnknown = new Set<string>();
  return placeholdersOf(archive.destination).flatMap(({ name, source, format, asText }) => {
    if (!known.includes(name)) {
      if (isUnknown.has(name)) return [];
      isUnknown.add(name);
      return [problem(`nothing is named "${name}"; known: ${known.join(', ')}`, didYouMean(name, known))];
    }
    const type = columns[name]?.type ?? 'text';
    const misfits = samples[type].flatMap((value) => {
      const formatted = formatValue(value, format, asText);
      return 'why' in formatted ? [formatted] : [];
    });
    const [misfit] = misfits;
    if (misfit === undefined || misfits.length < samples[type].length) return [];
    return [problem(`${source}: ${name} ${misfit.why}`, misfit.remedy)];
  });
}

// A template that needs metadata, and a rule set that has none: every group would fail.
function unknownMetadataProblems(
  config: Pick<Config, 'watches' | 'archives'>,
  rules: Rules,
  columns: readonly string[],
  file: string,
): Problem[] {
  return config.watches.flatMap((watch, index) => {
    const set = setOf(rules, watch);
    if (set === null || set.extract !== null) return [];
    const target = set.archive ?? watch.archive;
    const archive = config.archives.find(({ name }) => name === target);
    const { names } = compileTemplate(archive?.destination ?? '');
    const needed = names.filter((name) => columns.includes(name));
    if (archive === undefined || needed.length === 0) return [];
    const message = `archive "${archive.name}" needs ${needed.join(', ')}, but rule set "${set.name}" extracts no metadata`;
    return [problemsOf(file).warning(['watch', index, 'rules'], message, 'set `extract` on the rule set')];
  });
}

/** A destination that is no template has been refused before. */
function placeholdersOf(destination: string): readonly Placeholder[] {
  return compileTemplate(destination).pieces.filter((piece) => typeof piece !== 'string');
}
