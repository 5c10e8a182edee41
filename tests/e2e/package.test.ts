import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { runProgram } from '../support/cli.ts';

const root = resolve(import.meta.dirname, '../..');
const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/** What a package is made of; everything else of the repository must not be needed for it. */
const sources = ['docs', 'src', 'machines', 'entities', 'migrations', 'web', 'bin', 'plugin-template', 'schemas'];
const files = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'LICENSE', 'README.md'];

let place = '';
let listed: readonly string[] = [];
/** The installed package. */
let installed = '';

/**
 * Packs a copy of the repository as `npm publish` would (build, publint) and unpacks it into the node_modules of an empty
 * folder. The dependencies are not fetched: those that package.json names, and no others, are linked beside it.
 */
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'carbonation-package-'));
  const copy = join(place, 'copy');
  for (const name of [...sources, ...files]) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  execFileSync('npm', ['pack', '--pack-destination', place], { cwd: copy, stdio: 'pipe' });
  const modules = join(place, 'prefix/lib/node_modules');
  mkdirSync(modules, { recursive: true });
  const tarball = `${place}/carbonation-${String(JSON.parse(readFileSync(join(copy, 'package.json'), 'utf8')).version)}.tgz`;
  listed = execFileSync('tar', ['-xvzf', tarball, '-C', modules], { encoding: 'utf8' }).trim().split('\n');
  installed = join(modules, 'carbonation');
  execFileSync('mv', [join(modules, 'package'), installed]);
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(modules, name));
  }
  return () => rmSync(place, { recursive: true, force: true });
}, 120_000);

describe('the package', () => {
  it('holds the program, its types, the page, the schemas and the template, and nothing of development', () => {
    const paths = listed.map((path) => path.replace(/^package\//, ''));
    expect(paths).toEqual(
      expect.arrayContaining([
        'bin/carbonation.js',
        'dist/src/index.d.ts',
        'dist/src/workers/file.worker.js',
        'dist/src/watch/listener.worker.js',
        'dist/src/scaffold/templates/config.toml',
        'dist/page/index.html',
        'docs/plugin-development.md',
        'plugin-template/src/index.ts',
        'schemas/config.schema.json',
        'schemas/rules.schema.json',
      ]),
    );
    const strange = paths.filter(
      (path) =>
        /(^|\/)(tests?|bench|demo|scripts|node_modules|\.\w+)(\/|$)|\.map$|\.tsbuildinfo$|^(src|machines|entities|migrations|web)\//.test(
          path,
        ) && !path.startsWith('plugin-template/test'),
    );
    expect(strange).toEqual([]);
  });

  it('works from an empty folder with two commands, installed globally or beside the project', async () => {
    // npm links the command of a global package like this.
    const bin = join(place, 'prefix/bin/carbonation');
    mkdirSync(dirname(bin));
    symlinkSync('../lib/node_modules/carbonation/bin/carbonation.js', bin);
    const project = join(place, 'project');
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    symlinkSync(installed, join(project, 'node_modules/carbonation'));
    const run = (...args: readonly string[]) => runProgram(process.execPath, [bin, ...args], project);
    expect(await run('init')).toMatchObject({ code: 0, stderr: '' });
    expect(readFileSync(join(project, 'config.toml'), 'utf8')).toMatch(
      /^#:schema \.\/node_modules\/carbonation\/schemas\/config\.schema\.json\n/,
    );
    const metadata = { category: 'alpha', start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', source: 'x' };
    writeFileSync(join(project, 'delivery/a.json'), JSON.stringify(metadata));
    writeFileSync(join(project, 'delivery/a.txt'), 'the text of a');
    expect(await run('run', '--once')).toMatchObject({ code: 0, stdout: '1 archived, 0 waiting, 0 failed\n' });
    expect(existsSync(join(project, 'archive/alpha/20260101/a.json'))).toBe(true);
  });

  it('has types that a program and a plugin are checked with', async () => {
    const library = join(place, 'library');
    cpSync(join(root, 'tests/fixtures/library-project'), library, { recursive: true });
    symlinkSync(dirname(installed), join(library, 'node_modules'));
    const checked = await runProgram(join(root, 'node_modules/.bin/tsc'), ['-p', '.'], library);
    expect(checked).toEqual({ code: 0, stdout: '', stderr: '' });
    // What it imports is there, too.
    const program =
      "const { connect } = await import('carbonation'); await import('carbonation/testing'); console.log(typeof connect);";
    const loaded = await runProgram(process.execPath, ['--input-type=module', '--eval', program], library);
    expect(loaded).toEqual({ code: 0, stdout: 'function\n', stderr: '' });
  });
});
