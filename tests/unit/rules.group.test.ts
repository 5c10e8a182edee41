import { describe, expect, test } from 'vitest';

import { completenessOf, groupKeyOf, primaryOf, splitName, type Completeness } from '../../src/rules/index.ts';

const rule: Completeness = {
  groupBy: 'stem',
  groupFunction: null,
  expectedExtensions: ['.gz', '.tar.gz', '.meta.json'],
  primaryExtension: '.tar.gz',
  timeoutMs: 1,
  onTimeout: 'warn',
  acrossDirectories: false,
};

describe('splitting a file name', () => {
  test.each([
    ['a.tar.gz', 'a', '.tar.gz'],
    ['a.b.gz', 'a.b', '.gz'],
    ['a.meta.json', 'a', '.meta.json'],
    ['a.TAR.GZ', 'a.TAR', '.GZ'],
    ['.tar.gz', '.tar', '.gz'],
    ['.gz', '.gz', ''],
    ['a.b.c', 'a.b', '.c'],
    ['.hidden', '.hidden', ''],
    ['.hidden.txt', '.hidden', '.txt'],
    ['a.', 'a.', ''],
    ['a', 'a', ''],
    ['..a', '.', '.a'],
    ['...', '...', ''],
  ])('%s is %s and %j', (name, stem, extension) => {
    expect(splitName(name, rule.expectedExtensions)).toEqual({ stem, extension });
  });
});

describe('the group key', () => {
  test('is the stem at the top of a watch', () => {
    expect(groupKeyOf('a.tar.gz', rule)).toBe('a');
  });

  test('has the directory in front below it, so that equal names in two directories are two groups', () => {
    expect(groupKeyOf('x/y/a.tar.gz', rule)).toBe('x/y/a');
  });

  test('is the plain stem everywhere when the rule set groups across directories', () => {
    expect(groupKeyOf('x/y/a.tar.gz', { ...rule, acrossDirectories: true })).toBe('a');
  });

  test('is the relative path without a completeness rule', () => {
    expect(groupKeyOf('x/a.tar.gz', null)).toBe('x/a.tar.gz');
  });

  test('is the relative path of a file that the plugin does not group', () => {
    expect(groupKeyOf('x/a.tar.gz', { ...rule, groupBy: 'plugin' })).toBe('x/a.tar.gz');
  });
});

describe('completeness', () => {
  test('lists the missing extensions in the order of the rule', () => {
    expect(completenessOf(['a.tar.gz'], rule)).toEqual({ complete: false, missing: ['.gz', '.meta.json'] });
  });

  test('holds once every expected extension is there, wherever the files lie and whatever else came', () => {
    const names = ['x/a.tar.gz', 'y/a.gz', 'a.meta.json', 'a.txt'];
    expect(completenessOf(names, rule)).toEqual({ complete: true, missing: [] });
  });

  test('is not reached by a file that is nothing but the extension', () => {
    expect(completenessOf(['.gz'], { ...rule, expectedExtensions: ['.gz'] })).toEqual({
      complete: false,
      missing: ['.gz'],
    });
  });

  test('holds at once without a rule', () => {
    expect(completenessOf([], null)).toEqual({ complete: true, missing: [] });
  });
});

describe('the primary component', () => {
  const components = ['b.gz', 'b.tar.gz', 'a.meta.json'].map((fileName) => ({ fileName }));

  test('has the primary extension', () => {
    expect(primaryOf(components, rule)).toBe(components[1]);
  });

  test('is the first by name when none has it, or none is named', () => {
    expect(primaryOf(components, { ...rule, primaryExtension: '.nc' })).toBe(components[2]);
    expect(primaryOf(components, { ...rule, primaryExtension: null })).toBe(components[2]);
    expect(primaryOf(components, null)).toBe(components[2]);
  });

  test('does not exist in a group without components', () => {
    expect(primaryOf([], rule)).toBeNull();
  });
});
