import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { crossCheck, formatProblem, loadConfig, locateProblems } from '../../src/config/index.ts';
import { schemaCompiler } from '../../scripts/schema-compiler.ts';
import { loadRules, parseRules } from '../../src/rules/load.ts';
import { rulesSchema } from '../../src/rules/schema.ts';
import type { RuleSet } from '../../src/rules/types.ts';

async function lines(text: string): Promise<string[]> {
  const { problems } = parseRules(text, 'rules.toml');
  return (await locateProblems(problems, { 'rules.toml': text })).map(formatProblem);
}

/** The rule set `rs` of a sound file. */
function ruleSet(text: string): RuleSet | undefined {
  const { rules, problems } = parseRules(text, 'rules.toml');
  expect(problems.filter((problem) => problem.severity === 'error')).toEqual([]);
  return rules?.sets['rs'];
}

const fixtures = join(import.meta.dirname, '../fixtures/configs');

describe('files of the Python service', () => {
  it.each(['archive-on-watch', 'archive-on-rule-set'])('are taken as they are: %s', async (name) => {
    const { config, problems } = await loadConfig(join(fixtures, name, 'config.toml'), {});
    const loaded = await loadRules(config.rulesPath, config.watches);
    expect([...problems, ...loaded.problems, ...crossCheck(config, loaded.rules, null)]).toEqual([]);
    expect(config.service.reconcileIntervalMs).toBe(3_600_000);
    expect(config.watches[0]?.archive ?? loaded.rules.sets['my-rules']?.archive).toBe('my-archive');
  });

  it('may use the older shape of selection', async () => {
    const { rules } = await loadRules(join(fixtures, 'archive-on-watch', 'rules.toml'), []);
    expect(rules.sets['my-rules']?.selection).toEqual([
      { hasKeys: ['category'], lacksKeys: [], fields: [], plugin: null },
      {
        hasKeys: [],
        lacksKeys: [],
        fields: [{ name: 'category', matches: ['^alpha', '^beta'], notMatches: [] }],
        plugin: null,
      },
      { hasKeys: [], lacksKeys: [], fields: [], plugin: { function: 'should_archive', kwargs: {} } },
    ]);
  });

  it('may use the newer shape of selection, and routing', async () => {
    const { rules } = await loadRules(join(fixtures, 'archive-on-rule-set', 'rules.toml'), []);
    expect(rules.sets['my-rules']).toMatchObject({
      selection: [
        {
          hasKeys: ['category'],
          lacksKeys: ['draft'],
          fields: [
            { name: 'category', matches: ['^alpha', '^beta'], notMatches: [] },
            { name: 'origin', matches: [], notMatches: ['internal'] },
          ],
        },
        { plugin: { function: 'should_archive' } },
      ],
      routing: [
        { type: 'match', match: 'calibration_*', archive: 'calibration-archive' },
        { type: 'plugin', function: 'route_file' },
      ],
    });
  });
});

