import { expect, test } from 'vitest';
import type { ArchiveConfig } from '../../src/config/types.ts';
import { archiveScopes, isInScope } from '../../src/service/archive-scope.ts';
import { archiveDefaults } from '../support/archive-defaults.ts';

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
  expect(pathsOf({ paths: ['x', 'x/y', '/archive/cold/2026'] })).toEqual(['/archive/main/x', '/archive/cold/2026']);
  expect(pathsOf({ paths: ['/'] })).toEqual(['/archive', '/archive/cold']);
});

test('what is not there is refused with what is', () => {
  expect(() => pathsOf({ paths: ['/elsewhere'] })).toThrow('/elsewhere is in no archive');
  expect(() => pathsOf({ archives: ['side'], paths: ['/archive/main'] })).toThrow('in no archive');
  expect(() => pathsOf({ archives: ['nope'] })).toThrow('there is no archive "nope"');
});
