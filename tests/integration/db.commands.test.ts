import { cp, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { DriverName } from '../../src/config/types.ts';
import { scaffold } from '../../src/scaffold/index.ts';
import { binPath, runProgram, type CliResult } from '../support/cli.ts';
import { useTemp } from '../support/temp.ts';
import { makeDatabase, sharedDrivers } from '../support/databases.ts';
import { withDatabase } from '../support/project.ts';

const drivers = await sharedDrivers();
const directory = useTemp();

/** Each command is a process of its own, which reads the plugin anew. */
const carbonation = (...argv: string[]): Promise<CliResult> =>
  runProgram(process.execPath, [binPath, ...argv], directory());

async function edit(name: string, change: (text: string) => string): Promise<void> {
  const path = join(directory(), name);
  await writeFile(path, change(await readFile(path, 'utf8')));
}

/** A fresh project on an empty database. */
async function prepare(driver: DriverName): Promise<AsyncDisposable> {
  const database = await makeDatabase(driver);
  await scaffold({ directory: directory(), systemd: false, user: null });
  // SQLite: the file beside config.toml, as the scaffold says.
  if (driver !== 'sqlite') await edit('config.toml', (text) => withDatabase(text, database.config));
  return { [Symbol.asyncDispose]: () => database.drop() };
}

const done = { code: 0, stderr: '' };

/** How a command ended, that it had to wait for another left out: on a busy machine each may have to say so. */
function outcomeOf({ code, stderr }: { readonly code: number; readonly stderr: string }) {
  return { code, stderr: stderr.replace(/^another process works on the database: .*\n/v, '') };
}

describe.each(drivers)('the commands of the database on %s', (driver) => {
  it('apply each migration once when several processes begin at the same time', async () => {
    await using _ = await prepare(driver);
    const inits = await Promise.all([1, 2, 3].map(() => carbonation('db', 'init')));
    expect(inits.map(outcomeOf)).toEqual([done, done, done]);
    const outputs = inits.map(({ stdout }) => stdout).toSorted();
    expect(outputs.filter((stdout) => stdout.startsWith('nothing to do'))).toHaveLength(2);
    expect(outputs.filter((stdout) => stdout.includes('APPLIED plugin/0001_initial'))).toHaveLength(1);

    await edit('my_plugin/src/model.ts', (text) => text.replace('source:', 'orbit: column.integer(),\n  source:'));
    expect(await carbonation('db', 'revision', '-m', 'orbit', '--autogenerate')).toMatchObject({ code: 0, stderr: '' });
    const upgrades = await Promise.all([1, 2].map(() => carbonation('db', 'upgrade')));
    expect(upgrades.map(outcomeOf)).toEqual([done, done]);
    const applied = upgrades.filter(({ stdout }) => stdout.includes('APPLIED plugin/0002_orbit'));
    expect(applied).toHaveLength(1);
  });
});

it('what db init and db upgrade have done can be read by programs', async () => {
  await using _ = await prepare('sqlite');
  const answer = async (command: string): Promise<unknown> => {
    const { code, stdout } = await carbonation('db', command, '--format', 'json');
    expect(code).toBe(0);
    return JSON.parse(stdout);
  };
  const path = join(directory(), 'carbonation.db');
  const applied = expect.arrayContaining(['core/0001_initial', 'plugin/0001_initial']);
  expect(await answer('init')).toEqual({ database: path, applied });
  expect(await answer('init')).toEqual({ database: path, applied: [] });
  const database = new DatabaseSync(path);
  database.exec("insert into group_totals (watch_name, state, bare, total) values ('w', 'failed', 0, 5)");
  database.close();
  expect(await answer('upgrade')).toEqual({ database: path, applied: [], recountedTotals: 1 });
  expect(await answer('upgrade')).toEqual({ database: path, applied: [], recountedTotals: 0 });
  expect(await carbonation('db', 'init', '--format', 'yaml')).toMatchObject({ code: 2 });
});

// What differs between the databases is tested in one process, by revision.test.ts.
describe('the commands of the database', () => {
  it('take a change of the model from the drift to the table', async () => {
    await using _ = await prepare('sqlite');
    await carbonation('db', 'init');
    expect(await carbonation('db', 'revision', '-m', 'x', '--autogenerate')).toEqual({
      code: 0,
      stdout: "nothing to do: the table files has what the plugin's model says\n",
      stderr: '',
    });
    await edit('my_plugin/src/model.ts', (text) =>
      text
        .replace('source: column.text({ length: 255 })', 'orbit: column.bigint({ index: true })')
        .replace('category: column.text({ length: 255,', 'category: column.text({ length: 300,'),
    );
    const refused = await carbonation('run', '--once');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('lacks the column orbit') });
    expect(refused.stderr).toContain('run `carbonation db revision -m "…" --autogenerate`');
    const drifting = await carbonation('db', 'status');
    expect(drifting).toMatchObject({ code: 0, stderr: '' });
    expect(drifting.stdout).toContain('the column orbit is missing (bigint)');
    expect(drifting.stdout).toContain('the column source is not in the model (varchar(255))');
    expect(drifting.stdout).toContain('the column category is varchar(255), the model says text(300)');
    expect(drifting.stdout).toContain('the index on orbit is missing');
    const revision = await carbonation('db', 'revision', '-m', 'Orbit instead of source', '--autogenerate');
    expect(revision.stdout).toBe(`CREATED my_plugin/migrations/0002_orbit_instead_of_source.ts
  dropColumn('source')
  alterColumn('category', column.text({ length: 300 }))
  addColumn('orbit', column.bigint())
  addIndex('orbit')
the values of source will be lost
read it, then run \`carbonation db upgrade\`
`);
    const pending = JSON.parse((await carbonation('db', 'status', '--format', 'json')).stdout);
    expect(pending.migrations.pending).toEqual(['plugin/0002_orbit_instead_of_source']);
    expect(await carbonation('db', 'upgrade')).toMatchObject({ code: 0 });
    const { contents, drift, migrations } = JSON.parse((await carbonation('db', 'status', '--format', 'json')).stdout);
    expect({ drift, pending: migrations.pending, unknown: migrations.unknown }).toEqual({
      drift: [],
      pending: [],
      unknown: [],
    });
    expect(migrations.applied.slice(-2)).toEqual(['plugin/0001_initial', 'plugin/0002_orbit_instead_of_source']);
    expect(contents).toEqual({
      components: {},
      groups: {},
      delivery: { count: 0, bytes: 0 },
      archive: { count: 0, bytes: 0 },
      withoutMetadata: 0,
    });
  });
});

