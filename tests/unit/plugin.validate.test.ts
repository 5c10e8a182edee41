import { describe, expect, test } from 'vitest';
import { baseColumns } from '../../src/core/index.ts';
import { column, defineFileModel, definePlugin } from '../../src/plugin/contract.ts';
import { completePlugin, isPluginDefinition, pluginProblems } from '../../src/plugin/validate.ts';

/** The problems of a plugin with one column. */
function problemsOf(name: string, spec: unknown): string[] {
  return pluginProblems({ fileModel: { columns: { [name]: spec } } });
}

describe('the contract', () => {
  test('accepts what definePlugin makes of every column type', () => {
    const columns = {
      a: column.text({ length: 3, index: true }),
      _b2: column.integer(),
      c: column.bigint(),
      d: column.float(),
      e: column.decimal({ precision: 5, scale: 5 }),
      f: column.boolean(),
      g: column.datetime(),
      h: column.json(),
      ['x'.repeat(60)]: column.text(),
    };
    const plugin = definePlugin({
      fileModel: defineFileModel(columns),
      extractors: { e: () => ({}) },
      migrationsPath: '/migrations',
      queryDefaults: { orderBy: '-a', limit: 5 },
    });
    expect(pluginProblems(plugin)).toEqual([]);
  });

  test('accepts an object with a model alone, and fills in the rest', () => {
    const definition: unknown = { fileModel: { columns: {} }, extractors: undefined };
    if (!isPluginDefinition(definition)) throw new Error('refused');
    expect(completePlugin(definition)).toEqual(definePlugin({ fileModel: { columns: {} } }));
  });

  test.for([
    [null, /null/],
    [[], /an array/],
    [class A {}, /a function/],
    [Promise.resolve(), /a Promise/],
  ] as const)('refuses %s as a plugin', ([value, expected]) => {
    expect(pluginProblems(value)).toEqual([expect.stringMatching(expected)]);
  });

  test('refuses a missing and a malformed file model', () => {
    expect(pluginProblems({})).toEqual([expect.stringContaining('`fileModel` is missing')]);
    expect(pluginProblems({ fileModel: { a: column.text() } })).toEqual([expect.stringContaining('without columns')]);
  });

  test('refuses an unknown key and suggests the one that was meant', () => {
    const plugin = { fileModel: { columns: {} }, group_functions: {}, colour: 1 };
    expect(pluginProblems(plugin)).toEqual([
      'the plugin has an unknown key "group_functions" (did you mean "groupFunctions"?)',
      expect.stringMatching(/unknown key "colour" \(known: fileModel, extractors/),
    ]);
  });

  test('refuses what is no function, with its key', () => {
    const plugin = { fileModel: { columns: {} }, extractors: { a: 'x', b: () => ({}) }, routingFunctions: [] };
    expect(pluginProblems(plugin)).toEqual([
      '`extractors.a` is a text; it must be a function',
      '`routingFunctions` is an array; it must be an object of functions',
    ]);
  });

  test('refuses an order by a column that there is not', () => {
    const problems = (orderBy: string) =>
      pluginProblems({ fileModel: { columns: { start: column.datetime() } }, queryDefaults: { orderBy } });
    expect(problems('-strat')).toEqual(['`queryDefaults.orderBy`: there is no column "strat" (did you mean "start"?)']);
    for (const known of ['start', '-start', '-created_at']) expect(problems(known)).toEqual([]);
  });

  test('knows, for the compiler, what there is: other keys are refused, and undefined is no value', () => {
    const fileModel = defineFileModel({ a: column.text() });
    // @ts-expect-error: there is no such key
    const plugin = definePlugin({ fileModel, extractor: {}, extractors: { x: () => ({ a: undefined }) } });
    expect(pluginProblems(plugin)).toHaveLength(1);
  });

  test('refuses a relative migrations path and malformed query defaults', () => {
    const plugin = {
      fileModel: { columns: {} },
      migrationsPath: 'migrations',
      queryDefaults: { orderBy: '', limit: 0, by: 1 },
    };
    expect(pluginProblems(plugin)).toEqual([
      expect.stringContaining('`migrationsPath` must be an absolute path'),
      expect.stringContaining('unknown key "by"'),
      expect.stringContaining('`queryDefaults.orderBy`'),
      expect.stringContaining('`queryDefaults.limit`'),
    ]);
  });
});

describe('a column', () => {
  test.for(baseColumns)('cannot have the name %s of a base column', (name) => {
    expect(problemsOf(name, column.text())).toEqual([`column "${name}" belongs to carbonation; choose another name`]);
  });

  test.for(['Start', '1a', 'a-b', 'ä', '', 'a b', 'x'.repeat(61), '__proto__', 'constructor', 'prototype'])(
    'cannot have the name "%s"',
    (name) => {
      expect(problemsOf(name, column.text())).toHaveLength(1);
    },
  );

  test('that is not nullable is refused by name', () => {
    expect(problemsOf('orbit', column.integer({ nullable: false }))).toEqual([
      'column "orbit" is not nullable; every column of a plugin must be',
    ]);
  });

  test.for([
    [{ type: 'string', nullable: true, index: false }, /no known type/],
    ['text', /is a text; make it with/],
    [{ type: 'text', index: false }, /lacks `nullable`/],
    [{ type: 'text', nullable: true }, /`index` must be/],
    [{ type: 'text', nullable: true, index: false, size: 3 }, /unknown key "size"/],
    [{ type: 'text', nullable: true, index: false, length: 0 }, /`length` must be/],
    [{ type: 'integer', nullable: true, index: false, length: 3 }, /only a text column/],
    [{ type: 'integer', nullable: true, index: false, scale: 3 }, /only a decimal column/],
    [{ type: 'decimal', nullable: true, index: false }, /`precision` must be/],
    [column.decimal({ precision: 4, scale: 5 }), /not more than `precision`/],
    [column.json({ index: true }), /cannot have an index/],
    [column.text({ index: true }), /needs a `length`/],
    [column.text({ index: true, length: 601 }), /at most 600/],
  ] as const)('is refused when it is %j', ([spec, expected]) => {
    expect(problemsOf('a', spec)).toEqual([expect.stringMatching(expected)]);
  });
});
