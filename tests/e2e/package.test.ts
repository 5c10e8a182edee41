import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../support/cli.ts';
import { makeDatabase, sharedDrivers } from '../support/databases.ts';
import { until } from '../support/project.ts';
import { databaseToml } from '../support/servers.ts';

const root = resolve(import.meta.dirname, '../..');
const manifest: { readonly dependencies: Readonly<Record<string, string>> } = JSON.parse(
  readFileSync(join(root, 'package.json'), 'utf8'),
);

/** What a package is made of; everything else of the repository must not be needed for it. */
const sources = [
  'docs',
  'src',
  'machines',
  'entities',
  'migrations',
  'web',
  'bin',
  'plugin-template',
  'schemas',
  'scripts',
];
const files = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'LICENSE', 'README.md'];

let place = '';
let listed: readonly string[] = [];
/** The installed package. */
let installed = '';
/** Its command. */
let command = '';

const drivers = await sharedDrivers();

/** Delivers a group of a fresh project. */
function deliver(project: string, key: string): void {
  const metadata = { category: 'alpha', start: '2026-01-01T00:00:00Z', stop: '2026-01-01T01:00:00Z', source: 'x' };
  writeFileSync(join(project, `delivery/${key}.json`), JSON.stringify(metadata));
  writeFileSync(join(project, `delivery/${key}.txt`), `the text of ${key}`);
}

/** Changes the config.toml of a fresh project, in which nothing has to rest for long. */
function configure(project: string, change: (text: string) => string): void {
  const path = join(project, 'config.toml');
  writeFileSync(path, change(readFileSync(path, 'utf8').replace('settle_seconds = 2.0', 'settle_seconds = 0.05')));
}

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
  command = join(installed, 'bin/carbonation.js');
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
        'dist/src/scaffold/templates/config.toml',
        'dist/program/THIRD-PARTY-NOTICES.txt',
        'dist/program/cli/main.js',
        'dist/program/store/commit.worker.js',
        'dist/program/watch/listener.worker.js',
        'dist/program/web/server.worker.js',
        'dist/program/workers/file.worker.js',
        'dist/program/workers/plugin.worker.js',
        'dist/page/index.html',
        'docs/charts/group.svg',
        'docs/decisions/0012-bundled-program.md',
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

  it('has no statement that the oldest Node it names cannot parse', () => {
    // `using` is the one that the compiler's target has, the bundler leaves as it is, and Node 22 lacks.
    const scripts = globSync('dist/{src,program}/**/*.js', { cwd: installed });
    expect(scripts.length).toBeGreaterThan(100);
    expect(
      scripts.filter((path) => /^\s*(await )?using [\w$]+ =/m.test(readFileSync(join(installed, path), 'utf8'))),
    ).toEqual([]);
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
    deliver(project, 'a');
    expect(await run('run', '--once')).toMatchObject({ code: 0, stdout: '1 archived, 0 waiting, 0 failed\n' });
    expect(existsSync(join(project, 'archive/alpha/20260101/a.json'))).toBe(true);
  });

  it.each(drivers)('runs, answers and checks on %s as one bundle', async (driver) => {
    const database = await makeDatabase(driver);
    onTestFinished(() => database.drop());
    const project = mkdtempSync(join(place, 'bundle-'));
    const run = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await runProgram(process.execPath, [command, ...args], project);
      expect([code, code === 0 ? '' : stderr]).toEqual([0, '']);
      return stdout;
    };
    await run('init');
    configure(project, (text) => text.replace(/^\[database\][^]*?(?=^\[)/m, `${databaseToml(database.config)}\n`));
    await run('db', 'init');
    await run('doctor');
    deliver(project, 'a');
    writeFileSync(join(project, 'delivery/b.txt'), 'waits for its json');
    expect(await run('run', '--once')).toContain('1 archived, 1 waiting, 0 failed\n');
    // Each has what it needs of what is loaded late: tables, charts, colours, CSV, the migrations.
    const ofEach: readonly (readonly [RegExp, readonly string[]])[] = [
      [/,alpha,/, ['query', 'files', '--format', 'csv']],
      [/core\/0008/, ['db', 'status']],
    ];
    // What these load is of no driver; what they ask of each database, audit.test.ts and ask.databases.test.ts ask, too.
    const ofOne: typeof ofEach = [
      [/^archived/m, ['status']],
      [/archived since/, ['history', 'a']],
      [/\.json/, ['why', 'b']],
      [/stateDiagram/, ['chart', '--format', 'mermaid']],
    ];
    const asked = driver === 'sqlite' ? [...ofEach, ...ofOne] : ofEach;
    await Promise.all(asked.map(async ([answer, words]) => expect(await run(...words)).toMatch(answer)));
    await run('reconcile', 'archive', '--verify');
    await run('reconcile', 'delivery');
  });

  it('serves its page while it runs', async () => {
    const project = mkdtempSync(join(place, 'service-'));
    const run = (...args: readonly string[]) => runProgram(process.execPath, [command, ...args], project);
    await run('init');
    configure(project, (text) => text.replace('[http]', '[http]\nlisten = "127.0.0.1:0"'));
    await run('db', 'init');
    const service = spawn(process.execPath, [command, 'run'], { cwd: project, stdio: ['ignore', 'ignore', 'pipe'] });
    const ended = once(service, 'exit');
    onTestFinished(() => void service.kill('SIGKILL'));
    let said = '';
    service.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
    const address = await until('it listens', () => /http:\/\/[\d.:]+/.exec(said)?.[0]);
    expect(await (await fetch(address)).text()).toContain('<html');
    deliver(project, 'live');
    await until('it is archived', () => existsSync(join(project, 'archive/alpha/20260101/live.json')));
    service.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
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
