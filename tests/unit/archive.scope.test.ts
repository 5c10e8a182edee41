import { expect, test } from 'vitest';
import type { ArchiveConfig } from '../../src/config/types.ts';
import type { RoutingRule } from '../../src/rules/index.ts';
import { archiveScopes, isInScope, watchesArchivingTo } from '../../src/service/reconcile-archive/scope.ts';
import { CurrentRules } from '../../src/service/types.ts';
import { archiveDefaults } from '../support/archive-defaults.ts';
import { watchOf } from '../support/watch.ts';

function archive(name: string, basePath: string, destination = '{category}'): ArchiveConfig {
  return {
    name,
    basePath,
    destination,
    ...archiveDefaults,
  };
}

const archives = [
  archive('main', '/archive', 'main/{category}'),
  archive('side', '/archive', 'side/{category}'),
  archive('cold', '/archive/cold'),
];

function pathsOf(wanted: { archives?: readonly string[]; paths?: readonly string[] }): readonly string[] {
  return archiveScopes(archives, { archives: [], paths: [], ...wanted }, '/archive/main').map(({ path }) => path);
}

test('without a wish every archive is looked at, each file once', () => {
  expect(pathsOf({})).toEqual(['/archive', '/archive/cold']);
  const [whole] = archiveScopes(archives, { archives: [], paths: [] }, '/');
  if (whole === undefined) throw new Error('no scope');
  expect(isInScope(whole, '/archive/main/a')).toBe(true);
  expect(isInScope(whole, '/archive/cold/a')).toBe(false);
});

test('an archive that shares its base path is what is surely its own', () => {
  expect(pathsOf({ archives: ['side'] })).toEqual(['/archive/side']);
  expect(pathsOf({ archives: ['cold'] })).toEqual(['/archive/cold']);
});

test('paths are relative to the working directory, and one within another is looked at once', () => {
  for (const paths of [
    ['x', 'x/y'],
    ['x/y', 'x'],
  ])
    expect(pathsOf({ paths: [...paths, '/archive/cold/2026'] })).toEqual(['/archive/main/x', '/archive/cold/2026']);
  expect(pathsOf({ paths: ['/'] })).toEqual(['/archive', '/archive/cold']);
});

test('what is not there is refused with what is', () => {
  expect(() => pathsOf({ paths: ['/elsewhere'] })).toThrow('/elsewhere is in no archive');
  expect(() => pathsOf({ archives: ['side'], paths: ['/archive/main'] })).toThrow('in no archive');
  expect(() => pathsOf({ archives: ['nope'] })).toThrow('there is no archive "nope"');
});

/** The names of the watches that archive into a directory, by how each of them routes. */
function archivingTo(directory: string, routings: Readonly<Record<string, readonly RoutingRule[]>>): readonly string[] {
  const watches = Object.keys(routings).map((name) => watchOf(`/in/${name}`, { name, rules: name }));
  const sets = Object.entries(routings).map(([name, routing]) => {
    const set = { name, archive: null, integrity: [], completeness: null, extract: null, selection: [], routing };
    return [name, set] as const;
  });
  const rules = new CurrentRules({ version: 'v', sets: Object.fromEntries(sets) });
  const [scope] = archiveScopes(archives, { archives: [], paths: [] }, '/');
  if (scope === undefined) throw new Error('no scope');
  return watchesArchivingTo(scope, directory, { watches }, rules).map(({ name }) => name);
}

test('what no watch archives for sure is of those whose plugin routes, beside whatever else they route', () => {
  const elsewhere: RoutingRule = { type: 'match', match: '*', archive: 'cold' };
  const byPlugin: RoutingRule = { type: 'plugin', function: 'route' };
  const routings = { fixed: [elsewhere], free: [elsewhere, byPlugin], none: [] };
  expect(archivingTo('/archive/main/a', routings)).toEqual(['free']);
  const sure: RoutingRule = { type: 'match', match: '*', archive: 'main' };
  expect(archivingTo('/archive/main/a', { ...routings, sure: [sure] })).toEqual(['sure']);
  expect(archivingTo('/archive/side/a', { ...routings, sure: [sure] })).toEqual(['free']);
});
