import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { useTemp } from '../support/temp.ts';

const root = resolve(import.meta.dirname, '../..');
const directory = useTemp();

/** The paths of those modules, given by path and text, that the linter refuses. */
function refused(modules: ReadonlyMap<string, string>): ReadonlySet<string> {
  for (const name of ['oxlint.config.ts', 'scripts/borders.ts']) cpSync(join(root, name), join(directory(), name));
  for (const [path, text] of modules) {
    mkdirSync(dirname(join(directory(), path)), { recursive: true });
    writeFileSync(join(directory(), path), `${text}\n`);
  }
  const oxlint = join(root, 'node_modules/oxlint/bin/oxlint');
  const { stdout } = spawnSync(process.execPath, [oxlint, '--format', 'json', '.'], { cwd: directory() });
  const { diagnostics }: { diagnostics: { filename: string }[] } = JSON.parse(String(stdout));
  return new Set(diagnostics.map(({ filename }) => filename));
}

/** The modules that the linter lets pass. */
function passed(modules: ReadonlyMap<string, string>): (readonly [string, string])[] {
  const wrong = refused(modules);
  return [...modules].filter(([path]) => !wrong.has(path));
}

/** Modules of a folder, one for each text. */
function modulesOf(folder: string, texts: readonly string[]): (readonly [string, string])[] {
  return texts.map((text, i) => [`${folder}/module-${i}.ts`, text]);
}

/** Every way to import a module. */
function importsOf(module: string): string[] {
  return [
    `import { one } from '${module}';\nexport const two = one;`,
    `import type { One } from '${module}';\nexport type Two = One;`,
    `import '${module}';`,
    `export { one } from '${module}';`,
    `export type { One } from '${module}';`,
    `export * from '${module}';`,
    `export const one = await import('${module}');`,
    `export type One = import('${module}').One;`,
    `export const one = require('${module}');`,
    `import one = require('${module}');\nexport { one };`,
  ];
}

/** A way to import a module's values. */
function valueOf(module: string): string {
  return `import { one } from '${module}';\nexport const two = one;`;
}

/** A way to import a module's types. */
function typeOf(module: string): string {
  return `import { type One } from '${module}';\nexport type Two = One;`;
}

it('refuses every kind of import that leads outwards', () => {
  const modules = new Map([
    ...modulesOf('machines/file-group', importsOf('../../src/service/group/writer.ts')),
    ...modulesOf('entities', importsOf('../src/service/writer.ts')),
    ...modulesOf('migrations', importsOf('../src/core/ids.ts')),
    ...modulesOf('src/core', importsOf('../service/writer.ts')),
    ...modulesOf('src/store', importsOf('../service/writer.ts')),
    ...modulesOf('src/service', importsOf('../cli/main.ts')),
  ]);
  expect(passed(modules)).toEqual([]);
});

