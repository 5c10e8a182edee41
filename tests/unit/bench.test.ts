import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reaches, tableOf } from '../../bench/lib/figures.ts';
import { isUsageError, orderOf } from '../../bench/lib/order.ts';
import { withResult } from '../../bench/lib/readme.ts';
import { archiveOf, deliver, expectArchived } from '../../bench/lib/project.ts';
import { median, paired, percentile, startupApart } from '../../bench/lib/stats.ts';
import { parts } from '../../bench/parts/index.ts';
import { useTemp } from '../support/temp.ts';

const figure = { name: 'a figure', unit: 's', values: [3, 1, 2] };

describe('figures', () => {
  it('are held against their goals by the median', () => {
    expect(reaches(figure)).toBeNull();
    expect(reaches({ ...figure, goal: { atLeast: 2 } })).toBe(true);
    expect(reaches({ ...figure, goal: { atLeast: 2.1 } })).toBe(false);
    expect(reaches({ ...figure, goal: { atMost: 2 } })).toBe(true);
    expect(reaches({ ...figure, goal: { below: 2 } })).toBe(false);
  });

  it('are a line each, and so is what was not measured', () => {
    const [, heads, , measured, skipped] = tableOf([
      { ...figure, values: [1234.4, 0.01234, 12.34], goal: { atMost: 3 } },
      { skipped: 'a peer', why: 'it is not here' },
    ]).split('\n');
    const cells = (line = '') => line.split('│').map((cell) => cell.trim());
    expect(cells(heads).slice(1, -2)).toEqual(['figure', 'unit', 'min', 'median', 'max', 'goal']);
    expect(cells(measured).slice(1, -1)).toEqual(['a figure', 's', '0.012', '12.3', '1234', '≤ 3', 'MISSED']);
    expect(skipped).toContain('NOT MEASURED: it is not here');
  });
});

describe('statistics', () => {
  it('are those of small samples', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([5, 1, 3])).toBe(3);
    expect(median([])).toBeNaN();
    const hundred = Array.from({ length: 100 }, (_, i) => i);
    expect([0, 0.5, 0.95, 1].map((share) => percentile(hundred, share))).toEqual([0, 50, 95, 99]);
  });

  it('compare only what belongs to one round, and a run only with a shorter start-up', () => {
    expect(paired([2, 9], [1, 3])).toEqual([2, 3]);
    expect(() => paired([2], [1, 3])).toThrow('1 rounds beside 2');
    expect(startupApart([3, 5], [1, 2])).toEqual([2, 3]);
    expect(() => startupApart([3, 1], [1, 1])).toThrow('deliver more groups');
  });
});

describe('an outcome', () => {
  const temp = useTemp();

  it('that is wrong stops the part', () => {
    const directory = temp();
    expect(() => expectArchived(directory, 1)).toThrow('files in the archive: 0 instead of 2; no figure');
    const archive = archiveOf(directory);
    mkdirSync(archive, { recursive: true });
    deliver(archive, 2);
    expect(() => expectArchived(directory, 1)).toThrow('4 instead of 2');
    expectArchived(directory, 2);
    rmSync(join(archive, 'g0.txt'));
    expect(() => expectArchived(directory, 2)).toThrow('3 instead of 4');
  });
});

describe('the command line', () => {
  const chosen = (...args: readonly string[]) => orderOf(parts, args).chosen.map(({ name }) => name);

  it('names parts, or means all of them', () => {
    expect(chosen('large', 'delivery')).toEqual(['delivery', 'large']);
    expect(chosen()).toEqual(parts.map(({ name }) => name));
    expect(orderOf(parts, ['delivery', '--groups', '50', '--write'])).toMatchObject({
      given: { groups: 50 },
      write: true,
    });
  });

  it.each([
    ['no part nope', ['nope']],
    ['a number above 0, not x', ['--groups', 'x']],
    ['a number above 0, not 0', ['--groups', '0']],
    ['none of large takes --seconds', ['large', '--seconds', '1']],
    ["Unknown option '--nope'", ['--nope']],
  ])('is refused: %s', (message, args) => {
    const refused = (() => {
      try {
        return orderOf(parts, args);
      } catch (error) {
        return error;
      }
    })();
    expect(isUsageError(refused)).toBe(true);
    expect(String(refused)).toContain(message);
  });
});

describe('bench/README.md', () => {
  const readme = readFileSync(resolve(import.meta.dirname, '../../bench/README.md'), 'utf8');

  it.each(parts.map(({ name }) => name))('explains %s and has a place for its result', (name) => {
    expect(readme).toMatch(new RegExp(`^### \`${name}\`$`, 'm'));
    const once = withResult(readme, name, 'the first\nresult');
    expect(once).toContain('```\nthe first\nresult\n```');
    const twice = withResult(once, name, 'the second');
    expect(twice).not.toContain('the first');
    expect(withResult(twice, name, 'the first\nresult')).toBe(once);
  });

  it('is left alone by a part that it has no place for', () => {
    expect(() => withResult(readme, 'nope', 'a result')).toThrow('no place for the result of nope');
  });
});
