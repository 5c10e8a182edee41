import { resolve } from 'node:path';
import { unknownName } from '../../config/suggest.ts';
import { listNames } from '../../core/counted.ts';
import type { ArchiveConfig, Config, WatchConfig } from '../../config/types.ts';
import { isBelow } from '../../core/index.ts';
import { CarbonationError } from '../../errors/index.ts';
import type { CurrentRules } from '../types.ts';

/** A part of the archives that is reconciled: a directory, or one file. */
export interface ArchiveScope {
  /** Absolute path of what is looked at. */
  readonly path: string;
  /** The base path of the archives that it belongs to. */
  readonly root: string;
  readonly archives: readonly ArchiveConfig[];
  /** Base paths of other archives, below this root. */
  readonly excluded: readonly string[];
}

/**
 * The parts of the archives that a person asks for.
 *
 * @param wanted - names of archives and paths as they were given; none: all
 * @param cwd - what relative paths are relative to
 * @throws CarbonationError USAGE for an archive that there is not, or a path that is in none
 */
export function archiveScopes(
  archives: readonly ArchiveConfig[],
  wanted: { readonly archives: readonly string[]; readonly paths: readonly string[] },
  cwd: string,
): readonly ArchiveScope[] {
  const known = archives.map(({ name }) => name);
  const unknown = wanted.archives.find((name) => !known.includes(name));
  if (unknown !== undefined) throw unknownName('archive', unknown, known);
  const chosen = archives.filter(({ name }) => wanted.archives.length === 0 || wanted.archives.includes(name));
  const whole = chosen.map((archive) => scopeOf(archives, archive, wanted.archives.length > 0));
  if (wanted.paths.length === 0) return outermost(whole);
  const parts = wanted.paths.flatMap((given) => {
    const path = resolve(cwd, given);
    // A path above an archive takes all of it.
    const within = whole.filter(
      (scope) => isBelow(scope.path, path) && !scope.excluded.some((one) => isBelow(one, path)),
    );
    const above = whole.filter((scope) => scope.path !== path && isBelow(path, scope.path));
    if (within.length + above.length > 0) return [...within.map((scope) => ({ ...scope, path })), ...above];
    const list = chosen.map(({ name, basePath }) => `${name} (${basePath})`);
    const remedy = `the archives are ${listNames(list)}`;
    throw new CarbonationError('USAGE', `${path} is in no archive`, { remedy });
  });
  return outermost(parts);
}

/** All of an archive; where several share a base path and one of them is meant, only what is surely its own. */
function scopeOf(all: readonly ArchiveConfig[], archive: ArchiveConfig, isNamed: boolean): ArchiveScope {
  const root = archive.basePath;
  const sharing = all.filter(({ basePath }) => basePath === root);
  return {
    path: isNamed && sharing.length > 1 ? fixedDirectory(archive) : root,
    root,
    archives: sharing,
    excluded: all.map(({ basePath }) => basePath).filter((path) => path !== root && isBelow(root, path)),
  };
}

/** The directories of a destination that come before its first placeholder. */
function fixedDirectory({ basePath, destination }: ArchiveConfig): string {
  const brace = destination.search(/[{}]/);
  if (brace === -1) return resolve(basePath, destination);
  const slash = destination.lastIndexOf('/', brace);
  return slash === -1 ? basePath : resolve(basePath, destination.slice(0, slash));
}

/** Scopes of which none is within another. */
function outermost(scopes: readonly ArchiveScope[]): readonly ArchiveScope[] {
  const kept: ArchiveScope[] = [];
  for (const scope of scopes.toSorted((a, b) => a.path.length - b.path.length)) {
    if (!kept.some((one) => one.root === scope.root && isBelow(one.path, scope.path))) kept.push(scope);
  }
  return kept;
}

/** Whether a path belongs to a scope: not to another archive within it. */
export function isInScope(scope: ArchiveScope, path: string): boolean {
  return !scope.excluded.some((root) => isBelow(root, path));
}

/** The watches that archive into a directory of a scope, as far as the rules tell. */
export function watchesArchivingTo(
  scope: ArchiveScope,
  directory: string,
  config: Pick<Config, 'watches'>,
  rules: CurrentRules,
): readonly WatchConfig[] {
  const exact = scope.archives.filter((archive) => isBelow(fixedDirectory(archive), directory));
  const names = new Set((exact.length > 0 ? exact : scope.archives).map(({ name }) => name));
  const sure = config.watches.filter((watch) => {
    const { archive, routing } = rules.of(watch);
    const own = archive ?? watch.archive;
    return (own !== null && names.has(own)) || routing.some((rule) => rule.type === 'match' && names.has(rule.archive));
  });
  if (sure.length > 0) return sure;
  // What a plugin routes may go anywhere.
  return config.watches.filter((watch) => rules.of(watch).routing.some(({ type }) => type === 'plugin'));
}
