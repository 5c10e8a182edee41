import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { systemClock, type Clock } from '../core/clock.ts';
import { firstOf } from '../core/counted.ts';
import { catalogue, CarbonationError, messageOf, systemCode, type ErrorCode } from '../errors/index.ts';
import { isPlainObject, type Properties } from './checks.ts';
import type { Plugin } from './contract.ts';
import type { PluginLocation } from './location.ts';
import { importError } from './import-error.ts';
import { isPluginMigration, migrationProblems } from './migration-checks.ts';
import type { PluginMigration } from './migration.ts';
import { installResolveHook, runTypeScriptIn } from './resolve-hook.ts';
import { completePlugin, isPluginDefinition, pluginProblems } from './validate.ts';

/** A migration of a plugin with its name: its file's, without the extension. */
export interface NamedMigration {
  readonly name: string;
  readonly migration: PluginMigration;
}

/** How long an import may take: also one that connects to somewhere before it ends. */
const importMs = 60_000;

/**
 * Imports a plugin's main module and checks what it exports. Every thread that
 * calls a plugin function loads the plugin for itself.
 *
 * @throws CarbonationError PLUGIN_INVALID: it cannot be imported (the message names the file), exports no plugin, or
 *   breaks the contract (every problem in `details`).
 */
export async function loadPlugin(location: PluginLocation, clock: Pick<Clock, 'after'> = systemClock): Promise<Plugin> {
  const module = await importModule(location.url, location, 'PLUGIN_INVALID', clock);
  const exported = module['default'] ?? module['plugin'];
  if (exported === undefined) {
    const names = Object.keys(module).join(', ') || 'nothing';
    throw new CarbonationError(
      'PLUGIN_INVALID',
      `${fileURLToPath(location.url)} has neither a default export nor one named "plugin"; it exports ${names}`,
    );
  }
  if (isPluginDefinition(exported)) return completePlugin(exported);
  throw invalid('PLUGIN_INVALID', `the plugin ${location.name}`, pluginProblems(exported));
}

/** Where a plugin's migrations are, or will be: `migrations/` in its package unless it says otherwise. */
export function migrationsDirectory(plugin: Plugin, location: PluginLocation): string {
  return plugin.migrationsPath ?? join(location.directory, 'migrations');
}

/**
 * Imports and checks the migrations of a plugin, in the order of their names. No directory, no migrations: the first revision
 * makes it.
 *
 * @throws CarbonationError MIGRATION_INVALID with every problem of every file in `details`.
 */
export async function loadMigrations(plugin: Plugin, location: PluginLocation): Promise<NamedMigration[]> {
  const directory = migrationsDirectory(plugin, location);
  const migrations: NamedMigration[] = [];
  const problems: string[] = [];
  for (const file of migrationFiles(directory, location)) {
    const name = nameOf(file);
    const module = await importModule(pathToFileURL(join(directory, file)).href, location, 'MIGRATION_INVALID');
    const migration = module['default'];
    if (migrations.some((earlier) => earlier.name === name))
      problems.push(`${file}: there is another file of this name`);
    else if (isPluginMigration(migration)) migrations.push({ name, migration });
    else problems.push(...migrationProblems(migration).map((problem) => `${file}: ${problem}`));
  }
  if (problems.length > 0) throw invalid('MIGRATION_INVALID', `the migrations in ${directory}`, problems);
  return migrations;
}

/**
 * The names of the migrations that are in a plugin's directory now, also of those that cannot be loaded.
 *
 * @throws CarbonationError MIGRATION_INVALID
 */
export function migrationNames(directory: string, location: PluginLocation): readonly string[] {
  return migrationFiles(directory, location).map(nameOf);
}

function nameOf(file: string): string {
  return file.replace(/\.[^.]+$/, '');
}

function migrationFiles(directory: string, location: PluginLocation): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory() && /(?<!\.d|\.test)\.[cm]?[jt]s$/.test(entry.name))
      .map((entry) => entry.name)
      .toSorted();
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw new CarbonationError(
      'MIGRATION_INVALID',
      `the migrations of the plugin ${location.name} cannot be read: ${messageOf(thrown)}`,
      {
        cause: thrown,
        remedy: 'let the user of the service read that directory; `migrationsPath` in the plugin names another',
      },
    );
  }
}

function invalid(code: ErrorCode, what: string, problems: readonly string[]): CarbonationError {
  return new CarbonationError(code, `${what}: ${firstOf(problems)}`, { details: problems });
}

async function importModule(
  url: string,
  location: PluginLocation,
  code: ErrorCode,
  clock: Pick<Clock, 'after'> = systemClock,
): Promise<Properties> {
  installResolveHook();
  runTypeScriptIn(location.directory);
  try {
    const module: unknown = await unlessStuck(import(/* @vite-ignore */ url), fileURLToPath(url), clock);
    return isPlainObject(module) ? exportsOf(module) : {};
  } catch (thrown) {
    throw importError(code, thrown, { url, directory: location.directory });
  }
}

/** What a module exports. CommonJS, whose exports are the default export as a whole, may have a `default` or `plugin` among them. */
function exportsOf(module: Properties): Properties {
  const { default: whole } = module;
  return isPlainObject(whole) && ('default' in whole || 'plugin' in whole) ? whole : module;
}

/** What an import comes to. It may end the process, or wait for what never happens: without a word, or as if all were well. */
async function unlessStuck<Module>(
  imported: Promise<Module>,
  path: string,
  clock: Pick<Clock, 'after'>,
): Promise<Module> {
  const { promise: given, reject } = Promise.withResolvers<never>();
  const giveUp = (): void => reject(new Error('an `await` outside of its functions waits for what never happens'));
  // A timer of the plugin keeps the process from being idle.
  const limit = clock.after(importMs, () =>
    reject(new Error(`an \`await\` outside of its functions has not ended after ${importMs / 1000} s`)),
  );
  const blame = (code: number): void => {
    // A second signal ends it so: that was not the plugin.
    if (code > 128) return;
    const { remedy } = catalogue.PLUGIN_INVALID;
    process.stderr.write(`error: ${path}, or a module that it imports, has ended the process\n  ${remedy}\n`);
    process.exitCode = 1;
  };
  process.once('beforeExit', giveUp);
  process.once('exit', blame);
  try {
    return await Promise.race([imported, given]);
  } finally {
    limit.cancel();
    process.off('beforeExit', giveUp);
    process.off('exit', blame);
  }
}
