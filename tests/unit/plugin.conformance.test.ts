import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkPlugin } from 'carbonation/testing';
import { describe, expect, test } from 'vitest';
import { column, defineFileModel, definePlugin, type Extractor } from '../../src/index.ts';
import { temporaryDirectory } from '../fixtures/plugins/run-inspect.ts';

const model = defineFileModel({ a: column.text(), n: column.integer(), j: column.json() });
const noFiles = [{ files: [] }];

describe('a good plugin', () => {
  test('has no problem, whatever kinds of functions it has', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'a.txt');
    writeFileSync(file, 'text');
    const plugin = definePlugin({
      fileModel: model,
      extractors: { all: async (files) => ({ a: files[0] ?? null, n: 1, j: { deep: [files.length] } }) },
      groupFunctions: { stem: ({ filePath }) => filePath.split('.')[0] ?? null, none: () => null },
      selectionFunctions: { wanted: ({ metadata, not }) => metadata['a'] !== not },
      routingFunctions: { byName: async () => 'archive' },
      integrityFunctions: { sound: () => true, broken: () => 'a reason' },
    });
    const problems = await checkPlugin(plugin, {
      samples: {
        extractors: { all: [{ files: [file] }, { files: [file, file], context: { watchName: 'w' } }] },
        groupFunctions: {
          stem: [{ filePath: '/gone/a.txt' }].map(() => ({ filePath: file })),
          none: [{ filePath: file }],
        },
        selectionFunctions: { wanted: [{ metadata: { a: 'x' }, not: 'x' }] },
        routingFunctions: { byName: [{ metadata: { a: new Date(0) } }] },
        integrityFunctions: { sound: [{ filePath: file }], broken: [{ filePath: file, least: 1 }] },
      },
    });
    expect(problems).toEqual([]);
  });

  test('has migrations that make the columns of its model', async () => {
    using directory = temporaryDirectory();
    const migrationsPath = join(directory.path, 'migrations');
    mkdirSync(migrationsPath);
    const write = (name: string, steps: string) =>
      writeFileSync(
        join(migrationsPath, name),
        `export default { dependsOn: 'core/0001_initial', up: (files) => { files${steps} } };`,
      );
    const spec = (type: string) => `{ type: '${type}', nullable: true, index: false }`;
    write(
      '0001.js',
      `.addColumn('a', ${spec('text')}).addColumn('n', ${spec('text')}).addColumn('old', ${spec('text')})`,
    );
    const check = (columns: Parameters<typeof defineFileModel>[0]) =>
      checkPlugin(definePlugin({ fileModel: defineFileModel(columns), migrationsPath }));
    expect(await check({ a: column.text(), n: column.integer(), j: column.json() })).toEqual([
      expect.stringContaining('column "j": no migration adds it'),
      'column "n" is column.integer() in the model, but the migrations make it column.text()',
      expect.stringContaining('column "old": the migrations make it'),
    ]);
    write('0002.js', `.alterColumn('n', ${spec('integer')}).dropColumn('old')`);
    expect(await check({ a: column.text({ index: true, length: 9 }), n: column.integer() })).toEqual([
      'column "a" is column.text({ length: 9 }) in the model, but the migrations make it column.text()',
    ]);
    expect(await check({ a: column.text(), n: column.integer() })).toEqual([]);
    writeFileSync(join(migrationsPath, '0003.js'), 'export default 7;');
    expect(await check({ a: column.text(), n: column.integer() })).toEqual([expect.stringContaining('0003.js')]);
  });
});

describe('a plugin that leaves its migrations where they usually are', () => {
  test('is checked against those of its package, and against no other', async () => {
    using directory = temporaryDirectory();
    mkdirSync(join(directory.path, 'migrations'));
    const up = "files.addColumn('old', { type: 'text', nullable: true, index: false })";
    writeFileSync(
      join(directory.path, 'migrations', '0001.js'),
      `export default { dependsOn: 'core/0001_initial', up: (files) => ${up} };`,
    );
    const check = () =>
      checkPlugin(definePlugin({ fileModel: defineFileModel({ a: column.text() }) }), { directory: directory.path });
    writeFileSync(join(directory.path, 'package.json'), '{ "type": "module" }');
    expect(await check()).toEqual([]);
    writeFileSync(join(directory.path, 'package.json'), '{ "type": "module", "carbonation": { "plugin": true } }');
    expect(await check()).toEqual([
      expect.stringContaining('column "a": no migration adds it'),
      expect.stringContaining('column "old": the migrations make it'),
    ]);
  });
});

