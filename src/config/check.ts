import { isBelow } from '../core/index.ts';
import type { PluginKeys } from '../plugin/contract.ts';
import type { RuleSet, Rules } from '../rules/types.ts';
import { keyProblems } from './check-keys.ts';
import { patternProblems } from './check-patterns.ts';
import { setOf, type FileNames } from './check-support.ts';
import { problemsOf } from './problem.ts';
import { suggestFrom } from './suggest.ts';
import { tablesOf } from './toml.ts';
import type { ArchiveConfig, Config, Problem, WatchConfig } from './types.ts';

/**
 * Checks what only both files (and the plugin) together can show: names that lead nowhere, keys that the plugin does
 * not have, and what is allowed but suspicious. Pure; `locateProblems` adds the lines.
 *
 * @param keys The plugin's keys, or null: the plugin is not known, and its keys are not checked.
 * @param files How problems name the files; absolute paths unless given.
 */
export function crossCheck(
  config: Config,
  rules: Rules,
  keys: PluginKeys | null,
  files: FileNames = { config: config.path, rules: config.rulesPath },
): Problem[] {
  const make = problemsOf(files.config);
  return [
    ...(config.watches.length === 0 ? [make.warning([], 'no [[watch]]: nothing is watched')] : []),
    ...nameProblems(config, rules, files),
    ...reachProblems(config, rules, files.config),
    ...overlapProblems(config, files.config),
    ...patternProblems(config, rules, files.config),
    ...keyProblems(config, rules, keys, files),
  ];
}

/** What watches and archives are called, and what watches name. */
export interface Names {
  readonly watches: readonly Pick<WatchConfig, 'name' | 'rules' | 'archive'>[];
  readonly archives: readonly Pick<ArchiveConfig, 'name'>[];
}

/** Names that lead nowhere: of rule sets in config.toml, of archives in both files. */
export function nameProblems(names: Names, rules: Rules, files: FileNames): Problem[] {
  const sets = Object.values(rules.sets);
  return [
    ...referenceProblems(names, rules, files),
    ...sets.flatMap((set) => archiveNameProblems(set, names.archives, files.rules)),
  ];
}

/**
 * The names in a config.toml that is wrong otherwise, so that those that lead nowhere are reported at once with what is wrong.
 * Null: they are not all there, and what is missing may be what is named.
 */
export function namesIn(data: Readonly<Record<string, unknown>>): Names | null {
  const watches = tablesOf(data['watch']).map(([, { name, rules, archive = null }]) => ({ name, rules, archive }));
  const archives = tablesOf(data['archive']).map(([, { name }]) => ({ name }));
  return watches.every(isNamed) && archives.every(isArchive) && archives.length > 0 ? { watches, archives } : null;
}

function isNamed(watch: Readonly<Record<'name' | 'rules' | 'archive', unknown>>): watch is Names['watches'][number] {
  const { name, rules, archive } = watch;
  return typeof name === 'string' && typeof rules === 'string' && (archive === null || typeof archive === 'string');
}

function isArchive(archive: { readonly name: unknown }): archive is Names['archives'][number] {
  return typeof archive.name === 'string';
}

function referenceProblems(config: Names, rules: Rules, files: FileNames): Problem[] {
  const make = problemsOf(files.config);
  const setNames = Object.keys(rules.sets);
  const archiveNames = config.archives.map(({ name }) => name);
  return config.watches.flatMap((watch, index) => {
    const problems: Problem[] = [];
    if (!setNames.includes(watch.rules)) {
      const message = `watch "${watch.name}": ${files.rules} has no rule set "${watch.rules}"`;
      problems.push(make.error(['watch', index, 'rules'], message, suggestFrom(watch.rules, setNames, 'it has')));
    }
    if (watch.archive !== null && !archiveNames.includes(watch.archive)) {
      const message = `watch "${watch.name}": there is no archive "${watch.archive}"`;
      const suggestion = suggestFrom(watch.archive, archiveNames, 'there is');
      problems.push(make.error(['watch', index, 'archive'], message, suggestion));
    }
    return problems;
  });
}

function archiveNameProblems(set: RuleSet, archives: Names['archives'], file: string): Problem[] {
  const known = archives.map(({ name }) => name);
  const named = [
    { path: [set.name, 'archive'], archive: set.archive },
    ...set.routing.map((rule, index) => ({
      path: [set.name, 'routing', index, 'archive'],
      archive: rule.type === 'match' ? rule.archive : null,
    })),
  ];
  return named.flatMap(({ path, archive }) => {
    if (archive === null || known.includes(archive)) return [];
    const message = `rule set "${set.name}": there is no archive "${archive}" in config.toml`;
    return [problemsOf(file).error(path, message, suggestFrom(archive, known, 'there is'))];
  });
}

function reachProblems(config: Config, rules: Rules, file: string): Problem[] {
  return config.watches.flatMap((watch, index) => {
    const set = setOf(rules, watch);
    if (set === null || set.archive !== null || watch.archive !== null) return [];
    if (set.routing.some((rule) => rule.type === 'match' && rule.match === '*')) return [];
    const message =
      set.routing.length === 0
        ? `watch "${watch.name}": no archive, neither here nor in rule set "${set.name}": every group fails`
        : `watch "${watch.name}": a group that no routing rule of "${set.name}" matches has no archive, and fails`;
    return [problemsOf(file).warning(['watch', index, 'archive'], message, 'set `archive` here or on the rule set')];
  });
}

function overlapProblems(config: Config, file: string): Problem[] {
  const make = problemsOf(file);
  const problems: Problem[] = [];
  for (const [index, watch] of config.watches.entries()) {
    const other = config.watches.slice(0, index).find((earlier) => overlap(earlier, watch));
    if (other !== undefined) {
      const message = `watch "${watch.name}" and watch "${other.name}" see the same files; a file belongs to one only`;
      problems.push(make.warning(['watch', index, 'path'], message));
    }
  }
  for (const [index, archive] of config.archives.entries()) {
    const place = ['archive', index, 'base_path'] as const;
    const same = config.watches.find(({ path }) => path === archive.basePath);
    const around = config.watches.find((one) => sees(one, archive.basePath));
    if (same !== undefined) {
      const message = `archive "${archive.name}" and watch "${same.name}" are the same directory: what is archived is no delivery, so none would be seen`;
      problems.push(make.error(place, message, 'give the archive a directory of its own'));
    } else if (around !== undefined) {
      const message = `archive "${archive.name}" is inside watch "${around.name}": what is in it is no delivery`;
      problems.push(make.warning(place, message));
    }
  }
  return problems;
}

function overlap(one: WatchConfig, other: WatchConfig): boolean {
  return sees(one, other.path) || sees(other, one.path);
}

function sees(watch: WatchConfig, path: string): boolean {
  return watch.recursive ? isBelow(watch.path, path) : watch.path === path;
}