it('refuses the ways around: an index, the package itself, a detour, packages, folders that nobody has thought of', () => {
  const modules = new Map([
    ...modulesOf(
      'machines',
      ['xstate-more', 'xstate/graph', 'node:fs', 'fs', 'carbonation', '../package.json'].map(valueOf),
    ),
    ...modulesOf(
      'entities',
      ['../src/index.ts', '@mikro-orm/sql', 'carbonation', '../machines/index.ts', 'xstate'].map(valueOf),
    ),
    ...modulesOf('migrations', ['./../src/core/ids.ts', '@mikro-orm/core', '../entities/index.ts'].map(valueOf)),
    ...modulesOf(
      'src/core',
      [
        '../index.ts',
        'carbonation',
        'carbonation/testing',
        './../service/writer.ts',
        '../../src/service/group/writer.ts',
        '../core/../service/writer.ts',
        '../../tests/support/temp.ts',
        '../new-folder/one.ts',
        'kysely',
        'xstate',
      ].map(valueOf),
    ),
    ...modulesOf('src/archive', ['../config/load.ts', '../workers/file-pool.ts'].map(valueOf)),
    ...modulesOf('src/web', ['../service/run.ts', '../doctor/index.ts', '../../entities/index.ts'].map(valueOf)),
    ...modulesOf(
      'src/cli/commands',
      ['../../index.ts', '../../../entities/index.ts', '../../../machines/index.ts'].map(valueOf),
    ),
    ...modulesOf('src/testing', ['../service/run.ts'].map(valueOf)),
    ...modulesOf('src/store/database', ['../commit/commit.ts', '../types.ts', '../../watch/scan.ts'].map(valueOf)),
    ...modulesOf('src/store/commit', ['../read/query.ts', '../group-store.ts', '../types.ts'].map(valueOf)),
    ...modulesOf('src/store/read', ['../group-store.ts', '../../../entities/index.ts'].map(valueOf)),
    ...modulesOf(
      'src/service/group',
      ['../delivery/intake.ts', '../run.ts', '../../notify/index.ts', '../types.ts', '../../api/health.ts'].map(
        valueOf,
      ),
    ),
    ...modulesOf('src/service/delivery', ['../reconcile-archive/rows.ts', '../service.ts'].map(valueOf)),
    ...modulesOf('src/service/new-folder', ['../types.ts', '../../core/ids.ts'].map(valueOf)),
    ...modulesOf('src/new-folder', ['../core/ids.ts'].map(valueOf)),
    ...modulesOf('src', ['./service/run.ts', './store/database/orm.ts'].map(valueOf)),
    ...modulesOf('web/src', ['../../src/web/protocol.ts', '../../src/core/ids.ts', 'node:fs'].map(valueOf)),
    ...modulesOf('web/src/views', ['../../../src/store/reports.ts'].map(typeOf)),
    ...modulesOf('plugin-template/src', ['../../src/plugin/index.ts', '../../machines/index.ts'].map(valueOf)),
  ]);
  expect(passed(modules)).toEqual([]);
});

it('refuses charts and entities a clock, chance and other effects', () => {
  const effects = [
    'Date.now()',
    'new Date()',
    'performance.now()',
    'Math.random()',
    'crypto.randomUUID()',
    'setTimeout(() => undefined, 1)',
    "fetch('http://localhost')",
    'process.env',
    'globalThis.Date',
  ];
  const texts = effects.map((effect) => `export const one = ${effect};`);
  const modules = new Map([...modulesOf('machines/watch', texts), ...modulesOf('entities', texts)]);
  expect(passed(modules)).toEqual([]);
});

it('refuses src a clock of its own, and chance', () => {
  const modules = new Map(
    modulesOf('src/service', ['export const one = Date.now();', 'export const one = Math.random();']),
  );
  expect(passed(modules)).toEqual([]);
});

it('allows what docs/ARCHITECTURE.md allows', () => {
  const modules = new Map([
    ...modulesOf('machines/supervisor', ['xstate', '../watch/index.ts', './types.ts', '../by-path.ts'].map(valueOf)),
    ...modulesOf('entities', ['@mikro-orm/core', '../src/core/columns.ts'].map(valueOf)),
    ...modulesOf('entities/more', ['@mikro-orm/core'].map(typeOf)),
    ...modulesOf('src/core', ['node:fs', './ids.ts', 'picomatch'].map(valueOf)),
    ...modulesOf('src/archive', ['../config/types.ts', '../workers/messages.ts'].map(typeOf)),
    ...modulesOf('src/store', ['kysely', '../../entities/index.ts', '../core/ids.ts'].map(valueOf)),
    ...modulesOf('src/service', ['xstate', '../../machines/index.ts', '../store/database/orm.ts'].map(valueOf)),
    ...modulesOf('src/service/group', ['../types.ts', '../serve.ts'].map(typeOf)),
    ...modulesOf('src/service/delivery', ['../group/registry.ts', '../../store/read/query.ts'].map(valueOf)),
    ...modulesOf('src/cli/commands', ['../print.ts', '../../service/run.ts', './status.ts'].map(valueOf)),
    ...modulesOf('src', ['./api/connect.ts'].map(valueOf)),
    ...modulesOf('web/src', ['../../src/core/counted.ts'].map(valueOf)),
    ...modulesOf('web/src/views', ['../../../src/web/protocol.ts'].map(typeOf)),
    ...modulesOf('plugin-template/test', ['carbonation', '../src/index.ts'].map(valueOf)),
  ]);
  expect([...refused(modules)]).toEqual([]);
});
