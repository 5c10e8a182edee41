import { describe, expect, test, vi } from 'vitest';

import { CarbonationError } from '../../src/errors/index.ts';
import {
  compilePattern,
  compileSelection,
  evaluateSelection,
  type CallSelect,
  type SelectionBlock,
} from '../../src/rules/index.ts';

const never: CallSelect = () => Promise.reject(new Error('nothing to ask'));

function block(parts: Partial<SelectionBlock>): SelectionBlock {
  return { hasKeys: [], lacksKeys: [], fields: [], plugin: null, ...parts };
}

function field(name: string, matches: string[], notMatches: string[] = []): SelectionBlock {
  return block({ fields: [{ name, matches, notMatches }] });
}

function asking(fn: string, kwargs: Record<string, unknown> = {}): SelectionBlock {
  return block({ plugin: { function: fn, kwargs } });
}

/** The only verdict of one block without a plugin function. */
function judge(one: SelectionBlock, metadata: Record<string, unknown>): { passed: boolean; reason: string } {
  const result = evaluateSelection(compileSelection([one]), metadata, never);
  if (result instanceof Promise) throw new Error('a promise without a plugin function');
  const [verdict] = result.verdicts;
  if (verdict === undefined) throw new Error('no verdict');
  expect(result.selected).toBe(verdict.passed);
  return { passed: verdict.passed, reason: verdict.reason };
}

describe('conditions on data', () => {
  test('no block accepts everything', () => {
    expect(evaluateSelection(compileSelection([]), {}, never)).toEqual({ selected: true, verdicts: [], notes: [] });
  });

  test('a failed match is explained with value and pattern', () => {
    expect(judge(field('category', ['^alpha']), { category: 'beta' })).toEqual({
      passed: false,
      reason: 'category = "beta" does not match ^alpha',
    });
  });

  test('a pattern is found anywhere, and one of several is enough', () => {
    expect(judge(field('category', ['^x', 'ph']), { category: 'alpha' }).passed).toBe(true);
    expect(judge(field('category', ['^x', 'y']), { category: 'alpha' }).reason).toBe(
      'category = "alpha" does not match any of ^x, y',
    );
  });

  test.each([[{}], [{ category: null }], [{ category: undefined }]])(
    'a missing value (%j) fails matches',
    (metadata) => {
      expect(judge(field('category', ['.*']), metadata)).toEqual({
        passed: false,
        reason: 'category is missing, so it does not match .*',
      });
    },
  );

  test('a missing value passes notMatches', () => {
    expect(judge(field('category', [], ['.*']), {}).passed).toBe(true);
  });

  test('a value that only notMatches is asked of passes where none of it fits', () => {
    expect(judge(field('category', [], ['^z', 'x$']), { category: 'alpha' })).toEqual({
      passed: true,
      reason: 'category = "alpha" does not match any of ^z, x$, as it must not',
    });
  });

  test('any of notMatches excludes', () => {
    const one = field('category', ['a'], ['^z', 'a$']);
    expect(judge(one, { category: 'alpha' })).toEqual({
      passed: false,
      reason: 'category = "alpha" matches a$, and must not',
    });
    expect(judge(one, { category: 'alph' }).passed).toBe(true);
  });

  test.each([
    [new Date('2026-01-01T00:00:00Z'), '^2026-01-01T00:00:00\\.000Z$'],
    [12345678901234567890n, '^12345678901234567890$'],
    [1.5, '^1\\.5$'],
    [false, '^false$'],
    [{ a: [1, null] }, '^\\{"a":\\[1,null\\]\\}$'],
  ])('the value %s is tried as text on %s', (value, pattern) => {
    expect(judge(field('v', [pattern]), { v: value }).passed).toBe(true);
  });

  test('hasKeys wants values that are not null; false, zero and empty text are values', () => {
    const one = block({ hasKeys: ['a', 'b'] });
    expect(judge(one, { a: 0, b: '' }).passed).toBe(true);
    expect(judge(one, { a: false, b: null })).toEqual({ passed: false, reason: 'b is missing' });
    expect(judge(block({ hasKeys: ['toString'] }), {}).passed).toBe(false);
  });

  test('lacksKeys wants absence or null', () => {
    const one = block({ lacksKeys: ['a'] });
    expect(judge(one, { a: null }).passed).toBe(true);
    expect(judge(one, {}).passed).toBe(true);
    expect(judge(one, { a: 0 })).toEqual({ passed: false, reason: 'a = 0 is present, and must be absent' });
  });

  test('all conditions of a block must hold, and every failure is named', () => {
    const one = block({ hasKeys: ['a'], lacksKeys: ['b'], fields: [{ name: 'c', matches: ['x'], notMatches: [] }] });
    expect(judge(one, { a: 1, c: 'x' }).passed).toBe(true);
    expect(judge(one, { b: 1, c: 'y' }).reason).toBe(
      'a is missing; b = 1 is present, and must be absent; c = "y" does not match x',
    );
  });

  test('a block that holds says what it saw', () => {
    const conditions = {
      hasKeys: ['a'],
      lacksKeys: ['z'],
      fields: [
        { name: 'c', matches: ['x', '^y'], notMatches: ['q'] },
        { name: 'gone', matches: [], notMatches: ['q'] },
      ],
      plugin: null,
    };
    expect(evaluateSelection(compileSelection([conditions]), { a: 1, c: 'y' }, never)).toEqual({
      notes: [],
      selected: true,
      verdicts: [
        {
          block: 1,
          passed: true,
          reason:
            'a = 1 is present; z is absent; c = "y" matches ^y; c = "y" does not match q, as it must not; gone is missing',
        },
      ],
    });
  });

  test('one block that passes is enough, and every block has its verdict', () => {
    const blocks = [field('c', ['x']), field('c', ['y']), field('c', ['z'])];
    expect(evaluateSelection(compileSelection(blocks), { c: 'y' }, never)).toEqual({
      notes: [],
      selected: true,
      verdicts: [
        { block: 1, passed: false, reason: 'c = "y" does not match x' },
        { block: 2, passed: true, reason: 'c = "y" matches y' },
        { block: 3, passed: false, reason: 'c = "y" does not match z' },
      ],
    });
  });

  test('a long value is cut in the reason', () => {
    expect(judge(field('c', ['^x']), { c: 'y'.repeat(500) }).reason.length).toBeLessThan(150);
  });
});

