import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { compileGlobs } from '../../src/core/index.ts';

const options = { dot: true, nonegate: true, posix: true, windows: false, keepQuotes: true, flags: 's' };
const scraps = [
  '*',
  '*',
  '*',
  '*',
  'a',
  'b',
  '_',
  '.',
  '?',
  '[ab]',
  '[!a]',
  '[a-b]',
  '{a,b}',
  '\\*',
  '/',
  '!',
  '|',
  '+',
  '**',
];

describe('a glob', () => {
  test('matches what picomatch says that it matches', () => {
    const pattern = fc.array(fc.constantFrom(...scraps), { minLength: 1, maxLength: 9 });
    const name = fc.array(fc.constantFrom('a', 'b', '_', '.', 'c', '*', '/'), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(pattern, fc.array(name, { minLength: 20, maxLength: 20 }), (parts, names) => {
        const glob = parts.join('');
        const [ours, theirs] = [compileGlobs([glob]), picomatch(glob, options)];
        for (const text of names.map((one) => one.join(''))) expect([text, ours(text)]).toEqual([text, theirs(text)]);
      }),
      { numRuns: 5000 },
    );
  });

  test.each(['*_*_*_*_*_*_*.nc', 'S_*_*_*_*_*_*.nc', '*_?_*_[!a]_*_*_*_*.*.nc'])(
    'of many stars answers at once for a name that almost fits: %s',
    (glob) => {
      const matches = compileGlobs([glob]);
      expect(matches(`S${'_'.repeat(250)}.n`)).toBe(false);
      expect(matches(`S${'_'.repeat(240)}x.nc.nc`)).toBe(true);
    },
  );
});
