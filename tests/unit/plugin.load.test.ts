import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import {
  inspectPlugin,
  inspectPluginInThread,
  temporaryDirectory,
  writeFiles,
  type Inspected,
} from '../fixtures/plugins/run-inspect.ts';
import { loadPlugin } from '../../src/plugin/index.ts';
import { FakeClock } from '../support/fake-clock.ts';

const javascript = `
  import * as carbonation from 'carbonation';
  import { column, defineFileModel, definePlugin } from 'carbonation';
  export { carbonation };
  export default definePlugin({ fileModel: defineFileModel({ a: column.text() }), extractors: { x: () => ({}) } });
`;
const migration = `
  import { column, definePluginMigration } from 'carbonation';
  export default definePluginMigration({
    dependsOn: 'core/0001_initial',
    up: (files) => files.addColumn('a', column.text()),
  });
`;
/** A plugin that imports nothing, with its migrations beside it. */
const withMigrations = `
  export default {
    fileModel: { columns: {} },
    migrationsPath: import.meta.dirname + '/migrations',
  };
`;

/** Loads a plugin that consists of the given files. */
function load(files: Readonly<Record<string, string | object>>): Inspected & { readonly root: string } {
  using config = temporaryDirectory();
  writeFiles(join(config.path, 'my plugin'), { 'package.json': { type: 'module' }, ...files });
  return { ...inspectPlugin(config.path, './my plugin'), root: join(config.path, 'my plugin') };
}

describe('loading a plugin', () => {
  test('works for JavaScript in a node_modules that has no carbonation, with our own instance', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, {
      'node_modules/mine/package.json': { name: 'mine', type: 'module', exports: './index.js' },
      'node_modules/mine/index.js': javascript,
    });
    expect(inspectPlugin(config.path, 'mine')).toMatchObject({
      name: 'mine',
      sameInstance: true,
      keys: { columns: { a: { type: 'text', nullable: true } }, extractors: ['x'] },
      migrations: [],
    });
  });

  test('uses our own instance even when another carbonation is installed beside the plugin', () => {
    const files = {
      'index.js': javascript,
      'node_modules/carbonation/package.json': { type: 'module', exports: './i.js' },
    };
    const loaded = load({ ...files, 'node_modules/carbonation/i.js': 'export const column = null;' });
    expect(loaded.sameInstance).toBe(true);
  });

  test('works in a worker thread', async () => {
    using config = temporaryDirectory();
    writeFiles(config.path, { 'mine/package.json': { type: 'module' }, 'mine/index.js': javascript });
    expect(await inspectPluginInThread(config.path, './mine')).toMatchObject({ name: 'mine', sameInstance: true });
  });

  test('runs TypeScript that is installed in a node_modules', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, {
      'node_modules/mine/package.json': { type: 'module', exports: './index.ts' },
      'node_modules/mine/index.ts': `import { orderBy } from './other.mts'; ${javascript.replace('({ fileModel', '({ queryDefaults: { orderBy }, fileModel')}`,
      'node_modules/mine/other.mts': `export const orderBy: string = 'a' satisfies string;`,
    });
    expect(inspectPlugin(config.path, 'mine')).toMatchObject({
      queryDefaults: { orderBy: 'a' },
      sameInstance: true,
      // Not that Node may change how it strips types.
      stderr: '',
    });
  });

  test('takes an export named plugin, and CommonJS', () => {
    expect(load({ 'index.js': javascript.replace('default', 'const plugin =') }).keys?.extractors).toEqual(['x']);
    const commonjs =
      "const { definePlugin } = require('carbonation'); module.exports = definePlugin({ fileModel: { columns: {} } });";
    const loaded = load({ 'package.json': { type: 'commonjs' }, 'index.js': commonjs });
    expect(loaded.keys).toMatchObject({ columns: {}, extractors: [] });
  });

  test.for(['default', 'plugin'])('takes what CommonJS exports under the name %s, as compilers write it', (name) => {
    const source =
      "Object.defineProperty(exports, '__esModule', { value: true }); const { definePlugin } = require('carbonation'); " +
      `exports.${name} = definePlugin({ fileModel: { columns: {} }, extractors: { x: () => ({}) } });`;
    const { keys, error } = load({ 'package.json': { type: 'commonjs' }, 'index.js': source });
    expect(error).toBeUndefined();
    expect(keys?.extractors).toEqual(['x']);
  });

  test('refuses a module that exports no plugin and says what it exports', () => {
    expect(load({ 'index.js': 'export const a = 1, b = 2;' }).error).toMatchObject({
      code: 'PLUGIN_INVALID',
      message: expect.stringContaining('it exports a, b'),
    });
  });

  test('refuses a plugin that breaks the contract, with every problem', () => {
    const { error } = load({ 'index.js': 'export default { extractor: {}, fileModel: { columns: { id: {} } } };' });
    expect(error?.code).toBe('PLUGIN_INVALID');
    expect(error?.details).toEqual([
      'the plugin has an unknown key "extractor" (did you mean "extractors"?)',
      'column "id" belongs to carbonation; choose another name',
      'column "id" has no known type (known: text, integer, bigint, float, decimal, boolean, datetime, json)',
    ]);
  });

  test.for([
    ['a JavaScript syntax error', { 'index.js': '\nexport default {;' }, /^ROOT\/index\.js:2: Unexpected token ';'$/],
    [
      'a syntax error of another module',
      { 'index.js': "import './a.js'; import './b.js';", 'a.js': '', 'b.js': '\nconst const = 1;' },
      /^ROOT\/b\.js:2: Unexpected token 'const'$/,
    ],
    [
      'types in JavaScript',
      { 'index.js': "import './b.js';", 'b.js': 'const a: number = 1;' },
      /^ROOT\/index\.js, or a module that it imports: Missing initializer/,
    ],
    ['a TypeScript syntax error', { 'index.ts': '\nexport const a: = 1;' }, /^ROOT\/index\.ts:2: /],
    ['an enum', { 'index.ts': 'enum A { B }' }, /^ROOT\/index\.ts:1: TypeScript enum is not supported/],
    ['a missing package', { 'index.js': "import 'nowhere';" }, /^ROOT\/index\.js: Cannot find package 'nowhere'/],
    [
      'an unknown import',
      { 'index.js': "import { no } from 'carbonation';" },
      /^ROOT\/index\.js:1: .*export named 'no'$/,
    ],
    ['a throw', { 'index.js': "import './b.js';", 'b.js': "\nthrow new Error('one\\ntwo');" }, /^ROOT\/b\.js:2: one$/],
    ['no end', { 'index.js': 'await new Promise(() => {});' }, /^ROOT\/index\.js: an `await` outside of its functions/],
    ['a thrown text', { 'index.js': "throw 'up';" }, /^ROOT\/index\.js: up$/],
  ] as const)('names file and reason when the import ends in %s', ([, files, expected]) => {
    const { error, root } = load(files);
    expect(error?.code).toBe('PLUGIN_INVALID');
    expect(error?.message.replaceAll(root, 'ROOT')).toMatch(expected);
  });
});