describe('a bad plugin', () => {
  test('is told of columns that cannot be null and of names of the core', async () => {
    const fileModel = defineFileModel({ state: column.text(), must: column.integer({ nullable: false }) });
    expect(await checkPlugin(definePlugin({ fileModel }))).toEqual([
      expect.stringContaining('"state" belongs to carbonation'),
      expect.stringContaining('"must" is not nullable'),
    ]);
    expect(await checkPlugin({})).toEqual([expect.stringContaining('`fileModel` is missing')]);
    expect(await checkPlugin(null)).toEqual([expect.stringContaining('the plugin is null')]);
  });

  const cases: readonly (readonly [string, () => unknown, RegExp])[] = [
    ['a function in its result', () => ({ j: { f: () => 1 } }), /cannot hold/],
    ['a class instance', () => ({ j: new Map() }), /a Map/],
    ['a column that does not exist', () => ({ b: 1 }), /"b" is no column/],
    ['a value of another type', () => ({ n: 1.5 }), /"n" is 1\.5/],
    ['no object', () => null, /returned null/],
    ['a throw', () => Promise.reject(new Error('broken header')), /failed: broken header/],
    ['another result each time', counter(), /gave another result; a function must keep no state/],
    ['a failure the second time', onceOnly(), /the second call failed \(failed: used up\)/],
    ['an end that never comes', () => new Promise(() => {}), /is slow: more than 50 ms/],
    ['a thread that it never gives free', busy, /is slow: more than 50 ms/],
  ];

  function counter(): () => object {
    let n = 0;
    return () => ({ n: (n += 1) });
  }
  function onceOnly(): () => object {
    const used: boolean[] = [];
    return () => {
      if (used.push(true) > 1) throw new Error('used up');
      return {};
    };
  }
  function busy(): object {
    const end = performance.now() + 60;
    while (performance.now() < end);
    return {};
  }

  test.each(cases)('is told of an extractor with %s', async (_, extract, expected) => {
    const plugin = { fileModel: model, extractors: { one: extract } };
    const problems = await checkPlugin(plugin, { samples: { extractors: { one: noFiles } }, slowMs: 50 });
    expect(problems).toEqual([expect.stringMatching(expected)]);
    expect(problems[0]).toMatch(/^extractors\.one, sample 1: /);
  });

  test('is told of state that shows only in the order of calls', async () => {
    let last: string | null = null;
    const group = ({ filePath }: { filePath: string }): string => {
      const key = last ?? filePath;
      last = filePath;
      return key;
    };
    using directory = temporaryDirectory();
    const files = ['a', 'b'].map((name) => join(directory.path, name));
    for (const file of files) writeFileSync(file, '');
    const problems = await checkPlugin(definePlugin({ fileModel: model, groupFunctions: { group } }), {
      samples: { groupFunctions: { group: files.map((filePath) => ({ filePath })) } },
    });
    expect(problems).toEqual(
      [expect.stringContaining('groupFunctions.group, sample 2: the second call gave another result')].concat(
        expect.stringContaining('sample 1: the second call gave another result'),
      ),
    );
  });

  test('is told of changed files, changed input and results that cannot be used', async () => {
    using directory = temporaryDirectory();
    const file = join(directory.path, 'a');
    writeFileSync(file, '');
    const plugin = {
      fileModel: model,
      integrityFunctions: { writes: ({ filePath }: { filePath: string }) => (writeFileSync(filePath, 'more'), true) },
      selectionFunctions: {
        changes: ({ metadata }: { metadata: Record<string, unknown> }) => delete metadata['a'],
        texts: () => 'yes',
      },
      routingFunctions: { numbers: () => 7, forgets: () => undefined },
      groupFunctions: { empties: () => '' },
    };
    const problems = await checkPlugin(plugin, {
      samples: {
        integrityFunctions: { writes: [{ filePath: file }] },
        selectionFunctions: { changes: [{ metadata: { a: 1 } }], texts: [{ metadata: {} }] },
        routingFunctions: { numbers: [{ metadata: {} }], forgets: [{ metadata: {} }] },
        groupFunctions: { empties: [{ filePath: file }] },
      },
    });
    expect(problems).toEqual([
      'groupFunctions.empties, sample 1: returned a group key that is empty; a file that is a group by itself has null',
      'selectionFunctions.changes, sample 1: failed: it changes its input',
      'selectionFunctions.texts, sample 1: returned a text; it must return true or false',
      'routingFunctions.numbers, sample 1: returned a number; it must return a text or null',
      'routingFunctions.forgets, sample 1: returned undefined; it must return a text or null',
      'integrityFunctions.writes, sample 1: it changes its files, which belong to the delivery',
    ]);
  });

  test('is told by the signal that its time is over, as in the service', async () => {
    const reasons: unknown[] = [];
    const slow: Extractor = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          reasons.push(signal.aborted);
          reject(new Error('saw the signal'));
        });
      });
    const plugin = { fileModel: model, extractors: { slow } };
    const problems = await checkPlugin(plugin, { samples: { extractors: { slow: noFiles } }, slowMs: 20 });
    expect(problems).toEqual(['extractors.slow, sample 1: is slow: more than 20 ms']);
    expect(reasons).toEqual([true]);
  });

  test('is told of samples that are none', async () => {
    const plugin = { fileModel: model, extractors: { one: () => ({}) }, routingFunctions: { two: () => null } };
    const samples = JSON.parse('{"extractors":{"one":[{"files":"a"}]},"routingFunctions":{"two":{"metadata":{}}}}');
    expect(await checkPlugin(plugin, { samples })).toEqual([
      'samples.extractors.one: it must be a list, of which each item is { files: […] }',
      'samples.routingFunctions.two: it must be a list, of which each item is the input of a call',
    ]);
  });

  test('is told which functions no sample calls, which samples call nothing, and which files are not there', async () => {
    const plugin = definePlugin({ fileModel: model, extractors: { one: () => ({}), two: () => ({}) } });
    const problems = await checkPlugin(plugin, {
      samples: { extractors: { one: [{ files: ['/nowhere/a'] }] }, routingFunctions: { three: [{ metadata: {} }] } },
    });
    expect(problems).toEqual([
      expect.stringContaining('extractors.two: no sample calls it'),
      'samples.routingFunctions.three: the plugin has no such function',
      'extractors.one, sample 1: there is no file /nowhere/a',
    ]);
  });
});
