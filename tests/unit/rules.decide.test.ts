import { describe, expect, test, vi } from 'vitest';

import { CarbonationError } from '../../src/errors/index.ts';
import {
  compileRouting,
  decide,
  evaluateRouting,
  type CallRoute,
  type DecideInput,
  type Decision,
  type RoutingRule,
  type RuleSet,
  type SelectionBlock,
} from '../../src/rules/index.ts';

const ruleSet: RuleSet = {
  name: 'images',
  archive: null,
  integrity: [],
  completeness: null,
  extract: null,
  selection: [],
  routing: [],
};
const archives = new Map([
  ['main', { basePath: '/archive/main', destination: '{category}/{start:%Y%m%d}' }],
  ['keys', { basePath: '/archive/keys', destination: '{watch_name}/{group_key}' }],
  ['typed', { basePath: '/archive/typed', destination: '{file_type}' }],
  ['broken', { basePath: '/archive/broken', destination: '{category' }],
]);

function plugin(fn: string): RoutingRule {
  return { type: 'plugin', function: fn };
}

function glob(match: string, archive: string): RoutingRule {
  return { type: 'match', match, archive };
}

const categoryBlock: SelectionBlock = {
  hasKeys: [],
  lacksKeys: [],
  fields: [{ name: 'category', matches: ['^alpha'], notMatches: [] }],
  plugin: null,
};

function inputOf(rules: Partial<RuleSet>, more: Partial<DecideInput> = {}): DecideInput {
  return {
    ruleSet: { ...ruleSet, ...rules },
    rulesVersion: 'v1',
    watch: { name: 'incoming', type: null, archive: null },
    groupKey: 'sub/alpha1',
    fileNames: ['alpha1.nc', 'alpha1.json'],
    metadata: { category: 'alpha', start: new Date('2026-01-02T23:59:59Z') },
    archives,
    call: {
      select: () => Promise.reject(new Error('no selection function expected')),
      route: () => Promise.reject(new Error('no routing function expected')),
    },
    ...more,
  };
}

/** The decision, which must be there at once. */
function decideNow(input: DecideInput): Decision {
  const decision = decide(input);
  if (decision instanceof Promise) throw new Error('a promise without a plugin function');
  expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
  return decision;
}

function routedBy(routing: readonly RoutingRule[], names: { groupKey?: string; fileNames?: string[] } = {}): string {
  const decision = decideNow(inputOf({ routing, archive: 'main' }, names));
  return decision.outcome === 'selected' ? `${decision.archive}: ${decision.routedBy}` : decision.outcome;
}