test('a plugin whose import never ends although something keeps running is given up', async () => {
  using config = temporaryDirectory();
  const source = 'setInterval(() => {}, 1000).unref();\nawait new Promise(() => {});\nexport default 1;\n';
  writeFiles(config.path, { 'package.json': { type: 'module' }, 'index.mjs': source });
  const url = pathToFileURL(join(config.path, 'index.mjs')).href;
  const clock = new FakeClock();
  const loaded = loadPlugin({ name: 'mine', url, directory: config.path }, clock);
  const failure = loaded.catch((error: unknown) => error);
  await clock.advance(60_000);
  expect(await failure).toMatchObject({
    code: 'PLUGIN_INVALID',
    message: `${config.path}/index.mjs: an \`await\` outside of its functions has not ended after 60 s`,
  });
  expect(clock.timers).toBe(0);
});

test('migrations that cannot be read: which, and why', () => {
  const { error, root } = load({ 'index.js': javascript, migrations: 'no directory' });
  expect(error).toMatchObject({
    code: 'MIGRATION_INVALID',
    message: `the migrations of the plugin my plugin cannot be read: ENOTDIR: not a directory, scandir '${root}/migrations'`,
    remedy: 'let the user of the service read that directory; `migrationsPath` in the plugin names another',
  });
});

test.for([0, 1, 2])('a plugin that ends the process with %i is named, and the process has failed', (code) => {
  using config = temporaryDirectory();
  writeFiles(join(config.path, 'mine'), { 'package.json': { type: 'module' }, 'index.js': `process.exit(${code});` });
  const script = join(import.meta.dirname, '../fixtures/plugins/inspect.ts');
  const { status, stderr } = spawnSync(process.execPath, [script, config.path, './mine'], { encoding: 'utf8' });
  expect(stderr).toBe(
    `error: ${config.path}/mine/index.js, or a module that it imports, has ended the process\n  correct the plugin; docs/plugin-development.md has the contract\n`,
  );
  expect(status).toBe(1);
});

