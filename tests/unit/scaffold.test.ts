import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { scaffold } from '../../src/scaffold/index.ts';
import { fillUnit } from '../../src/scaffold/unit-file.ts';
import { canMount, mountTmpfs } from '../support/mount.ts';
import { inspectPlugin, temporaryDirectory } from '../fixtures/plugins/run-inspect.ts';

const mounts = canMount();
const root = resolve(import.meta.dirname, '../..');

describe('init', () => {
  test('writes both files, the plugin and the delivery directory', async () => {
    using target = temporaryDirectory();
    const directory = join(target.path, 'new');
    const entries = await scaffold({ directory, systemd: false, user: null });
    expect(entries.every(({ outcome }) => outcome === 'created')).toBe(true);
    expect(entries.map(({ path }) => path)).toEqual([
      'config.toml',
      'rules.toml',
      'my_plugin/README.md',
      'my_plugin/migrations/0001_initial.ts',
      'my_plugin/package.json',
      'my_plugin/src/extractors.ts',
      'my_plugin/src/index.ts',
      'my_plugin/src/model.ts',
      'my_plugin/src/rules.ts',
      'my_plugin/test/extractors.test.ts',
      'my_plugin/test/plugin.test.ts',
      'my_plugin/tsconfig.json',
      'delivery/',
    ]);
    expect(entries.filter(({ path }) => !existsSync(join(directory, path)))).toEqual([]);
  });

  test('overwrites nothing when it runs again, and writes what is missing', async () => {
    using target = temporaryDirectory();
    const options = { directory: target.path, systemd: false, user: null };
    const first = await scaffold(options);
    const edited = join(target.path, 'my_plugin/src/model.ts');
    writeFileSync(edited, 'edited');
    const second = await scaffold({ ...options, systemd: true });
    expect(second.filter(({ outcome }) => outcome === 'skipped').map(({ path }) => path)).toEqual(
      first.map(({ path }) => path),
    );
    expect(second.filter(({ outcome }) => outcome === 'created')).toEqual([
      { path: 'carbonation.service', outcome: 'created' },
    ]);
    expect(readFileSync(edited, 'utf8')).toBe('edited');
  });

  test.runIf(mounts)('leaves no half file on a full disk, and goes on where there is room again', async () => {
    using target = temporaryDirectory();
    const options = { directory: join(target.path, 'disk'), systemd: false, user: null };
    using disk = mountTmpfs(options.directory, 12);
    await expect(scaffold(options)).rejects.toMatchObject({
      code: 'SCAFFOLD_FAILED',
      message: expect.stringMatching(/\/disk\/my_plugin\/\S+ cannot be written: ENOSPC/),
      remedy: expect.stringContaining('make room'),
    });
    execFileSync('mount', ['-o', 'remount,size=1m', disk.path]);
    const whole = await scaffold({ ...options, directory: join(target.path, 'whole') });
    await scaffold(options);
    const files = whole.map(({ path }) => path).filter((path) => !path.endsWith('/'));
    const read = (directory: string, path: string) => readFileSync(join(target.path, directory, path), 'utf8');
    expect(files.filter((path) => read('disk', path) !== read('whole', path))).toEqual([]);
  });

  test('fails with a code when the directory cannot be made', async () => {
    using target = temporaryDirectory();
    const file = join(target.path, 'file');
    writeFileSync(file, '');
    for (const directory of [file, join(file, 'x')]) {
      await expect(scaffold({ directory, systemd: false, user: null })).rejects.toMatchObject({
        code: 'SCAFFOLD_FAILED',
        message: `the directory ${directory} cannot be made: something else than a directory is in its place`,
        remedy: expect.stringContaining('`--dir`'),
      });
    }
  });

  // A `mkdir` that is recursive never ends there.
  test.runIf(process.platform === 'linux')('fails where the system says only that something is missing', async () => {
    await expect(scaffold({ directory: '/proc/x/y', systemd: false, user: null })).rejects.toMatchObject({
      code: 'SCAFFOLD_FAILED',
      message: expect.stringMatching(/^the directory \/proc\/x\/y cannot be made: ENOENT/),
    });
  });
});

