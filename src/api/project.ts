import { readFile } from 'node:fs/promises';
import type { Config } from '../config/types.ts';
import { CarbonationError, toCarbonationError } from '../errors/index.ts';
import type { NamedMigration, Plugin, PluginLocation } from '../plugin/index.ts';
import type { Rules } from '../rules/types.ts';

/** Everything that a config.toml leads to, read, checked and fitting together. */
export interface Project {
  readonly config: Config;
  readonly rules: Rules;
  readonly location: PluginLocation;
  readonly plugin: Plugin;
  /** The plugin's own migrations, in order. */
  readonly migrations: readonly NamedMigration[];
  /** What is allowed but suspicious, one line each. */
  readonly warnings: readonly string[];
}

/** A project whose records are looked at, which needs no rules: rules.toml may be in the middle of being edited. */
export interface ViewedProject extends Omit<Project, 'rules' | 'warnings'> {
  /** Null: they are invalid, or do not fit. */
  readonly rules: Rules | null;
  /** Why they are null. */
  readonly fault: CarbonationError | null;
}

/**
 * Reads config.toml, rules.toml and the plugin. No database is touched, nothing of one is loaded.
 *
 * @param configPath Relative to the working directory.
 * @param env Where `CARBONATION_DATABASE_*` and `XDG_CONFIG_HOME` are looked up.
 * @throws CarbonationError CONFIG_NOT_FOUND; CONFIG_UNREADABLE; CONFIG_INVALID with every problem in `details`, also when the files do not
 *   fit together; SECRETS_UNREADABLE; PLUGIN_NOT_FOUND, PLUGIN_INVALID, MIGRATION_INVALID.
 */
export async function openProject(configPath: string, env: NodeJS.ProcessEnv = process.env): Promise<Project> {
  const { rules, fault, ...project } = await readProject(configPath, env);
  if (fault !== null) throw fault;
  if (rules === null) throw new CarbonationError('INTERNAL', 'there are no rules, and nobody knows why');
  return { ...project, rules };
}

/** As {@link openProject}, for whoever only looks: rules.toml that is invalid, or does not fit, is told instead of thrown. */
export async function viewProject(configPath: string, env: NodeJS.ProcessEnv = process.env): Promise<ViewedProject> {
  const { warnings: _, ...project } = await readProject(configPath, env);
  return project;
}

async function readProject(
  configPath: string,
  env: NodeJS.ProcessEnv,
): Promise<ViewedProject & Pick<Project, 'warnings'>> {
  const [configs, rulesLoader, plugins, contract] = await Promise.all([
    import('../config/index.ts'),
    import('../rules/load.ts'),
    import('../plugin/index.ts'),
    import('../plugin/contract.ts'),
  ]);
  const { config, problems: configProblems } = await configs.loadConfig(configPath, env);
  const loaded = await rulesLoader
    .loadRules(config.rulesPath, config.watches)
    .catch((error: unknown) => toCarbonationError(error));
  const location = plugins.resolvePlugin(config.pluginPackage, config.directory);
  const plugin = await plugins.loadPlugin(location);
  const migrations = await plugins.loadMigrations(plugin, location);
  const known = { config, location, plugin, migrations };
  if (loaded instanceof CarbonationError) return { ...known, rules: null, fault: loaded, warnings: [] };

  const { rules, problems: rulesProblems } = loaded;
  const texts = await readTexts([config.path, config.rulesPath]);
  const found = configs.crossCheck(config, rules, contract.pluginKeys(plugin));
  const located = await configs.locateProblems(found, texts);
  if (configs.hasErrors(located)) {
    const fault = new CarbonationError('CONFIG_INVALID', `${config.path} and ${config.rulesPath} do not fit together`, {
      details: located.map(configs.formatProblem),
    });
    return { ...known, rules: null, fault, warnings: [] };
  }
  const warnings = [...configProblems, ...rulesProblems, ...located].map(configs.formatUngraded);
  return { ...known, rules, fault: null, warnings };
}

// Only for the lines of problems: a file that has just gone costs the lines, nothing else.
async function readTexts(paths: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const texts: Record<string, string> = {};
  for (const path of paths) texts[path] = await readFile(path, 'utf8').catch(() => '');
  return texts;
}
