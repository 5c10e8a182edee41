import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, relative, resolve } from 'node:path';
import {
  crossCheck,
  hostCheck,
  inspectConfig,
  keyProblems,
  locateProblems,
  nameProblems,
  namesIn,
} from '../config/index.ts';
import { problemsOf, type ProblemMaker } from '../config/problem.ts';
import type { Config, Problem, WatchConfig } from '../config/types.ts';
import { parseToml } from '../config/toml.ts';
import { toCarbonationError } from '../errors/index.ts';
import { pluginKeys, type Plugin } from '../plugin/contract.ts';
import { loadMigrations, loadPlugin, resolvePlugin } from '../plugin/index.ts';
import { inspectRules, type RulesInspection } from '../rules/load.ts';

/** Everything there is to say about a config.toml and what it leads to. */
export interface Inspection {
  /** In the order of files and lines. */
  readonly problems: readonly Problem[];
  /** What has been looked at, for people. */
  readonly checked: {
    readonly config: string;
    /** Null: config.toml does not say where they are, and nothing but its syntax was looked at. */
    readonly rules: string | null;
    readonly watches: number;
    readonly archives: number;
    readonly ruleSets: number;
    readonly plugin: { readonly name: string; readonly columns: number; readonly migrations: number } | null;
  };
}

interface Found<Value> {
  readonly value: Value | null;
  readonly problems: readonly Problem[];
}

interface FoundPlugin {
  readonly plugin: Plugin;
  readonly name: string;
  readonly migrations: number;
}

/**
 * Looks at both files, the plugin, the host and how they fit together; what one part lacks does not hide what is wrong
 * with the others.
 *
 * @param configPath Absolute.
 * @param cwd Files below it are named relative to it.
 * @param silent Which directories do not answer, where that is known.
 * @throws CarbonationError CONFIG_NOT_FOUND, CONFIG_UNREADABLE: config.toml cannot be read.
 */
export async function inspectProject(
  configPath: string,
  cwd: string,
  env: NodeJS.ProcessEnv,
  silent?: ReadonlySet<string>,
): Promise<Inspection> {
  const shown = (path: string): string => shortest(path, cwd);
  const { config, problems: configProblems, text } = await inspectConfig(configPath, env);
  const named = namedFiles(text, configPath, config);
  if (named === null) return unreadable(shown(configPath), configProblems);
  const files = { config: shown(configPath), rules: shown(named.rulesPath) };
  const problem = problemsOf(files.config).error;

  // Meanwhile: another process looks whether the disks answer.
  const host = config === null ? Promise.resolve([]) : hostCheck(config, files.config, silent);
  host.catch(() => undefined);
  const rules = await findRules(named.rulesPath, config?.watches ?? [], files.rules, problem);
  const plugin = await findPlugin(named.pluginPackage, dirname(configPath), problem);
  const together: Problem[] = [];
  const keys = plugin.value === null ? null : pluginKeys(plugin.value.plugin);
  const further = rules.value?.further ?? (() => []);
  if (config !== null) {
    together.push(...further((read) => crossCheck(config, read, keys, files)));
    together.push(...(await host));
  } else {
    // Of what rules.toml names of the plugin, config.toml knows nothing.
    together.push(...further((read) => keyProblems({ watches: [], archives: [] }, read, keys, files)));
    const { names } = named;
    if (names !== null) together.push(...further((read) => nameProblems(names, read, files)));
  }
  const all = [
    ...configProblems.map((one) => ({ ...one, file: one.file === configPath ? files.config : shown(one.file) })),
    ...rules.problems,
    ...plugin.problems,
    ...together.map((one) => ({ ...one, file: shown(one.file) })),
  ];
  const texts = { [files.config]: text, [files.rules]: await readFile(named.rulesPath, 'utf8').catch(() => '') };
  return {
    problems: await locateProblems(all, texts),
    checked: {
      ...files,
      watches: config?.watches.length ?? 0,
      archives: config?.archives.length ?? 0,
      ruleSets: Object.keys(rules.value?.rules?.sets ?? {}).length,
      plugin: plugin.value === null ? null : summary(plugin.value),
    },
  };
}

/** Of a config.toml that is no TOML: where rules and plugin are is unknown, and what is said of others would be false. */
function unreadable(config: string, problems: readonly Problem[]): Inspection {
  return {
    problems: problems.map((one) => ({ ...one, file: config })),
    checked: { config, rules: null, watches: 0, archives: 0, ruleSets: 0, plugin: null },
  };
}

function summary({ plugin, name, migrations }: FoundPlugin) {
  return { name, columns: Object.keys(plugin.fileModel.columns).length, migrations };
}

/** Relative where that is shorter to read and still clear. */
function shortest(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path;
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') ? path : near;
}

/** Where the rules and the plugin are, also when config.toml is too wrong to become a configuration; null: it is no TOML. */
function namedFiles(text: string, configPath: string, config: Config | null) {
  if (config !== null) return { rulesPath: config.rulesPath, pluginPackage: config.pluginPackage, names: null };
  const { data } = parseToml(text, basename(configPath));
  if (data === null) return null;
  const file = textAt(data, 'rules', 'file') ?? 'rules.toml';
  const pluginPackage = textAt(data, 'plugins', 'package');
  return { rulesPath: resolve(dirname(configPath), file), pluginPackage, names: namesIn(data) };
}

function textAt(data: Readonly<Record<string, unknown>>, table: string, key: string): string | null {
  const found = data[table];
  if (typeof found !== 'object' || found === null) return null;
  const value = Object.entries(found).find(([name]) => name === key)?.[1];
  return typeof value === 'string' ? value : null;
}

async function findRules(
  path: string,
  watches: readonly WatchConfig[],
  file: string,
  problem: ProblemMaker['error'],
): Promise<Found<RulesInspection>> {
  try {
    const inspection = await inspectRules(path, watches, file);
    return { value: inspection, problems: inspection.problems };
  } catch (thrown) {
    const { message, remedy } = toCarbonationError(thrown);
    return { value: null, problems: [problem(['rules', 'file'], message, remedy)] };
  }
}

async function findPlugin(
  name: string | null,
  directory: string,
  problem: ProblemMaker['error'],
): Promise<Found<FoundPlugin>> {
  try {
    const location = resolvePlugin(name, directory);
    const plugin = await loadPlugin(location);
    try {
      const { length } = await loadMigrations(plugin, location);
      return { value: { plugin, name: location.name, migrations: length }, problems: [] };
    } catch (thrown) {
      return { value: { plugin, name: location.name, migrations: 0 }, problems: pluginProblems(thrown, problem) };
    }
  } catch (thrown) {
    return { value: null, problems: pluginProblems(thrown, problem) };
  }
}

// The details of a plugin that breaks the contract are its problems; of one that was not found, where it was looked for.
function pluginProblems(thrown: unknown, problem: ProblemMaker['error']): readonly Problem[] {
  const { code, message, remedy, details } = toCarbonationError(thrown, 'PLUGIN_INVALID');
  const key = ['plugins', 'package'];
  if (code === 'PLUGIN_NOT_FOUND') return [problem(key, [message, ...details].join('; '), remedy)];
  const what = message.slice(0, Math.max(0, message.indexOf(': ')));
  return details.length <= 1
    ? [problem(key, message, remedy)]
    : details.map((detail) => problem(key, what === '' ? detail : `${what}: ${detail}`, remedy));
}
