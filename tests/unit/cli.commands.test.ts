import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { coreMigrations } from '../../migrations/index.ts';
import { runCli, type CliResult } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';

const directory = useTemp();
const cli = (...argv: string[]): Promise<CliResult> => runCli(argv, { cwd: directory() });
const at = (name: string): string => join(directory(), name);

async function edit(name: string, from: string, to: string): Promise<void> {
  const text = await readFile(at(name), 'utf8');
  expect(text).toContain(from);
  await writeFile(at(name), text.replace(from, to));
}

describe('init', () => {
  it('says what it wrote and what comes next, and the second time what it left', async () => {
    const first = await cli('init', '--dir', 'in here');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^CREATED config\.toml$/m);
    expect(first.stdout).toMatch(/^1\. cd 'in here'$/m);
    expect(first.stdout).toMatch(/^6\. carbonation run$/m);
    const second = await cli('init', '--dir', 'in here');
    expect(second.stdout).toMatch(/^SKIP {4}config\.toml \(exists\)$/m);
    expect(second.stdout).not.toContain('CREATED');
  });

  it('says what comes next as it was called', async () => {
    const { stdout } = await runCli(['init'], { cwd: directory(), env: { npm_command: 'exec' } });
    expect(stdout).toMatch(/^\d\. npx carbonation run$/m);
  });

  it('writes a unit for the user with --systemd', async () => {
    const { stdout } = await cli('init', '--systemd', '--user', 'archivist');
    expect(stdout).toMatch(/^CREATED carbonation\.service$/m);
    expect(await readFile(at('carbonation.service'), 'utf8')).toContain('User=archivist');
    // The directory is whoever's that wrote it.
    expect(stdout).toMatch(/^3\. sudo chown -R archivist: \.\n4\. sudo -u archivist carbonation check config$/m);
    // Not enabled where it is: what root's systemd runs must not be the service's user's to write.
    expect(stdout).toMatch(
      /^\d\. sudo cp carbonation\.service \/etc\/systemd\/system\/ .*\n\d\. .* --now carbonation$/m,
    );
    expect(stdout).toMatch(/^5\. sudo -u archivist carbonation db init$/m);
  });
});