describe('what helps when a module cannot be imported', () => {
  test.for([
    ['an enum', { 'index.ts': 'enum A { B }' }, /an object `as const` for an enum/],
    ['no extension', { 'index.ts': "import './b';", 'b.ts': '' }, /: `b\.ts`, not `b`$/],
    ['the extension of a build', { 'index.ts': "import './b.js';", 'b.ts': '' }, /: `b\.ts`, not `b\.js`$/],
    [
      'a missing package',
      { 'index.ts': "import '@no/where/deep.js';" },
      /^run `npm install @no\/where` in the plugin's/,
    ],
    ['a type as a value', { 'index.ts': "import { Plugin } from 'carbonation';" }, /`import type`$/],
    [
      'a package of CommonJS',
      { 'package.json': { type: 'commonjs' }, 'index.ts': "import './b.ts';", 'b.ts': '' },
      /^write `"type": "module"` into the package\.json/,
    ],
    ['anything else', { 'index.ts': "import './none.ts';" }, /^correct the plugin; docs\/plugin-development\.md/],
  ] as const)('is said of %s', ([, files, expected]) => {
    expect(load(files).error?.remedy).toMatch(expected);
  });

  test('is said of a path that Node imports nothing from', () => {
    using config = temporaryDirectory();
    writeFiles(join(config.path, 'back\\slash'), { 'package.json': { type: 'module' }, 'index.js': javascript });
    expect(inspectPlugin(join(config.path, 'back\\slash'), '.').error?.remedy).toMatch(/^move it: .* backslash/);
  });
});

describe('loading migrations', () => {
  test('takes the files of every kind of module in the order of their names, without tests and declarations', () => {
    const { migrations } = load({
      'index.js': withMigrations,
      'migrations/0002_b.js': migration,
      'migrations/0001_a.ts': migration,
      'migrations/0003_c.mjs': migration,
      'migrations/0004_d.mts': migration,
      'migrations/0005_e.cjs': `const { definePluginMigration } = require('carbonation');
        exports.default = definePluginMigration({ dependsOn: 'core/0001_initial', up: () => {} });`,
      'migrations/0001_a.d.ts': '',
      'migrations/0001_a.d.mts': '',
      'migrations/0001_a.test.ts': '',
      'migrations/README.md': '',
      'migrations/old/0000.ts': '',
    });
    expect(migrations?.map(({ name }) => name)).toEqual(['0001_a', '0002_b', '0003_c', '0004_d', '0005_e']);
    expect(migrations?.[0]).toMatchObject({
      dependsOn: 'core/0001_initial',
      steps: [{ kind: 'addColumn', name: 'a' }],
    });
  });

  test('takes a migrations path that does not exist for no migrations yet, and refuses one that is a file', () => {
    expect(load({ 'index.js': withMigrations })).toMatchObject({ migrations: [] });
    const { error } = load({ 'index.js': withMigrations, migrations: 'a file' });
    expect(error).toMatchObject({ code: 'MIGRATION_INVALID', message: expect.stringContaining('ENOTDIR') });
  });

  test('reports every problem of every file', () => {
    const { error } = load({
      'index.js': withMigrations,
      'migrations/1.js': 'export const up = 1;',
      'migrations/2.js': "export default { depends_on: 'core/1', up: 1 };",
      'migrations/3.js':
        "export default { dependsOn: 'core/1', async up() { throw 1; }, down() { throw new Error('no'); } };",
      'migrations/4.js':
        "export default { dependsOn: 'core/1', up: (f) => f.dropColumn('state').addIndex().addColumn('a', { type: 'text', nullable: false, index: false }) };",
      'migrations/5.js': migration,
      'migrations/6.js':
        "export default { dependsOn: 'core/1', up: (f) => f.dropColumn(), down: (f) => f.addIndex(['a', 'b']) };",
      'migrations/5.ts': migration,
    });
    expect(error?.code).toBe('MIGRATION_INVALID');
    expect(error?.details).toEqual([
      '1.js: its default export is undefined; make it with `definePluginMigration({ … })`',
      '2.js: the migration has an unknown key "depends_on" (did you mean "dependsOn"?)',
      '2.js: `dependsOn` must name a migration of the core, e.g. "core/0001_initial"',
      '2.js: `up` is a number; it must be a function',
      '3.js: `up` is asynchronous; it can only list changes',
      '3.js: `down` failed: no',
      '4.js: `up`: column "state" belongs to carbonation; choose another name',
      '4.js: `up`: addIndex names no column',
      '4.js: `up`: column "a" is not nullable; every column of a plugin must be',
      '5.ts: there is another file of this name',
      '6.js: `up`: the name of a column is undefined; it must be a text',
      "6.js: `down`: addIndex takes names, one after another: addIndex('a', 'b')",
    ]);
  });

  test('names file and reason of a migration that cannot be imported', () => {
    const { error, root } = load({ 'index.js': withMigrations, 'migrations/0001.js': "import 'nowhere';" });
    expect(error?.code).toBe('MIGRATION_INVALID');
    expect(error?.message).toContain(`${root}/migrations/0001.js: Cannot find package 'nowhere'`);
  });
});
