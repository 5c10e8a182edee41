import { symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { CarbonationError } from '../../src/errors/index.ts';
import { resolvePlugin } from '../../src/plugin/discover.ts';
import { temporaryDirectory, writeFiles } from '../fixtures/plugins/run-inspect.ts';

const declared = { type: 'module', exports: './index.js', carbonation: { plugin: true } };

/** The error that a look-up ends with. */
function refusal(packageName: string | null, directory: string): CarbonationError {
  try {
    resolvePlugin(packageName, directory);
  } catch (thrown) {
    if (thrown instanceof CarbonationError) return thrown;
    throw thrown;
  }
  throw new Error('it was found');
}

/** The path of the main module that a look-up ends with, relative to the directory. */
function entry(packageName: string | null, directory: string): string {
  return relative(directory, fileURLToPath(resolvePlugin(packageName, directory).url));
}

describe('a plugin given by path', () => {
  test('is found relative to the config directory, whether written with ./ or not', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, { 'mine/package.json': { name: 'its-name', main: 'lib/main.js' }, 'mine/lib/main.js': '' });
    expect(entry('./mine', config.path)).toBe('mine/lib/main.js');
    expect(resolvePlugin('mine', config.path)).toEqual({
      name: 'its-name',
      url: `file://${config.path}/mine/lib/main.js`,
      directory: join(config.path, 'mine'),
    });
  });

  test('is found as its sources alone, or by its main module, with ./ or not', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, { 'mine/src/index.ts': '' });
    const written = ['mine', './mine', 'mine/', 'mine/src/index.ts', './mine/src/index.ts'];
    expect(written.filter((name) => entry(name, config.path) !== 'mine/src/index.ts')).toEqual([]);
  });

  test('is found by an absolute path, and through a symbolic link under its real path', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, { 'real/index.ts': '' });
    symlinkSync(join(config.path, 'real'), join(config.path, 'link'));
    expect(resolvePlugin(join(config.path, 'real'), '/').directory).toBe(join(config.path, 'real'));
    expect(resolvePlugin('./link', config.path).directory).toBe(join(config.path, 'real'));
  });

  test('that cannot be looked at is an error that says so', () => {
    using config = temporaryDirectory();
    symlinkSync('mine', join(config.path, 'mine'));
    for (const written of ['mine', './mine'])
      expect(refusal(written, config.path)).toMatchObject({
        code: 'PLUGIN_INVALID',
        message: expect.stringMatching(/^the plugin cannot be read: ELOOP: .*\/mine/),
        remedy: expect.stringContaining('may read'),
      });
  });

  test('may be the main module itself', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, { 'plugin.ts': '' });
    expect(resolvePlugin('./plugin.ts', config.path)).toMatchObject({ name: 'plugin.ts', directory: config.path });
  });

  test('needs no package.json: index.ts, index.js and src/index.ts are tried in this order', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, {
      'a/index.js': '',
      'a/index.ts': '',
      'b/index.js': '',
      'b/src/index.ts': '',
      'c/src/index.ts': '',
    });
    expect(entry('./a', config.path)).toBe('a/index.ts');
    expect(entry('./b', config.path)).toBe('b/index.js');
    expect(entry('./c', config.path)).toBe('c/src/index.ts');
  });

  test('that does not exist is an error that says where it looked', () => {
    using config = temporaryDirectory();
    expect(refusal('./gone', config.path)).toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      message: `the plugin "./gone" was not found: there is no ${config.path}/gone`,
    });
  });

  test('whose main module does not exist is invalid', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, { 'mine/package.json': { exports: './dist/index.js' } });
    expect(refusal('mine', config.path)).toMatchObject({
      code: 'PLUGIN_INVALID',
      remedy: expect.stringContaining('build'),
    });
  });

  test('whose package.json is not JSON is invalid, with the file named', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, { 'mine/package.json': '{' });
    const { code, message } = refusal('mine', config.path);
    expect(code).toBe('PLUGIN_INVALID');
    expect(message).toContain(join(config.path, 'mine/package.json'));
  });
});

describe('a plugin given by package name', () => {
  test('is found in the node_modules of the config directory and above', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, {
      'node_modules/@us/plugin/package.json': declared,
      'node_modules/@us/plugin/index.js': '',
    });
    expect(entry('@us/plugin', config.path)).toBe('node_modules/@us/plugin/index.js');
    expect(entry('@us/plugin', join(config.path, 'deeper'))).toBe('../node_modules/@us/plugin/index.js');
  });

  test('is entered where its exports lead an import', () => {
    using config = temporaryDirectory();
    const exports = {
      './x': './x.js',
      '.': { types: './t.d.ts', require: './r.cjs', import: { node: './i.js' }, default: './d.js' },
    };
    writeFiles(config.path, { 'node_modules/p/package.json': { exports, main: './m.js' } });
    writeFiles(join(config.path, 'node_modules/p'), { 'i.js': '', 'd.js': '', 'm.js': '', 'r.cjs': '' });
    expect(entry('p', config.path)).toBe('node_modules/p/i.js');
  });

  test('that is not installed is an error that says where it looked', () => {
    using config = temporaryDirectory();
    const { code, message, details } = refusal('absent', config.path);
    expect([code, message]).toEqual(['PLUGIN_NOT_FOUND', 'the plugin "absent" was not found']);
    expect(details.join('\n')).toContain(join(config.path, 'absent'));
  });
});

describe('without a configured plugin', () => {
  test('the one dependency that declares itself is taken', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, {
      'package.json': { dependencies: { other: '1', mine: '1', absent: '1' } },
      'node_modules/other/package.json': { carbonation: { plugin: false } },
      'node_modules/mine/package.json': declared,
      'node_modules/mine/index.js': '',
    });
    expect(entry(null, config.path)).toBe('node_modules/mine/index.js');
  });

  test('a directory without package.json is an error', () => {
    using config = temporaryDirectory();
    expect(refusal(null, config.path)).toMatchObject({
      code: 'PLUGIN_NOT_FOUND',
      message: expect.stringContaining(`${config.path}/package.json`),
    });
  });

  test('no declared plugin is an error that lists the dependencies', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, {
      'package.json': { devDependencies: { absent: '1', other: '1' } },
      'node_modules/other/package.json': {},
    });
    expect(refusal(null, config.path).details).toEqual([
      'absent: not installed',
      `other: ${join(config.path, 'node_modules/other')}`,
    ]);
  });

  test('several declared plugins are an error that names them', () => {
    using config = temporaryDirectory();
    writeFiles(config.path, {
      'package.json': { dependencies: { a: '1' }, optionalDependencies: { b: '1' } },
      'node_modules/a/package.json': declared,
      'node_modules/b/package.json': declared,
    });
    expect(refusal(null, config.path)).toMatchObject({ code: 'PLUGIN_NOT_FOUND', details: ['a', 'b'] });
  });
});