describe('plugin functions', () => {
  test('get the metadata and their kwargs, and kwargs cannot hide the metadata', async () => {
    const call = vi.fn<CallSelect>(async () => true);
    const metadata = { a: new Date(0) };
    const selection = compileSelection([asking('wanted', { limit: 3, metadata: 'no' })]);
    expect(await evaluateSelection(selection, metadata, call)).toEqual({
      notes: [],
      selected: true,
      verdicts: [{ block: 1, passed: true, reason: 'function "wanted" accepts the group' }],
    });
    expect(call.mock.calls).toEqual([['wanted', { limit: 3, metadata }]]);
  });

  test.each<[string, CallSelect, string]>([
    ['false', async () => false, 'function "f" rejects the group'],
    [
      'a throw',
      () => Promise.reject(new CarbonationError('PLUGIN_FUNCTION_FAILED', 'no orbit')),
      'function "f" failed: no orbit',
    ],
    ['another value', async () => 'yes', 'function "f" answered "yes", neither true nor false'],
    [
      'a throw before any promise',
      () => {
        throw new CarbonationError('PLUGIN_FUNCTION_FAILED', 'at once');
      },
      'function "f" failed: at once',
    ],
  ])('%s rejects the block, with the reason', async (_title, call, reason) => {
    expect(await evaluateSelection(compileSelection([asking('f')]), {}, call)).toEqual({
      notes: reason.endsWith('rejects the group') ? [] : [`selection block 1: ${reason}`],
      selected: false,
      verdicts: [{ block: 1, passed: false, reason }],
    });
  });

  test.each([
    new CarbonationError('EXTRACT_TIMEOUT', 'f took longer than 60 s'),
    new CarbonationError('EXTRACT_CRASHED', 'f ended its thread'),
    new Error('the database is away'),
  ])('without an answer (%s) there is no verdict', async (failure) => {
    const call: CallSelect = (fn) => (fn === 'f' ? Promise.reject(failure) : Promise.resolve(true));
    await expect(evaluateSelection(compileSelection([asking('f'), asking('good')]), {}, call)).rejects.toBe(failure);
  });

  test('a later block can still accept after a throw', async () => {
    const call: CallSelect = (fn) =>
      fn === 'bad' ? Promise.reject(new CarbonationError('PLUGIN_FUNCTION_FAILED', 'x')) : Promise.resolve(true);
    const selection = compileSelection([asking('bad'), field('c', ['x']), asking('good')]);
    const { selected, verdicts } = await evaluateSelection(selection, {}, call);
    expect(selected).toBe(true);
    expect(verdicts.map(({ block: number, passed }) => [number, passed])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  test('are not asked when a data condition of the block fails, or an earlier block accepts', () => {
    const call = vi.fn<CallSelect>(async () => true);
    const failing = block({ hasKeys: ['z'], plugin: { function: 'f', kwargs: {} } });
    const result = evaluateSelection(compileSelection([failing, field('c', ['y']), asking('g')]), { c: 'y' }, call);
    expect(result).toEqual({
      notes: [],
      selected: true,
      verdicts: [
        { block: 1, passed: false, reason: 'z is missing' },
        { block: 2, passed: true, reason: 'c = "y" matches y' },
        { block: 3, passed: false, reason: 'function "g" was not asked: block 2 accepts the group' },
      ],
    });
    expect(call).not.toHaveBeenCalled();
  });
});

describe('patterns', () => {
  test.each([
    ['(?i)^ALPHA', 'alpha1', true],
    ['^ALPHA', 'alpha1', false],
    ['(?P<x>a+)b(?P=x)$', 'aabaa', true],
    ['\\Aab\\Z', 'ab', true],
    ['\\Aab\\Z', 'xab', false],
    ['a\\-b', 'a-b', true],
    ['\\\\A', 'x\\A', true],
    ['^.$', '😀', true],
    ['^a{,3}$', 'aa', true],
    ['^a{,3}$', 'aaaa', false],
    ['^[{,3}]+$', '{,3}', true],
    ['^a\\{,3}$', 'a{,3}', true],
    ['^a{,}$', 'aaaa', true],
    ['^[]a]+$', 'a]', true],
    ['^[^]a]$', 'b', true],
    ['^[^]a]$', ']', false],
    ['^[\\]\\-a]+$', ']-a', true],
    ['^{a}]{2}$', '{a}]]', true],
    ['^\\ \\_\\"\\é$', ' _"é', true],
    ['^\\-.$', '-😀', true],
  ])('%s on %s: %s, as Python would say', (pattern, text, expected) => {
    expect(compilePattern(pattern).test(text)).toBe(expected);
  });

  test('a property of characters is one beside a needless escape, too', () => {
    const { test: isFound } = compilePattern('^\\p{Lu}\\-\\u{1F600}$');
    expect([isFound('Ä-😀'), isFound('p{Lu}-u{1F600}')]).toEqual([true, false]);
  });

  // The last ones would be found nowhere, or be taken for other letters.
  test.each(['a(b', 'a[b', '[a\\A', 'a[]', 'a\\yb', '\\a', '\\U0001F600'])('%s is refused by name', (pattern) => {
    expect(() => compilePattern(pattern)).toThrow(`"${pattern}" is not a regular expression`);
  });
});