describe('db revision', () => {
  it('writes an empty migration without a database, in the numbering of the plugin', async () => {
    await using _ = await prepare('sqlite');
    expect(await carbonation('db', 'revision', '-m', 'By hand!')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^CREATED my_plugin\/migrations\/0002_by_hand\.ts\n/),
    });
    expect(await readdir(directory())).not.toContain('carbonation.db');
    expect(await carbonation('check', 'config')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 migrations'),
    });
  });

  it('bootstraps a JavaScript plugin that has no migrations and names no directory for them', async () => {
    await using _ = await prepare('sqlite');
    await writeFile(
      join(directory(), 'plain.js'),
      `import { column, defineFileModel, definePlugin } from 'carbonation';
      const sample = () => ({});
      export default definePlugin({ fileModel: defineFileModel({ category: column.text(), start: column.datetime() }), extractors: { sample } });`,
    );
    await edit('config.toml', (text) => text.replace('package = "my_plugin"', 'package = "./plain.js"'));
    expect(await carbonation('db', 'init')).toMatchObject({ code: 0 });
    expect(await carbonation('db', 'revision', '-m', 'first', '--autogenerate')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^CREATED migrations\/0001_first\.js\n/),
    });
    expect((await carbonation('db', 'upgrade')).stdout).toContain('APPLIED plugin/0001_first');
    expect((await carbonation('run', '--once')).code).toBe(0);
  });

  it('writes nothing into an installed package, which the next installation replaces; into a linked one it does', async () => {
    await using _ = await prepare('sqlite');
    const own = join(directory(), 'my_plugin');
    const installed = join(directory(), 'node_modules/my_plugin');
    await mkdir(join(directory(), 'node_modules'));
    await cp(own, installed, { recursive: true });
    await edit('config.toml', (text) => text.replace('package = "my_plugin"', 'package = "./node_modules/my_plugin"'));
    const before = await readdir(join(installed, 'migrations'));
    expect(await carbonation('db', 'revision', '-m', 'orbit')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^error: \S+node_modules\/my_plugin\/migrations is of an installed package: .*\n.*where the plugin is made/,
      ),
    });
    expect(await readdir(join(installed, 'migrations'))).toEqual(before);
    await rm(installed, { recursive: true });
    await symlink(own, installed);
    expect(await carbonation('db', 'revision', '-m', 'orbit')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('CREATED my_plugin/migrations/0002_orbit.ts'),
    });
  });

  it('asks for a message', async () => {
    expect(await carbonation('db', 'revision')).toMatchObject({ code: 2 });
    expect(await carbonation('db', 'revision', '-m', ' ')).toMatchObject({ code: 2 });
  });
});

describe('db status', () => {
  it('says what to do about a database that is newer than the program, or has none of its tables', async () => {
    await using _ = await prepare('sqlite');
    expect(await carbonation('db', 'status')).toMatchObject({ code: 1, stderr: expect.stringContaining('db init') });
    await carbonation('db', 'init');
    const database = new DatabaseSync(join(directory(), 'carbonation.db'));
    database.exec("insert into mikro_orm_migrations (name) values ('core/9999_future')");
    database.close();
    const { code, stdout } = await carbonation('db', 'status');
    expect(code).toBe(0);
    expect(stdout).toContain('unknown  core/9999_future');
    expect(stdout).toContain('install a newer carbonation');
    expect(await carbonation('db', 'upgrade')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('9999_future'),
    });
  });
});
