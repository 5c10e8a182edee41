import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, test } from 'vitest';
import { alternatives, compileGlobs } from '../../src/core/index.ts';

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
  '{9..11}',
  '{9..11}',
];

describe('a glob', () => {
  test('matches what picomatch says that it matches', () => {
    const pattern = fc.array(fc.constantFrom(...scraps), { minLength: 1, maxLength: 9 });
    const name = fc.array(fc.constantFrom('a', 'b', '_', '.', 'c', '*', '/', '1', '11', '9', '10'), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(pattern, fc.array(name, { minLength: 20, maxLength: 20 }), (parts, names) => {
        // Of stars in a row that are no whole part of a path picomatch makes one thing or another.
        const glob = parts.join('').replaceAll(/(?<=[^/*])\*{2,}|\*{2,}(?=[^/*])|\*{3,}/g, '*');
        const literal = glob.replaceAll(/[|+]/g, String.raw`\$&`).replaceAll('{9..11}', '{9,10,11}');
        const [ours, theirs] = [compileGlobs([glob]), picomatch(literal, options)];
        // No path below a watch begins or ends with a slash; picomatch takes some that do, depending on what else is in the glob.
        const texts = names.map((one) => one.join('').split('/').filter(Boolean).join('/'));
        for (const text of texts) expect([text, ours(text)]).toEqual([text, theirs(text)]);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ['?', '😀', true],
    ['??', '😀', false],
    ['a-?.nc', 'a-😀.nc', true],
    ["it's a_?", "it's a_😀", true],
    ['😀?', '😀😀', true],
    ['\\😀?', '😀漢', true],
    ['*_?_*_*.nc', 'a_😀_b_c.nc', true],
    ['a-[😀]', 'a-😀', true],
    ['[!a]', '😀', true],
    ['[!😀]', '😀', false],
    ['[😀-😎]', '😁', true],
    ['[a\\-b]?', '-😀', true],
  ])('%s takes a character as people see it: %s', (glob, name, isMatch) => {
    expect(compileGlobs([glob])(name)).toBe(isMatch);
  });

  test.each([
    '*_*_*_*_*_*_*.nc',
    'S_*_*_*_*_*_*.nc',
    '*_?_*_[!a]_*_*_*_*.*.nc',
    '*{_,-}*{_,-}*{_,-}*{_,-}*_*.nc',
    '{*_*,*-*}_*_*_*_*.{nc,cdf}',
  ])('of many stars answers at once for a name that almost fits: %s', (glob) => {
    const matches = compileGlobs([glob]);
    expect(matches(`S${'_'.repeat(250)}.n`)).toBe(false);
    expect(matches(`S${'_'.repeat(240)}x.nc.nc`)).toBe(true);
  });

  test('of many stars and a class answers at once for a name that almost fits', () => {
    const matches = compileGlobs(['*_*_*_[12]*_*_*_*.nc']);
    expect(matches(`S${'1_'.repeat(125)}.n`)).toBe(false);
    expect(matches('S_a_b_1c_d_e_f.nc')).toBe(true);
  });

  test('beside a range, a dot is a dot', () => {
    const matches = compileGlobs(['b.{9..11}', '.c.{x,d.{1..2}}']);
    expect(['b.9', 'b.11', '.c.x', '.c.d.2'].map(matches)).toEqual([true, true, true, true]);
    expect(['ba11', 'b11', '.cax', '.c.da2', 'ac.x'].map(matches)).toEqual([false, false, false, false, false]);
  });

  test.each(['*{1..9}*{1..9}*{1..9}*{1..9}*_*.nc', '*{8..11}*{8..11}*{8..11}*{-1..1}*_*.nc'])(
    'of ranges among many stars answers at once for a name that almost fits: %s',
    (glob) => {
      const matches = compileGlobs([glob]);
      const digits = '1'.repeat(240);
      expect(matches(`${digits}_.n`)).toBe(false);
      expect(matches(`8${digits}_.nc.nc`)).toBe(true);
    },
  );

  test('of a range that nobody means is no choice of others', () => {
    expect(alternatives('{0..99999999}')).toEqual(['{0..99999999}']);
  });

  test('has a class stand for one character, and only whole for its own letters', () => {
    const matches = compileGlobs(['data[12]*']);
    expect(['data1.nc', 'data[12]*'].map(matches)).toEqual([true, true]);
    expect(['data[12].nc', 'data3.nc'].map(matches)).toEqual([false, false]);
  });

  test.each([
    ['S{9..11}_*', ['S9_a', 'S10_a', 'S11_a'], ['S1_a', 'S0_a', 'S12_a', 'S_a']],
    ['{01..10}.tif', ['01.tif', '02.tif', '10.tif'], ['1.tif', '2.tif', '001.tif']],
    ['{3..1}{a..c}', ['3a', '1c'], ['0a', '3d']],
    ['{-01..1}', ['-01', '000', '001'], ['-1', '0', '1']],
    ['{8..0..3}', ['8', '5', '2'], ['0', '3']],
    ['{A..C}', ['A', 'C'], ['a', 'D']],
    ['{x,{1..2}}', ['x', '1', '2'], ['3']],
    ['{1..b}', ['{1..b}'], ['1', 'b']],
    ['{1..2..x}', ['{1..2..x}'], ['1', '2']],
  ])('of a range matches its members, as a shell has them: %s', (glob, members, others) => {
    const matches = compileGlobs([glob]);
    expect([...members, ...others].filter((name) => matches(name))).toEqual(members);
  });

  test('of more choices than can be tried one after the other is taken as a whole', () => {
    const matches = compileGlobs([`*_*_*_${'{a,b}'.repeat(40)}`]);
    expect([matches(`x_y_z_${'ab'.repeat(20)}`), matches('x_y_z_')]).toEqual([true, false]);
  });

  test.each([
    ['*_{HH,VV}+{HV,VH}.tif', ['S1_HH+HV.tif', 'S1_VV+VH.tif'], ['S1_HHHV.tif', 'S1_HHHHHV.tif']],
    ['{1..3}+', ['1+'], ['1', '11']],
    ['*|a', ['|a', 'b|a'], ['a', 'b']],
    ['{a|b,c}', ['a|b', 'c'], ['a', 'b']],
    ['*[+|]', ['a+', 'a|'], ['a', 'ab']],
    ['x"?"*.nc', ['x"1"2.nc'], ['x12.nc']],
    ['"*"', ['"a"'], ['a', '*']],
  ])('takes +, | and quotes for themselves: %s', (glob, fitting, others) => {
    const matches = compileGlobs([glob]);
    expect([...fitting, ...others].filter((name) => matches(name))).toEqual(fitting);
  });

  test('of a range that nobody means is refused', () => {
    expect(() => compileGlobs(['{0..99999999}'])).toThrow('{0..99999999} has more than 100000 members');
  });
});
