import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { CarbonationError, isAbsence, messageOf } from '../errors/index.ts';
import { isPlainObject, type Properties } from './checks.ts';

/** Conditions of `exports` that hold when a plugin is imported. */
const conditions = new Set(['node', 'import', 'module-sync', 'default']);

/** Where the main module is when package.json does not say. */
export const usualEntries = ['index.ts', 'index.js', 'src/index.ts'];

/** Whether a path is an existing file, links followed. */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

/**
 * The package.json of a directory, or null when it has none.
 *
 * @throws CarbonationError PLUGIN_INVALID when it cannot be read or is not a JSON object.
 */
export function readPackageJson(directory: string): Properties | null {
  const path = join(directory, 'package.json');
  try {
    const content: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (isPlainObject(content)) return content;
  } catch (thrown) {
    if (isAbsence(thrown)) return null;
    throw new CarbonationError('PLUGIN_INVALID', `${path}: ${messageOf(thrown)}`, { cause: thrown });
  }
  throw new CarbonationError('PLUGIN_INVALID', `${path} is not a JSON object`);
}

/** Whether the package in a directory says that it is a plugin. */
export function declaresItself(directory: string): boolean {
  const declaration = readPackageJson(directory)?.['carbonation'];
  return isPlainObject(declaration) && declaration['plugin'] === true;
}

/**
 * The directory of an installed package as a module in `fromDirectory` would
 * find it, symbolic links resolved, or null. Reads the `node_modules` itself
 * because `require.resolve` refuses packages that only export for `import`.
 */
export function findPackage(name: string, fromDirectory: string): string | null {
  const searched = createRequire(join(fromDirectory, 'package.json')).resolve.paths(name) ?? [];
  const found = searched.map((folder) => join(folder, name)).find((folder) => isFile(join(folder, 'package.json')));
  return found === undefined ? null : realpathSync(found);
}

/**
 * The main module of a package: `exports["."]`, else `main`, else a usual name.
 *
 * @throws CarbonationError PLUGIN_INVALID when there is none.
 */
export function entryOf(directory: string): string {
  const content = readPackageJson(directory) ?? {};
  const named = exportedEntry(content['exports']) ?? (typeof content['main'] === 'string' ? content['main'] : null);
  const candidates = named === null ? usualEntries : [named];
  const entry = candidates.map((candidate) => join(directory, candidate)).find(isFile);
  if (entry !== undefined) return realpathSync(entry);
  throw new CarbonationError(
    'PLUGIN_INVALID',
    `the plugin in ${directory} has no main module: no ${candidates.join(', ')}`,
    named === null ? {} : { remedy: 'build the plugin, or correct `exports` or `main` in its package.json' },
  );
}

function exportedEntry(exported: unknown): string | null {
  return pick(isPlainObject(exported) && '.' in exported ? exported['.'] : exported);
}

/** Follows nested conditions in their order to the first target that holds. */
function pick(target: unknown): string | null {
  if (typeof target === 'string') return target;
  if (Array.isArray(target)) return target.map(pick).find((found) => found !== null) ?? null;
  if (!isPlainObject(target)) return null;
  for (const [condition, nested] of Object.entries(target)) {
    const found = conditions.has(condition) ? pick(nested) : null;
    if (found !== null) return found;
  }
  return null;
}
