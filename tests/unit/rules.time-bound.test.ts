import { describe, expect, test } from 'vitest';

import { compilePattern } from '../../src/rules/index.ts';
import { boundTime } from '../../src/rules/time-bound.ts';

const text = `${'a'.repeat(50)}!`;

/** None of them ends within years with that text. */
const endless = [
  String.raw`^(a+)+$`,
  String.raw`^(\w+-?)*$`,
  String.raw`(?i)^(A|a|aa)+$`,
  String.raw`^(?:a{1,20}){1,20}$`,
  String.raw`^(?=(a+)+$)`,
  String.raw`^${'a?'.repeat(50)}a{10}$`,
  String.raw`^${'.*a'.repeat(12)}\d`,
  String.raw`^${'(?:a|aa)'.repeat(30)}$`,
];

describe('a pattern that takes too long with a text', () => {
  test.each(endless)('%s ends, and says with which', (pattern) => {
    const bound = compilePattern(pattern, [20, 10]);
    const [first, again] = [20, 10].map((ms) =>
      expect.objectContaining({
        code: 'PATTERN_TIMEOUT',
        message: `the pattern "${pattern}" takes longer than ${ms} ms with "${text}"`,
      }),
    );
    expect(() => bound.test(text)).toThrow(first);
    expect(() => bound.test(text)).toThrow(again);
  });

  test('is as good as any other with a text that it gets along with', () => {
    const bound = compilePattern(String.raw`^(\w+-?)+$`);
    expect(bound.test('S1A-IW-20260102-001')).toBe(true);
    expect(bound.test('S1A-IW!')).toBe(false);
  });
});

describe('what certainly takes few steps is tested without a clock', () => {
  const limitMs = 0.5;

  // A limit that vm refuses tells that there is a clock.
  test.each([
    [/^S1[AB]_IW_/u, 67],
    [/^(?:GIF|JPG|PNG|TIF|NC|JSON|XML|CSV|HDF|BIN)$/u, 20],
    [/_IW_.*_SDV_/u, 200],
    [/^[\w*+?(){}]+\.\*\(\)+$/u, 60],
    [/^.+?-(?<year>\d{4})(?!x)/u, 20],
    [/^S1[AB]_\w{2}_SLC__1S[DS]V_\d{8}T\d{6}_\d{8}T\d{6}_\d{6}_[0-9A-F]{6}_[0-9A-F]{4}$/u, 67],
    [/^\p{Lu}\p{L}\u{5f}\p{Nd}{4}?-\d{2}-\d{2}T\d{2}/u, 60],
  ])('%s with %i characters', (expression, length) => {
    expect(boundTime(expression).test('x'.repeat(length), limitMs)).toBe(false);
  });

  test.each([
    [/^(a+)+$/u, 5],
    [/_IW_.*_SDV_/u, 2000],
    [/^\d{2,}-\d{1,4}-\w{0,9}_\d{2,}$/u, 60],
    [/x{1000}y/u, 2000],
    // A bracket of its own is no quantifier, which the question mark would make lazy.
    [new RegExp(`^${'}?'.repeat(30)}$`), 5],
  ])('%s with %i is not', (expression, length) => {
    expect(() => boundTime(expression).test('x'.repeat(length), limitMs)).toThrow(/timeout/u);
  });
});