describe('the files that init writes', () => {
  test('are TOML whose parts fit together', async () => {
    using target = temporaryDirectory();
    await scaffold({ directory: target.path, systemd: false, user: null });
    const read = (name: string): unknown => parse(readFileSync(join(target.path, name), 'utf8'));
    expect(read('config.toml')).toEqual({
      service: {},
      logging: {},
      database: { drivername: 'sqlite', name: 'carbonation.db' },
      plugins: { package: 'my_plugin' },
      rules: { file: 'rules.toml' },
      http: {},
      watch: [
        { name: 'my-watch', path: 'delivery', rules: 'my-rules', patterns: ['*.txt', '*.json'], settle_seconds: 2 },
      ],
      archive: [
        {
          name: 'my-archive',
          base_path: 'archive',
          destination: '{category}/{start:%Y%m%d}',
          action: 'copy',
          file_mode: 0o640,
          dir_mode: 0o750,
        },
      ],
    });
    expect(read('rules.toml')).toEqual({
      'my-rules': {
        archive: 'my-archive',
        integrity: [{ type: 'min_size', value: 10 }],
        completeness: {
          group_by: 'stem',
          expected_extensions: ['.txt', '.json'],
          primary_extension: '.json',
          timeout_minutes: 60,
          on_timeout: 'warn',
        },
        metadata: { extract: 'sample' },
        selection: [{ has_keys: ['category'] }],
      },
    });
  });

  test('are still TOML when every commented-out option is taken in', async () => {
    using target = temporaryDirectory();
    await scaffold({ directory: target.path, systemd: false, user: null });
    for (const name of ['config.toml', 'rules.toml']) {
      const text = readFileSync(join(target.path, name), 'utf8');
      const open = text.replaceAll(/^# (\[\[|[a-z_]+ = )/gm, '$1');
      expect(open).not.toBe(text);
      expect(() => parse(open)).not.toThrow();
    }
  });

  test('hold a plugin that loads without any node_modules, with its migration', async () => {
    using target = temporaryDirectory();
    await scaffold({ directory: target.path, systemd: false, user: null });
    const loaded = inspectPlugin(target.path, 'my_plugin');
    expect(loaded).toMatchObject({
      name: 'my_plugin',
      keys: { extractors: ['sample'], selectionFunctions: ['should_archive'] },
      queryDefaults: { orderBy: '-start' },
    });
    const [migration, ...others] = loaded.migrations ?? [];
    expect(others).toEqual([]);
    expect(migration).toMatchObject({ name: '0001_initial', dependsOn: 'core/0001_initial' });
    const added = migration?.steps.filter(({ kind }) => kind === 'addColumn').map(({ name }) => name);
    expect(added).toEqual(Object.keys(loaded.keys?.columns ?? {}));
    // What lists are ordered by, and what is searched for.
    expect(migration?.steps.filter(({ kind }) => kind === 'addIndex')).toEqual([
      { kind: 'addIndex', columns: ['start'] },
      { kind: 'addIndex', columns: ['category'] },
    ]);
  });

  test.for(['here', 'scaffolded'])('hold a plugin whose own tests pass (%s)', async (place) => {
    using target = temporaryDirectory();
    const directory = join(target.path, "it's (a) place & more");
    await scaffold({ directory, systemd: false, user: null });
    const cwd = place === 'here' ? join(root, 'plugin-template') : join(directory, 'my_plugin');
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const { scripts }: { scripts: { test: string } } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
    const output = execFileSync('sh', ['-c', `${scripts.test} --test-reporter=tap`], {
      cwd,
      env: { ...env, PATH: `${dirname(process.execPath)}:${env['PATH']}` },
      encoding: 'utf8',
    });
    expect(output).toMatch(/^# pass 7$/m);
    expect(output).toMatch(/^# fail 0$/m);
  });
});

describe('the systemd unit', () => {
  test('runs this program in the directory, as the current user', async () => {
    using target = temporaryDirectory();
    await scaffold({ directory: target.path, systemd: true, user: null });
    const lines = readFileSync(join(target.path, 'carbonation.service'), 'utf8').split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'Type=notify',
        'NotifyAccess=all',
        // The first reconciliation of a large delivery takes longer than the 90 seconds that systemd grants by itself.
        'TimeoutStartSec=infinity',
        'WatchdogSec=300',
        'Restart=on-failure',
        // A clock that starts at 1970 and is set a moment later would end all that waits.
        'After=network-online.target time-sync.target',
        `User=${userInfo().username}`,
        `WorkingDirectory=${target.path}`,
        `ReadWritePaths=${target.path}`,
        `ExecStart=${process.execPath} ${root}/bin/carbonation.js -c ${target.path}/config.toml run`,
        'ProtectSystem=strict',
        'NoNewPrivileges=true',
      ]),
    );
    expect(lines.filter((line) => /@[A-Z]+@/.test(line))).toEqual([]);
  });

  test('runs as the user that was asked for', async () => {
    using target = temporaryDirectory();
    await scaffold({ directory: target.path, systemd: true, user: 'archive-1' });
    expect(readFileSync(join(target.path, 'carbonation.service'), 'utf8')).toContain('\nUser=archive-1\n');
  });

  test('escapes what systemd would read otherwise', () => {
    const values = { user: 'u', directory: '/a b/%i', node: '/n', program: '/p$x', config: '/say "hi"' };
    expect(fillUnit('@DIRECTORY@|@WRITABLE@|@NODE@ @PROGRAM@ @CONFIG@|@OTHER@', values)).toBe(
      String.raw`/a b/%%i|"/a b/%%i"|/n /p$$x "/say \"hi\""|@OTHER@`,
    );
  });

  test('refuses a user and a path that would add a line, and writes nothing', async () => {
    using target = temporaryDirectory();
    const directory = join(target.path, 'a');
    await expect(scaffold({ directory, systemd: true, user: 'u\nExecStart=/x' })).rejects.toMatchObject({
      code: 'USAGE',
    });
    await expect(scaffold({ directory: `${directory}\nb`, systemd: true, user: 'u' })).rejects.toMatchObject({
      code: 'SCAFFOLD_FAILED',
      remedy: expect.stringContaining('rename the directory'),
    });
    expect(existsSync(directory)).toBe(false);
  });
});