describe('parseRules', () => {
  it('has a schema for editors that compiles', () => {
    expect(schemaCompiler().compile(rulesSchema)({ rs: {} })).toBe(true);
  });

  it('takes an empty rule set: everything is accepted', () => {
    expect(ruleSet('[rs]')).toEqual({
      name: 'rs',
      archive: null,
      integrity: [],
      completeness: null,
      extract: null,
      selection: [],
      routing: [],
    });
  });

  it('fills in the defaults of completeness', () => {
    expect(ruleSet('[rs.completeness]\nexpected_extensions = [".a"]')?.completeness).toEqual({
      groupBy: 'stem',
      groupFunction: null,
      expectedExtensions: ['.a'],
      primaryExtension: null,
      timeoutMs: 7_200_000,
      onTimeout: 'warn',
      acrossDirectories: false,
    });
  });

  it('gives extensions their leading dot', () => {
    const text = '[rs.completeness]\nexpected_extensions = ["json", ".tar.gz"]\nprimary_extension = "json"';
    expect(ruleSet(text)?.completeness).toMatchObject({
      expectedExtensions: ['.json', '.tar.gz'],
      primaryExtension: '.json',
    });
  });

  it('reads every type of integrity check', () => {
    const text = `
      [[rs.integrity]]
      type = "max_size"
      value = 20
      [[rs.integrity]]
      type = "checksum"
      [[rs.integrity]]
      type = "magic"
      value = "89 50 4E"
      [[rs.integrity]]
      type = "json"
      [[rs.integrity]]
      type = "plugin"
      function = "f"
      kwargs = { since = 2020-01-02T03:04:05Z, deep = { a = 1, at = 23:30:00, late = 2020-12-31T23:00:00-05:00 } }
    `;
    expect(ruleSet(text)?.integrity).toEqual([
      { type: 'max_size', value: 20 },
      { type: 'checksum' },
      { type: 'magic', value: '89504e' },
      { type: 'json' },
      {
        type: 'plugin',
        function: 'f',
        kwargs: {
          since: new Date('2020-01-02T03:04:05Z'),
          deep: { a: 1, at: new Date('0000-01-01T23:30:00Z'), late: new Date('2021-01-01T04:00:00Z') },
        },
      },
    ]);
  });

  it('has a version of 12 hex digits that depends on the content alone', () => {
    const version = (text: string, file: string): string | undefined => parseRules(text, file).rules?.version;
    expect(version('[rs]', 'a')).toMatch(/^[0-9a-f]{12}$/);
    expect(version('[rs]', 'a')).toBe(version('[rs]', 'b'));
    expect(version('[rs]', 'a')).not.toBe(version('[rs] ', 'a'));
  });

  it('gives plain frozen data that can be sent to a thread', () => {
    const { rules } = parseRules('[[rs.selection]]\nhas_keys = ["a"]', 'rules.toml');
    expect(structuredClone(rules)).toEqual(rules);
    expect(Object.isFrozen(rules?.sets['rs']?.selection[0]?.hasKeys)).toBe(true);
  });

  it.each([
    ['top = 1', '1: top: expected a rule set, i.e. a table such as [my-rules], found 1'],
    ['[rs]\narchiv = "x"', '2: rs.archiv: unknown key; did you mean "archive"?'],
    ['["r.s"]\nfoo = 1', '2: "r.s".foo: unknown key; known keys: '],
    ['[[rs.integrity]]\ntype = "min_sise"', 'found "min_sise"; did you mean "min_size"?'],
    ['[[rs.integrity]]\nvalue = 1', '1: rs.integrity[0].type: missing; expected one of "min_size", '],
    ['[[rs.integrity]]\ntype = "min_size"', '1: rs.integrity[0].value: missing; expected a whole number of bytes'],
    ['[[rs.integrity]]\ntype = "magic"\nvalue = "abc"', '3: rs.integrity[0].value: expected bytes as hex digits'],
    ['[[rs.selection]]', '1: rs.selection[0]: rule set "rs": a selection block needs a condition'],
    ['[[rs.selection]]\nhas_keys = []', '1: rs.selection[0]: rule set "rs": a selection block needs a condition'],
    ['[[rs.selection]]\nfield = "a"', '1: rs.selection[0]: rule set "rs", field "a": needs a pattern'],
    ['[[rs.selection]]\nmatches = ["a"]', '2: rs.selection[0].matches: does not say which field'],
    ['[[rs.selection]]\ntype = "plugin"', '1: rs.selection[0].function: missing; type = "plugin" needs it'],
    ['[[rs.selection]]\nfunction = "f"', '2: rs.selection[0].function: has no effect without type = "plugin"'],
    [
      '[[rs.selection]]\ntype = "plugin"\nfunction = "f"\nkwargs = { metadata = 1 }',
      '4: rs.selection[0].kwargs.metadata: the function is given `metadata` by carbonation',
    ],
    // Not the 2nd of March.
    [
      '[[rs.selection]]\ntype = "plugin"\nfunction = "f"\nkwargs = { since = 2026-02-30, until = 2027-02-28 }',
      '4: not valid TOML: there is no date 2026-02-30',
    ],
    [
      '[[rs.selection]]\ntype = "plugin"\nfunction = "f"\nkwargs = { since = [2026-06-31T23:00:00-05:00] }',
      '4: not valid TOML: there is no date 2026-06-31',
    ],
    [
      '[[rs.integrity]]\ntype = "plugin"\nfunction = "f"\nkwargs = { filePath = "x" }',
      '4: rs.integrity[0].kwargs.filePath: the function is given `filePath` by carbonation',
    ],
    ['[[rs.routing]]\nmatch = "x"', '1: rs.routing[0].archive: rule set "rs": missing'],
    [
      '[[rs.routing]]\nmatch = "S{0..99999999}_*"\narchive = "x"',
      '2: rs.routing[0].match: rule set "rs": {0..99999999} has more than 100000 members',
    ],
    ['[[rs.routing]]\ntype = "plugin"', '1: rs.routing[0].function: rule set "rs": missing'],
    ['[rs.completeness]\ngroup_by = "plugin"\nexpected_extensions = ["a"]', 'group_function: missing'],
    ['[rs.completeness]\nexpected_extensions = ["a"]\ntimeout_minutes = 0', '3: rs.completeness.timeout_minutes: '],
    ['[rs]\nx = ', '2: not valid TOML, column '],
  ])('refuses %j', async (text, expected) => {
    expect(parseRules(text, 'rules.toml').rules).toBeNull();
    expect(await lines(text)).toEqual([expect.stringContaining(expected)]);
  });

  it.each([
    ['field = [{ name = "category", matches = ["a", "("] }]', 'rs.selection[0].field[0].matches[1]'],
    ['field = "category"\nnot_matches = ["("]', 'rs.selection[0].not_matches[0]'],
  ])('names rule set, field and pattern of a regular expression that does not compile: %s', async (block, key) => {
    const [line] = await lines(`[[rs.selection]]\n${block}`);
    expect(line).toContain(`${key}: rule set "rs", field "category": "(" is not a regular expression`);
  });

  it('reports the problems of all rule sets', async () => {
    expect(await lines('[a]\nx = 1\n[b]\n[[b.selection]]\n')).toHaveLength(2);
  });

  it('warns of extensions that look like globs', async () => {
    expect(await lines('[rs.completeness]\nexpected_extensions = ["*.c", ".h"]')).toEqual([
      'rules.toml:2: warning: rs.completeness.expected_extensions: ' +
        '.*.c: taken to the letter, not as a glob; no group will be complete without such a name',
    ]);
  });

  it('warns when the primary extension is not expected, and goes on', async () => {
    const text = '[rs.completeness]\nexpected_extensions = [".a"]\nprimary_extension = ".b"';
    expect(await lines(text)).toEqual([
      'rules.toml:3: warning: rs.completeness.primary_extension: rule set "rs": ' +
        '".b" is not in expected_extensions (.a)',
    ]);
    expect(ruleSet(text)?.completeness?.primaryExtension).toBe('.b');
  });
});

describe('loadRules', () => {
  it('throws CONFIG_NOT_FOUND when there is no file', async () => {
    const file = join(fixtures, 'none', 'rules.toml');
    await expect(loadRules(file, [])).rejects.toMatchObject({ code: 'CONFIG_NOT_FOUND' });
  });

  it('throws CONFIG_INVALID with file and line of every problem', async () => {
    const file = join(fixtures, 'archive-on-watch', 'config.toml');
    const error: unknown = await loadRules(file, []).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      details: expect.arrayContaining([expect.stringContaining('config.toml:2: service.poll_interval: unknown key')]),
    });
  });
});