describe('check config', () => {
  it('says what was checked when all is well', async () => {
    await cli('init');
    expect(await cli('check', 'config')).toEqual({
      code: 0,
      stdout:
        'ok: config.toml (1 watch, 1 archive), rules.toml (1 rule set), plugin my_plugin (4 columns, 1 migration)\n',
      stderr: '',
    });
  });

  it('reports every problem of both files at once, with file, line and key', async () => {
    await cli('init');
    await edit('config.toml', 'rules = "my-rules"', 'rules = "my-rule"');
    await edit('rules.toml', 'archive = "my-archive"', 'archive = "nowhere"');
    const { code, stdout } = await cli('check', 'config');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^config\.toml:\d+: watch\[0\]\.rules: .*did you mean "my-rules"\?$/m);
    expect(stdout).toMatch(/^rules\.toml:\d+: my-rules\.archive: .*"nowhere"/m);
    expect(stdout).toMatch(/^2 errors, \d+ warnings?$/m);
  });

  it('reports what is wrong with rules.toml beside mistakes of another kind, and nothing that is due to them', async () => {
    await cli('init');
    const rules = await readFile(at('rules.toml'), 'utf8');
    const wrong = `
[[my-rules.selection]]
has_kys = ["category"]

[[my-rules.selection]]
field = [{ name = "category", matches = ["[a"] }]

[[my-rules.selection]]
type = "plugin"
function = "should_archiv"

[[my-rules.routing]]
match = 7
archive = "my-archive"

[[my-rules.routing]]
match = "a*"

[[my-rules.routing]]
match = "b*"
archive = "my-archve"
`;
    await writeFile(
      at('rules.toml'),
      rules
        .replace('type = "min_size"', 'type = "min_sise"')
        .replace('group_by = "stem"', 'group_by = "stm"')
        .replace('extract = "sample"', 'extract = "simple"')
        .replace('on_timeout = "warn"', 'on_timeout = "wait"') + wrong,
    );
    const expected = [
      'my-rules.integrity[0].type',
      'my-rules.completeness.group_by',
      'my-rules.completeness.on_timeout',
      'my-rules.metadata.extract',
      'my-rules.selection[1].has_kys',
      'my-rules.selection[2].field[0].matches[0]',
      'my-rules.selection[3].function',
      'my-rules.routing[0].match',
      'my-rules.routing[1].archive',
      'my-rules.routing[2].archive',
    ];
    const keys = async (): Promise<readonly string[]> => {
      const { problems } = JSON.parse((await cli('check', 'config', '--format', 'json')).stdout);
      return problems.map(({ key }: { key: string }) => key);
    };
    expect(await keys()).toEqual(expected);
    await edit('config.toml', '[service]', '[service]\nworkerz = 1');
    expect(await keys()).toEqual(['service.workerz', ...expected]);
    await edit('config.toml', 'rules = "my-rules"', 'rules = "my-rule"');
    await edit('config.toml', '# archive = "my-archive"', 'archive = "my-archve"');
    const names = ['watch[0].rules', 'watch[0].archive'];
    expect(await keys()).toEqual(['service.workerz', ...names, ...expected]);
    await edit('config.toml', '[[archive]]', '[[archives]]');
    // Which archives there are is not known then.
    const rest = expected.filter((key) => key !== 'my-rules.routing[2].archive');
    expect(await keys()).toEqual(['service.workerz', 'archives', ...rest]);
  });

  it('says what is wrong with rule sets beside a key that is in none', async () => {
    await cli('init');
    await edit('rules.toml', '[my-rules]', 'archive = "my-archive"\n\n[my-rules]');
    await edit('rules.toml', 'extract = "sample"', 'extract = "simple"');
    const { problems } = JSON.parse((await cli('check', 'config', '--format', 'json')).stdout);
    const found = problems.map(({ key }: { readonly key: string }) => key);
    expect(found).toEqual(['archive', 'my-rules.metadata.extract']);
  });

  it.each([
    ['metadata]', 'metdata]', 'metdata'],
    ['expected_extensions =', 'expected_extension =', 'completeness.expected_extension'],
  ])('says of a misspelt %s not that it is missing, too', async (right, wrong, key) => {
    await cli('init');
    await edit('rules.toml', right, wrong);
    await edit('rules.toml', 'primary_extension', '# primary_extension');
    const { problems } = JSON.parse((await cli('check', 'config', '--format', 'json')).stdout);
    expect(problems.map((problem: { readonly key: string }) => problem.key)).toEqual([`my-rules.${key}`]);
  });

  it('still looks at the rules and the plugin when config.toml is invalid', async () => {
    await cli('init');
    await edit('config.toml', '[service]', '[service]\nworkerz = 1');
    await edit('rules.toml', '[my-rules]', '[my-rules]\nintegritty = 1');
    await writeFile(at('my_plugin/src/index.ts'), 'export const nothing = 1;\n');
    const { stdout } = await cli('check', 'config');
    expect(stdout).toMatch(/^config\.toml:\d+: service\.workerz: .*"workers"/m);
    expect(stdout).toMatch(/^rules\.toml:\d+: my-rules\.integritty: .*"integrity"/m);
    expect(stdout).toMatch(/^config\.toml:\d+: plugins\.package: .*neither a default export/m);
  });

  it('reports nothing but the syntax of a config.toml that is no TOML', async () => {
    await cli('init');
    await edit('config.toml', '[service]', '[service\n');
    const { code, stdout } = await cli('check', 'config');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^config\.toml:\d+: not valid TOML, column \d+: [^\n]+\n1 error, 0 warnings\n$/);
    expect((await cli('doctor')).stdout).not.toContain('plugin');
  });

  it('reports a rules file and a plugin that are not there as problems of config.toml', async () => {
    await cli('init');
    await rm(at('rules.toml'));
    await rm(at('my_plugin'), { recursive: true });
    const { code, stdout } = await cli('check', 'config');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^config\.toml:\d+: rules\.file: .*rules\.toml does not exist/m);
    expect(stdout).toMatch(/^config\.toml:\d+: plugins\.package: the plugin "my_plugin" was not found/m);
  });

  it('warns without failing', async () => {
    await cli('init');
    await rm(at('delivery'), { recursive: true });
    const { code, stdout } = await cli('check', 'config');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^config\.toml:\d+: warning: watch\[0\]\.path: .* does not exist$/m);
    expect(stdout).toMatch(/^ok, with 1 warning: /m);
  });

  it('prints JSON for programs', async () => {
    await cli('init');
    await edit('config.toml', 'rules = "my-rules"', 'rules = "my-rule"');
    const { code, stdout } = await cli('check', 'config', '--format', 'json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      ok: false,
      errors: 1,
      problems: [{ severity: 'error', file: 'config.toml', line: expect.any(Number), key: 'watch[0].rules' }],
      checked: { watches: 1, ruleSets: 1, plugin: { name: 'my_plugin', columns: 4 } },
    });
  });

  it('says of a rules file that is a directory that it must be a file', async () => {
    await cli('init');
    await rm(at('rules.toml'));
    await mkdir(at('rules.toml'));
    expect((await cli('check', 'config')).stdout).toMatch(
      /^config\.toml:\d+: rules\.file: \S+rules\.toml is a directory; it must be a file of UTF-8 text that the user .+ may read$/m,
    );
  });

  it('says how to begin when there is no config', async () => {
    expect(await cli('-c', 'none.toml', 'check', 'config')).toEqual({
      code: 1,
      stdout: '',
      stderr: `error: ${at('none.toml')} does not exist\n  run \`carbonation init\`, or name the file with \`-c PATH\`\n`,
    });
  });
});

