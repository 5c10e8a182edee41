import { describe, expect, it } from 'vitest';
import { brakeOf, compareRoot, type GoneCount, type RootState, tooMuchGone } from '../../src/service/brakes.ts';
import { IdSet } from '../../src/service/id-set.ts';
import { watchOf } from '../support/watch.ts';

const watch = watchOf('/data/in', { name: 'in coming' });
const limits = { maxGonePercent: 20, maxGoneFiles: 50 };
const force = "`carbonation reconcile delivery --watch 'in coming' --force`";

function brake(changes: Partial<GoneCount>, root: RootState = 'same'): string | null {
  const count = {
    total: 1000,
    gone: 0,
    unarchived: 1000,
    unarchivedGone: 0,
    hasSameFile: true,
    hasRenumberedFile: false,
    ...changes,
  };
  return brakeOf(watch, root, count, limits);
}

describe('the share of files gone at once', () => {
  it.each([
    [{ unarchived: 1000, unarchivedGone: 0 }, false],
    [{ unarchived: 51, unarchivedGone: 50 }, false],
    [{ unarchived: 51, unarchivedGone: 51 }, true],
    [{ unarchived: 1000, unarchivedGone: 200 }, false],
    [{ unarchived: 1000, unarchivedGone: 201 }, true],
    [{ total: 5000, gone: 4000, unarchived: 0, unarchivedGone: 0 }, false],
  ])('%j holds back: %s', (count, isHeld) => {
    expect(brake({ gone: 4000, ...count }) !== null).toBe(isHeld);
  });

  it('names the figures, the limits and the way out', () => {
    expect(brake({ gone: 300, unarchivedGone: 300 })).toBe(
      `300 of 1000 files that are not archived yet are gone at once, more than 20 % and 50: nothing is cleared; if they are gone for good: ${force}`,
    );
  });
});

describe('the root of a watch', () => {
  const recorded = { watchName: watch.name, path: watch.path, device: 7, inode: 2 };

  it.each([
    [{ device: 7, inode: 2 }, recorded, 'same'],
    [{ device: 8, inode: 2 }, recorded, 'otherDevice'],
    [{ device: 7, inode: 3 }, recorded, 'other'],
    [{ device: 8, inode: 3 }, { ...recorded, path: '/data/former' }, 'first'],
    [{ device: 8, inode: 3 }, null, 'first'],
  ] as const)('%j against %j is %s', (mark, former, expected) => {
    expect(compareRoot(watch, mark, former)).toBe(expected);
  });

  it.each([
    ['other', { gone: 1, hasSameFile: true }, true],
    ['other', { gone: 0 }, false],
    // The computer was started again and counts its disks otherwise: the same tree, of which files were taken.
    ['otherDevice', { gone: 1, hasSameFile: true }, false],
    ['otherDevice', { gone: 1, hasSameFile: false }, true],
    // A file system that gives inode numbers anew with each mount.
    ['other', { gone: 1, hasSameFile: false, hasRenumberedFile: true }, false],
    ['otherDevice', { gone: 1, hasSameFile: false, hasRenumberedFile: true }, false],
    ['first', { gone: 1, hasSameFile: false }, false],
  ] as const)('that is %s with %j holds back: %s', (root, count, isHeld) => {
    expect(brake(count, root) !== null).toBe(isHeld);
  });

  it('is asked for its disk, with the way out', () => {
    expect(brake({ gone: 3, total: 3 }, 'other')).toBe(
      `3 of 3 files in delivery are gone, and /data/in is another directory than before: is its disk mounted? Nothing is cleared; if they are gone for good: ${force}`,
    );
  });
});

describe('an archive of which copies are gone at once', () => {
  const few = { maxGonePercent: 10, maxGoneFiles: 50 };
  it.each([
    [50, 60],
    [51, 510],
    [1000, 1_000_000],
  ])('is believed: %i of %i', (gone, all) => {
    expect(tooMuchGone('files in /archive', { gone, all }, few)).toBeNull();
  });

  it.each([
    [51, 509],
    [51, 51],
    [100_001, 1_000_000],
  ])('is not believed: %i of %i', (gone, all) => {
    expect(tooMuchGone('files in /archive', { gone, all }, few)).toBe(
      `${gone} of ${all} files in /archive are gone at once, more than 10 % and 50`,
    );
  });
});

describe('a set of rows', () => {
  it('knows those that were put in, and no others', () => {
    const ids = new IdSet();
    const some = [1, 7, 8, 9_000, 1_000_003];
    for (const id of some) ids.add(id);
    const around = some.flatMap((id) => [id - 1, id, id + 1]);
    expect(around.filter((id) => ids.has(id)).toSorted((a, b) => a - b)).toEqual([1, 7, 7, 8, 8, 9_000, 1_000_003]);
    expect(ids.has(2_000_000_000)).toBe(false);
  });
});