describe('routing', () => {
  test('the first matching rule wins', () => {
    const routing = [glob('beta*', 'main'), glob('alpha*', 'keys'), glob('*', 'main')];
    expect(routedBy(routing)).toBe('keys: routing rule 2 (alpha*)');
  });

  test.each([
    ['sub/*', true],
    ['alpha*', true],
    ['*.json', true],
    ['*.{hdf,nc}', true],
    ['**/alpha?', true],
    ['[!b]*.nc', true],
    ['[!a]*.nc', false],
    ['ALPHA*', false],
    ['*.tif', false],
    ['!beta', false],
  ])('the glob %s is tried on the group key and the file names: %s', (match, expected) => {
    expect(routedBy([glob(match, 'keys')]).startsWith('keys')).toBe(expected);
  });

  test('a name with a leading dot is matched too', () => {
    expect(routedBy([glob('*', 'keys')], { groupKey: '.a/.b', fileNames: ['x/.b'] })).toMatch(/^keys/u);
  });

  test('without a matching rule the rule set decides, then the watch', () => {
    expect(routedBy([glob('zzz', 'keys')])).toBe('main: rule set "images"');
    const watch = { name: 'incoming', type: null, archive: 'keys' };
    expect(decideNow(inputOf({}, { watch }))).toMatchObject({ archive: 'keys', routedBy: 'watch "incoming"' });
  });

  test('a rule that names no existing archive is noted and passed over', () => {
    expect(decideNow(inputOf({ routing: [glob('*', 'gone')], archive: 'main' }))).toMatchObject({
      archive: 'main',
      notes: ['routing rule 1 (*): there is no archive "gone"'],
    });
  });

  test.each(['rejected', 'selected'])(
    'a selection function that throws is noted when the group is %s',
    async (outcome) => {
      const throws = { hasKeys: [], lacksKeys: [], fields: [], plugin: { function: 'throws', kwargs: {} } };
      const others = outcome === 'selected' ? [{ ...throws, plugin: { function: 'good', kwargs: {} } }] : [];
      const select = async (fn: string) => {
        if (fn === 'throws') throw new CarbonationError('PLUGIN_FUNCTION_FAILED', 'no orbit');
        return true;
      };
      const input = inputOf(
        { archive: 'main', selection: [throws, ...others] },
        { call: { select, route: async () => null } },
      );
      expect(await decide(input)).toMatchObject({
        outcome,
        notes: ['selection block 1: function "throws" failed: no orbit'],
      });
    },
  );

  test('plugin functions are asked in order; a throw and a wrong answer are noted, null means the next', async () => {
    const answers: Record<string, () => Promise<unknown>> = {
      throws: () => Promise.reject(new CarbonationError('PLUGIN_FUNCTION_FAILED', 'no orbit')),
      wrong: async () => 'nowhere',
      number: async () => 7,
      none: async () => null,
      good: async () => 'keys',
    };
    const route = vi.fn<CallRoute>(async (fn) => answers[fn]?.());
    const input = inputOf(
      { routing: [...Object.keys(answers).map(plugin), plugin('late')] },
      { call: { select: () => Promise.resolve(true), route } },
    );
    expect(await decide(input)).toMatchObject({
      outcome: 'selected',
      archive: 'keys',
      routedBy: 'routing rule 5 (function "good")',
      notes: [
        'routing rule 1 (function "throws") failed: no orbit',
        'routing rule 2 (function "wrong") answered "nowhere", which is no archive',
        'routing rule 3 (function "number") answered 7, which is no archive',
      ],
    });
    expect(route.mock.calls.map(([fn]) => fn)).toEqual(['throws', 'wrong', 'number', 'none', 'good']);
    expect(route.mock.calls[0]?.[1]).toEqual({ metadata: input.metadata });
  });

  test('without an answer of a routing function a group goes nowhere, least of all to the next archive', async () => {
    const late = new CarbonationError('EXTRACT_TIMEOUT', 'late took longer than 60 s');
    const call = { select: () => Promise.resolve(true), route: () => Promise.reject(late) };
    await expect(decide(inputOf({ routing: [plugin('late'), glob('*', 'keys')] }, { call }))).rejects.toBe(late);
  });

  test('a glob behind a plugin function that has no answer still counts', async () => {
    const call = { select: () => Promise.resolve(true), route: () => Promise.resolve(null) };
    expect(await decide(inputOf({ routing: [plugin('none'), glob('alpha*', 'keys')] }, { call }))).toMatchObject({
      archive: 'keys',
      routedBy: 'routing rule 2 (alpha*)',
    });
  });

  test('every rule that was asked says why it answers or does not, with the names it saw', async () => {
    const call = { select: () => Promise.resolve(true), route: () => Promise.resolve(null) };
    const routing = [glob('*.tif', 'keys'), plugin('none'), glob('*', 'gone'), glob('*.nc', 'keys'), glob('*', 'main')];
    expect((await decide(inputOf({ routing }, { call }))).routing).toEqual([
      {
        rule: 'routing rule 1 (*.tif)',
        answers: false,
        reason: 'matches neither the group key "sub/alpha1" nor alpha1.nc, alpha1.json',
      },
      { rule: 'routing rule 2 (function "none")', answers: false, reason: 'leaves it to the next' },
      { rule: 'routing rule 3 (*)', answers: false, reason: 'there is no archive "gone"' },
      { rule: 'routing rule 4 (*.nc)', answers: true, reason: 'matches alpha1.nc: archive "keys"' },
    ]);
    expect((await decide(inputOf({}, { call }))).routing).toEqual([
      { rule: 'rule set "images"', answers: false, reason: 'names no archive' },
      { rule: 'watch "incoming"', answers: false, reason: 'names no archive' },
    ]);
  });

  test('a glob before the plugin function decides without asking it', () => {
    expect(routedBy([glob('alpha*', 'keys'), plugin('never')])).toBe('keys: routing rule 1 (alpha*)');
  });

  test('an empty glob is refused when it is compiled', () => {
    expect(() => compileRouting({ ...ruleSet, routing: [glob('', 'main')] })).toThrow(/is not a glob/u);
  });

  test('nothing that names an archive gives null', () => {
    const { groupKey, fileNames, metadata, watch, call } = inputOf({});
    const input = { groupKey, fileNames, metadata, watch, isArchive: () => true, call: call.route };
    expect(evaluateRouting(compileRouting(ruleSet), input)).toEqual({
      archive: null,
      routedBy: 'nothing',
      notes: [],
      steps: expect.any(Array),
    });
  });
});