describe('the database commands', () => {
  it('make the tables once, and then have nothing to do', async () => {
    await cli('init');
    const first = await cli('db', 'init');
    expect(first).toEqual({
      code: 0,
      stdout:
        [...coreMigrations.map(({ name }) => name), 'plugin/0001_initial'].map((name) => `APPLIED ${name}\n`).join('') +
        `${coreMigrations.length + 1} migrations applied to the database ${at('carbonation.db')}\n`,
      stderr: '',
    });
    const nothing = `nothing to do: the database ${at('carbonation.db')} is up to date\n`;
    expect((await cli('db', 'init')).stdout).toBe(nothing);
    expect((await cli('db', 'upgrade')).stdout).toBe(nothing);
  });

  it('apply a migration that the plugin has got since', async () => {
    await cli('init');
    await cli('db', 'init');
    const source = await readFile(at('my_plugin/migrations/0001_initial.ts'), 'utf8');
    const body = source.slice(0, source.indexOf('export default')).replace(/\/\*\*[\s\S]*?\*\//g, '');
    await writeFile(
      at('my_plugin/migrations/0002_orbit.ts'),
      `${body}export default definePluginMigration({ dependsOn: 'core/0001_initial',
        up: (files) => { files.addColumn('orbit', { type: 'integer', nullable: true, index: false }); } });\n`,
    );
    expect((await cli('status')).stderr).toContain(
      'migrations are pending: plugin/0002_orbit\n  run `carbonation db upgrade`',
    );
    expect((await cli('db', 'upgrade')).stdout).toMatch(/^APPLIED plugin\/0002_orbit$/m);
    expect((await cli('status')).code).toBe(0);
  });

  it('refuse to upgrade a database that does not exist, and make none', async () => {
    await cli('init');
    const { code, stderr } = await cli('db', 'upgrade');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `error: the database ${at('carbonation.db')} does not exist\n  run \`carbonation db init\`; if there has been one, mount its disk or restore its backup instead\n`,
    });
    await expect(readFile(at('carbonation.db'))).rejects.toThrow('ENOENT');
  });
});

describe('status', () => {
  it('names the columns that the tables lack', async () => {
    await cli('init');
    await rm(at('my_plugin/migrations'), { recursive: true });
    await mkdir(at('my_plugin/migrations'));
    await cli('db', 'init');
    const { code, stderr } = await cli('status');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^error: the table files lacks the columns \w+(, \w+){3} of the plugin's model\n {2}run `carbonation db revision -m "…" --autogenerate`/,
    );
  });

  it('is readable before anything has happened, and the same as JSON', async () => {
    await cli('init');
    await cli('db', 'init');
    const { code, stdout } = await cli('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^service +has never run$/m);
    const json: unknown = JSON.parse((await cli('status', '--format', 'json')).stdout);
    expect(json).toMatchObject({ service: { running: false, startedAt: null }, delivery: { count: 0, bytes: 0 } });
  });

  it('prints every problem when the files do not fit together, and a stack only with --verbose', async () => {
    await cli('init');
    await edit('config.toml', 'rules = "my-rules"', 'rules = "my-rule"');
    const { code, stderr } = await cli('run', '--once');
    expect(code).toBe(1);
    expect(stderr.split('\n')).toEqual([
      expect.stringMatching(/^error: .*config\.toml and .*rules\.toml do not fit together$/),
      expect.stringMatching(/^ {2}.*config\.toml:\d+: watch\[0\]\.rules: /),
      '  correct the file and run `carbonation check config`',
      '',
    ]);
    expect((await cli('--verbose', 'run', '--once')).stderr).toMatch(/^ +at .*project\.ts:\d+/m);
  });
});
