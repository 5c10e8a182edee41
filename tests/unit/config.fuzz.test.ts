import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';

import { formatProblem, locateProblems } from '../../src/config/index.ts';
import { parseRules } from '../../src/rules/load.ts';
import { useConfigDirectory } from '../support/config-directory.ts';

const directory = useConfigDirectory();

const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.constantFrom('', '1s', 'plugin', 'min_size', 'stem', '/data/{a}', '..', 'sqlite', '('),
);
const value = fc.oneof(
  scalar,
  fc.array(fc.constantFrom('a', '*.txt')),
  fc.dictionary(fc.constantFrom('a', 'name'), scalar),
);
const table = (...keys: string[]): fc.Arbitrary<Record<string, unknown>> =>
  fc.dictionary(fc.constantFrom(...keys), value);

describe('whatever values the keys have', () => {
  it('config.toml is loaded or refused with the key of each problem', async () => {
    const document = fc.record(
      {
        service: fc.oneof(value, table('workers', 'retry_delay', 'retry_backoff', 'retry_max_delay', 'x')),
        logging: fc.oneof(value, table('level', 'file', 'rotation', 'retention')),
        database: table('drivername', 'name', 'port', 'echo'),
        watch: fc.oneof(value, fc.array(table('name', 'path', 'rules', 'patterns', 'settle_seconds'))),
        archive: fc.oneof(value, fc.array(table('name', 'destination', 'base_path', 'file_mode', 'action'))),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(document, async (data) => {
        for (const line of await directory.lines(stringify(data))) expect(line).toMatch(/^config\.toml(:\d+)?: /);
      }),
      { numRuns: 150 },
    );
  });

  it('rules.toml is loaded, or refused with a line for each problem', async () => {
    const ruleSet = fc.record(
      {
        archive: value,
        integrity: fc.oneof(value, fc.array(table('type', 'value', 'function', 'kwargs'))),
        completeness: table('group_by', 'group_function', 'expected_extensions', 'timeout_minutes'),
        metadata: fc.oneof(value, table('extract')),
        selection: fc.oneof(value, fc.array(table('has_keys', 'field', 'matches', 'type', 'function', 'kwargs'))),
        routing: fc.oneof(value, fc.array(table('match', 'archive', 'type', 'function'))),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.constantFrom('rs', 'a.b', 'ö"'), ruleSet, { minKeys: 1 }), async (data) => {
        const text = stringify(data);
        const { rules, problems } = parseRules(text, 'r');
        const located = await locateProblems(problems, { r: text });
        expect(rules === null).toBe(problems.some(({ severity }) => severity === 'error'));
        expect(located.filter(({ line }) => line === null).map(formatProblem)).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});