describe('a decision', () => {
  test('for a selected group names archive, directory and who routed it', () => {
    expect(decideNow(inputOf({ archive: 'main', selection: [categoryBlock] }))).toEqual({
      outcome: 'selected',
      rulesVersion: 'v1',
      archive: 'main',
      directory: '/archive/main/alpha/20260102',
      routedBy: 'rule set "images"',
      verdicts: [{ block: 1, passed: true, reason: 'category = "alpha" matches ^alpha' }],
      routing: [{ rule: 'rule set "images"', answers: true, reason: 'names archive "main"' }],
      notes: [],
    });
  });

  test('for a rejected group has the reason, and no archive is needed', () => {
    const metadata = { category: 'beta' };
    expect(decideNow(inputOf({ selection: [categoryBlock] }, { metadata }))).toEqual({
      outcome: 'rejected',
      rulesVersion: 'v1',
      reason: 'category = "beta" does not match ^alpha',
      verdicts: [{ block: 1, passed: false, reason: 'category = "beta" does not match ^alpha' }],
      routing: [],
      notes: [],
    });
  });

  test('for a group that several blocks reject names each block', () => {
    const selection = [categoryBlock, { ...categoryBlock, fields: [], hasKeys: ['orbit'] }];
    expect(decideNow(inputOf({ selection }, { metadata: { category: 'x' } }))).toMatchObject({
      reason: 'block 1: category = "x" does not match ^alpha; block 2: orbit is missing',
    });
  });

  test('with a value that a pattern takes too long for is not decided, whatever the pattern would have said', async () => {
    const fields = [{ name: 'category', matches: ['^alpha'], notMatches: ['(a+)+$'] }];
    const decision = decide(
      inputOf({ selection: [{ ...categoryBlock, fields }] }, { metadata: { category: `alpha${'a'.repeat(40)}!` } }),
    );
    await expect(decision).rejects.toMatchObject({ code: 'PATTERN_TIMEOUT' });
  });

  test('without any archive is unroutable with NO_ARCHIVE and what went wrong on the way', () => {
    expect(decideNow(inputOf({ routing: [glob('*', 'gone')] }))).toMatchObject({
      outcome: 'unroutable',
      error: {
        code: 'NO_ARCHIVE',
        message: expect.stringContaining('group "sub/alpha1"'),
        details: ['routing rule 1 (*): there is no archive "gone"'],
      },
      notes: ['routing rule 1 (*): there is no archive "gone"'],
    });
  });

  test.each([
    ['main', { category: 'alpha' }, 'TEMPLATE_VALUE'],
    ['main', { category: '../..', start: new Date(0) }, 'PATH_ESCAPES'],
    ['typed', {}, 'TEMPLATE_VALUE'],
    ['broken', {}, 'TEMPLATE_INVALID'],
  ])('with a template that does not fit (%s, %j) is unroutable with %s', (archive, metadata, code) => {
    const decision = decideNow(inputOf({ archive, selection: [] }, { metadata }));
    expect(decision).toMatchObject({ outcome: 'unroutable', error: { code }, verdicts: [] });
  });

  test('can use the watch, the type and the group key in a template, which metadata cannot replace', () => {
    const metadata = { group_key: '../evil', file_type: 'x', watch_name: 'y' };
    expect(decideNow(inputOf({ archive: 'keys' }, { metadata }))).toMatchObject({
      directory: '/archive/keys/incoming/sub/alpha1',
    });
    const watch = { name: 'incoming', type: 'L1', archive: null };
    expect(decideNow(inputOf({ archive: 'typed' }, { watch, metadata }))).toMatchObject({
      directory: '/archive/typed/L1',
    });
  });

  test('waits for selection functions, and a rejected group is not routed', async () => {
    const call = { select: () => Promise.resolve(false), route: vi.fn<CallRoute>(async () => 'keys') };
    const selection = [{ ...categoryBlock, plugin: { function: 'wanted', kwargs: {} } }];
    expect(await decide(inputOf({ selection, routing: [plugin('r')] }, { call }))).toMatchObject({
      outcome: 'rejected',
      reason: 'function "wanted" rejects the group',
    });
    expect(call.route).not.toHaveBeenCalled();
  });

  test('is still a decision when a pattern cannot be compiled', () => {
    const selection = [{ ...categoryBlock, fields: [{ name: 'c', matches: ['('], notMatches: [] }] }];
    expect(decideNow(inputOf({ selection }))).toMatchObject({
      outcome: 'unroutable',
      error: { code: 'CONFIG_INVALID' },
    });
  });

  test('follows the rule set it is given, not one it has seen before', () => {
    expect(decideNow(inputOf({ archive: 'main' }))).toMatchObject({ archive: 'main' });
    expect(decideNow(inputOf({ archive: 'keys' }))).toMatchObject({ archive: 'keys' });
  });
});
