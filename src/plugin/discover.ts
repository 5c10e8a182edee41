import { realpathSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CarbonationError, messageOf } from '../errors/index.ts';
import { isPlainObject, type Properties } from './checks.ts';
import type { PluginLocation } from './location.ts';
import { declaresItself, entryOf, findPackage, isFile, readPackageJson, usualEntries } from './package-json.ts';

/**
 * Finds the plugin's package. Looks it up only; nothing of it is run.
 *
 * @param packageName `[plugins] package` as written: a path, or a package name. Null: the one dependency of the
 *   config directory's package.json that declares `"carbonation": { "plugin": true }`.
 * @param configDirectory Absolute path; what a path is relative to and where a package is looked up.
 * @throws CarbonationError PLUGIN_NOT_FOUND with where it looked; PLUGIN_INVALID when the package has no main module
 *   or cannot be read.
 */
export function resolvePlugin(packageName: string | null, configDirectory: string): PluginLocation {
  try {
    return lookUp(packageName, configDirectory);
  } catch (thrown) {
    if (thrown instanceof CarbonationError) throw thrown;
    throw new CarbonationError('PLUGIN_INVALID', `the plugin cannot be read: ${messageOf(thrown)}`, {
      cause: thrown,
      remedy: 'its files must be such that the user who runs carbonation may read them',
    });
  }
}

function lookUp(packageName: string | null, configDirectory: string): PluginLocation {
  if (packageName === null) return declaredPlugin(configDirectory);
  const path = resolve(configDirectory, packageName);
  const isThere = isFile(path) || ['package.json', ...usualEntries].some((file) => isFile(join(path, file)));
  if (isThere || isPath(packageName)) return pluginAt(path, packageName);
  const installed = findPackage(packageName, configDirectory);
  if (installed !== null) return pluginIn(installed);
  throw new CarbonationError('PLUGIN_NOT_FOUND', `the plugin "${packageName}" was not found`, {
    details: [
      `no package in ${path}`,
      `no installed package "${packageName}" in the node_modules of ${configDirectory} or above`,
    ],
  });
}

function isPath(text: string): boolean {
  return isAbsolute(text) || text === '.' || text === '..' || text.startsWith('./') || text.startsWith('../');
}

/** A path may name the package's directory or its main module itself. */
function pluginAt(path: string, written: string): PluginLocation {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return pluginIn(path);
  if (found?.isFile()) {
    const entry = realpathSync(path);
    return { name: basename(entry), url: pathToFileURL(entry).href, directory: dirname(entry) };
  }
  throw new CarbonationError('PLUGIN_NOT_FOUND', `the plugin "${written}" was not found: there is no ${path}`);
}

function pluginIn(path: string): PluginLocation {
  const directory = realpathSync(path);
  const name = readPackageJson(directory)?.['name'];
  return {
    name: typeof name === 'string' ? name : basename(directory),
    url: pathToFileURL(entryOf(directory)).href,
    directory,
  };
}

function declaredPlugin(configDirectory: string): PluginLocation {
  const manifest = join(configDirectory, 'package.json');
  const content = readPackageJson(configDirectory);
  if (content === null) {
    throw new CarbonationError('PLUGIN_NOT_FOUND', `config.toml names no plugin, and there is no ${manifest}`);
  }
  const candidates = dependenciesOf(content).map((name) => ({ name, directory: findPackage(name, configDirectory) }));
  const plugins = candidates.filter(({ directory }) => directory !== null && declaresItself(directory));
  const [first, ...others] = plugins;
  if (first !== undefined && first.directory !== null && others.length === 0) return pluginIn(first.directory);
  if (first === undefined) {
    throw new CarbonationError(
      'PLUGIN_NOT_FOUND',
      `config.toml names no plugin, and no dependency in ${manifest} declares \`"carbonation": { "plugin": true }\``,
      { details: candidates.map((it) => `${it.name}: ${it.directory ?? 'not installed'}`) },
    );
  }
  const names = plugins.map(({ name }) => name);
  throw new CarbonationError(
    'PLUGIN_NOT_FOUND',
    `config.toml names no plugin, and several dependencies in ${manifest} are one: ${names.join(', ')}`,
    { details: names },
  );
}

function dependenciesOf(content: Properties): string[] {
  const kinds = ['dependencies', 'optionalDependencies', 'devDependencies'];
  const names = kinds.flatMap((kind) => (isPlainObject(content[kind]) ? Object.keys(content[kind]) : []));
  return [...new Set(names)].toSorted();
}
