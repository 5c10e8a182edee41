import { describe, expect, test } from 'vitest';
import { migrationName } from '../../src/plugin/migration-text.ts';

describe('the name of a new migration', () => {
  test.for([
    [[], '0001_add_orbit'],
    [['0001_initial'], '0002_add_orbit'],
    [['0001_initial', '0009_more', '0002_other'], '0010_add_orbit'],
    [['1_initial', '2_more'], '3_add_orbit'],
    [['20260101120000_initial'], '20260101120001_add_orbit'],
  ] as const)('comes after %j', ([existing, expected]) => {
    expect(migrationName(existing, 'add orbit')).toBe(expected);
  });

  test.for(['9_more', '9999_more', 'initial'])('is none where no number comes after %s', (last) => {
    expect(migrationName([last], 'add orbit')).toBeNull();
  });

  test.for([
    ['Höhe & Bahn!', 'hohe_bahn'],
    ['../../etc', 'etc'],
    ['軌道', 'revision'],
    ['x'.repeat(80), 'x'.repeat(50)],
  ] as const)('has the words of %s', ([message, words]) => {
    expect(migrationName([], message)).toBe(`0001_${words}`);
  });
});
