import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { initDatabase, openStore } from '../../src/api/index.ts';
import { writeRevision } from '../../src/api/revision.ts';
import type { DatabaseConfig, DriverName } from '../../src/config/types.ts';
import type { ColumnSpecs } from '../../src/core/index.ts';
import {
  column,
  defineFileModel,
  definePlugin,
  loadMigrations,
  type FileModelColumns,
} from '../../src/plugin/index.ts';
import { differences, readLiveFiles } from '../../src/store/index.ts';
import type { FilesTable } from '../../src/plugin/migration.ts';
import { availableDrivers, makeDatabase } from '../support/databases.ts';
import { groupRow } from '../support/rows.ts';

const drivers = await availableDrivers();

const before = defineFileModel({
  a_text: column.text(),
  a_word: column.text({ length: 20, index: true }),
  a_long: column.text({ length: 20_000 }),
  an_integer: column.integer({ index: true }),
  a_bigint: column.bigint(),
  a_float: column.float(),
  a_decimal: column.decimal(),
  a_price: column.decimal({ precision: 8, scale: 2 }),
  a_boolean: column.boolean(),
  a_datetime: column.datetime({ index: true }),
  a_json: column.json(),
  [`a_${'very_'.repeat(9)}long_name`]: column.integer({ index: true }),
}).columns;

const after = defineFileModel({
  a_text: column.text(),
  a_word: column.text({ length: 40 }),
  a_long: column.text(),
  an_integer: column.bigint({ index: true }),
  a_bigint: column.text({ length: 30, index: true }),
  a_float: column.float({ index: true }),
  a_decimal: column.decimal({ precision: 30, scale: 10 }),
  a_price: column.decimal({ precision: 8, scale: 2 }),
  a_boolean: column.integer(),
  a_json: column.json(),
  added: column.datetime({ index: true }),
}).columns;

/** A plugin in a directory of its own whose model can change, on a database. */
class Bench {
  readonly directory: string;
  readonly #database: DatabaseConfig;
  columns: FileModelColumns = {};

  constructor(directory: string, database: DatabaseConfig) {
    this.directory = directory;
    this.#database = database;
  }

  static async create(driver: DriverName): Promise<Bench> {
    const directory = await realpath(await mkdtemp(join(tmpdir(), 'carbonation-revision-')));
    const database = await makeDatabase(driver);
    onTestFinished(async () => {
      await database.drop();
      await rm(directory, { recursive: true });
    });
    return new Bench(directory, database.config);
  }

  /** The same plugin on a new database. */
  async on(driver: DriverName): Promise<Bench> {
    const database = await makeDatabase(driver);
    onTestFinished(() => database.drop());
    return Object.assign(new Bench(this.directory, database.config), { columns: this.columns });
  }

  async project() {
    const plugin = definePlugin({ fileModel: { columns: this.columns } });
    const url = pathToFileURL(join(this.directory, 'index.ts')).href;
    const location = { name: 'p', url, directory: this.directory };
    const migrations = await loadMigrations(plugin, location);
    const config = { database: this.#database } as Parameters<typeof initDatabase>[0]['config'];
    return {
      config,
      plugin,
      location,
      migrations,
      warnings: [],
      rules: {} as Parameters<typeof writeRevision>[0]['rules'],
    };
  }

  async upgrade(): Promise<readonly string[]> {
    const applied = await initDatabase(await this.project());
    return applied.filter((name) => name.startsWith('plugin/'));
  }

  async revision(message: string) {
    return writeRevision(await this.project(), { message, autogenerate: true });
  }

  async differences(model: ColumnSpecs = this.columns) {
    const { store, close } = await openStore({
      ...(await this.project()),
      plugin: definePlugin({ fileModel: { columns: {} } }),
    });
    try {
      return differences(await readLiveFiles(store.sql), model, store.sql.dialect.driver);
    } finally {
      await close();
    }
  }

  async using<Result>(
    run: (store: Awaited<ReturnType<typeof openStore>>['store']) => Promise<Result>,
  ): Promise<Result> {
    const { store, close } = await openStore(await this.project());
    try {
      return await run(store);
    } finally {
      await close();
    }
  }
}

describe.each(drivers)('db revision --autogenerate on %s', (driver) => {
  test('bootstraps the first migration, which leaves nothing to do, for every column type', async () => {
    const bench = await Bench.create(driver);
    expect(await bench.upgrade()).toEqual([]);
    expect(await bench.revision('nothing yet')).toBe(null);
    bench.columns = before;
    const first = await bench.revision('The first: Größe & Co.');
    expect(basename(first?.path ?? '')).toBe('0001_the_first_grosse_co.ts'.replace('grosse', 'gro_e'));
    expect(first?.steps).toHaveLength(Object.keys(before).length + 4);
    expect(await bench.upgrade()).toEqual(['plugin/0001_the_first_gro_e_co']);
    expect(await bench.differences()).toEqual([]);
    expect(await bench.revision('again')).toBe(null);
  });

  test('adds, drops and alters columns and indexes, keeps the values, and finds nothing afterwards', async () => {
    const bench = await Bench.create(driver);
    bench.columns = before;
    await bench.upgrade();
    await bench.revision('first');
    await bench.upgrade();
    const metadata = {
      a_text: 'kept',
      a_word: 'word',
      an_integer: 7,
      a_bigint: '9007199254740993',
      a_decimal: '1.5',
      a_json: { deep: [1] },
    };
    await bench.using((store) => store.commit([groupRow('one', { metadata })]));
    bench.columns = after;
    const second = await bench.revision('second');
    const text = await readFile(second?.path ?? '', 'utf8');
    expect(text).toContain("files.alterColumn('a_word', column.text({ length: 40 }));");
    expect(text).toContain("files.dropColumn('a_datetime');");
    expect(text).not.toMatch(/a_text|a_price|a_json|key_hash|metadata/);
    expect(await bench.upgrade()).toEqual(['plugin/0002_second']);
    expect(await bench.differences()).toEqual([]);
    expect(await bench.revision('third')).toBe(null);
    const rows = await bench.using((store) => store.sql.all('select * from files'));
    expect(rows).toMatchObject([{ a_text: 'kept', a_word: 'word', a_bigint: '9007199254740993', added: null }]);
    expect(Number(rows[0]?.['an_integer'])).toBe(7);
    expect(Number(rows[0]?.['a_decimal'])).toBe(1.5);
  });

  test('writes files that every database can apply, forwards and back', async () => {
    const bench = await Bench.create(driver);
    bench.columns = before;
    await bench.upgrade();
    await bench.revision('first');
    await bench.upgrade();
    bench.columns = after;
    await bench.revision('second');
    const { migrations } = await bench.project();
    const [, second] = migrations;
    for (const other of drivers) {
      const elsewhere = await bench.on(other);
      await elsewhere.upgrade();
      expect(await elsewhere.differences(), `on ${other}`).toEqual(
        // What MariaDB cannot tell apart it does not ask for: both are longtext there.
        driver === 'mariadb' && other !== 'mariadb' ? [expect.objectContaining({ kind: 'alter', name: 'a_long' })] : [],
      );
      const back = {
        name: '0003_back',
        migration: { dependsOn: 'core/0001_initial', up: second?.migration.down ?? (() => {}) },
      };
      await initDatabase({ ...(await elsewhere.project()), migrations: [...migrations, back] });
      const { store, close } = await openStore({
        ...(await elsewhere.project()),
        plugin: definePlugin({ fileModel: { columns: {} } }),
        migrations: [...migrations, back],
      });
      try {
        const left = differences(await readLiveFiles(store.sql), before, other);
        expect(
          left.filter((one) => !('name' in one) || one.name !== 'a_long'),
          `on ${other}`,
        ).toEqual([]);
      } finally {
        await close();
      }
    }
  });

  test('leaves an index on several columns alone, which no model speaks of', async () => {
    const bench = await Bench.create(driver);
    bench.columns = { one: column.integer(), two: column.integer() };
    await bench.upgrade();
    const byHand = await writeRevision(await bench.project(), { message: 'by hand', autogenerate: false });
    const text = await readFile(byHand?.path ?? '', 'utf8');
    await writeFile(
      byHand?.path ?? '',
      text
        .replace('{ define', '{ column, define')
        .replace(
          'up: () => {}',
          "up: (files) => files.addColumn('one', column.integer()).addColumn('two', column.integer()).addIndex('one', 'two')",
        ),
    );
    await bench.upgrade();
    expect(await bench.revision('nothing')).toBe(null);
    bench.columns = { one: column.integer() };
    expect((await bench.revision('two goes'))?.steps).toEqual([
      { kind: 'dropIndex', columns: ['one', 'two'] },
      { kind: 'dropColumn', name: 'two' },
    ]);
    await bench.upgrade();
    expect(await bench.differences()).toEqual([]);
  });

  test('a value that does not fit its column any more stops the migration, which is named with the step', async () => {
    const bench = await Bench.create(driver);
    bench.columns = {
      satellite: column.text({ length: 20 }),
      size: column.bigint(),
      cover: column.text({ length: 9 }),
      price: column.decimal(),
    };
    await bench.upgrade();
    await bench.revision('first');
    await bench.upgrade();
    const metadata = { satellite: 'S1A', size: '9007199254740993', cover: '2.5', price: '123.5' };
    await bench.using((store) => store.commit([groupRow('one', { metadata })]));
    for (const [name, type] of [
      ['satellite', column.integer()],
      ['satellite', column.decimal()],
      ['satellite', column.float()],
      ['size', column.integer()],
      ['cover', column.bigint()],
      ['price', column.decimal({ precision: 4, scale: 2 })],
    ] as const) {
      const up = (files: FilesTable): FilesTable => files.alterColumn(name, type);
      const { migrations, ...project } = await bench.project();
      const second = { name: '0002_second', migration: { dependsOn: 'core/0001_initial', up } };
      await expect(initDatabase({ ...project, migrations: [...migrations, second] })).rejects.toMatchObject({
        code: 'MIGRATION_INVALID',
        message: expect.stringContaining(
          `the plugin migration 0002_second, alterColumn('${name}', column.${type.type}(`,
        ),
      });
    }
    expect(await bench.differences()).toEqual([]);
    const rows = await bench.using((store) => store.sql.all('select satellite, cover from files'));
    expect(rows).toEqual([{ satellite: 'S1A', cover: '2.5' }]);
  });

  test('numbers become those of another type', async () => {
    const bench = await Bench.create(driver);
    bench.columns = { cover: column.float(), count: column.text({ length: 9 }), price: column.text({ length: 9 }) };
    await bench.upgrade();
    await bench.revision('first');
    await bench.upgrade();
    const metadata = { cover: 3.75, count: '-42', price: '2.5' };
    await bench.using((store) => store.commit([groupRow('one', { metadata }), groupRow('two', { metadata: {} })]));
    bench.columns = { cover: column.integer(), count: column.bigint(), price: column.decimal() };
    await bench.revision('second');
    await bench.upgrade();
    const rows = await bench.using((store) => store.sql.all('select cover, count, price from files order by id'));
    expect(
      rows.map(Object.values).map((values) => values.map((value) => (value === null ? null : Number(value)))),
    ).toEqual([
      [4, -42, 2.5],
      [null, null, null],
    ]);
  });

  test('is refused while a migration is pending', async () => {
    const bench = await Bench.create(driver);
    bench.columns = { one: column.integer() };
    await bench.upgrade();
    await bench.revision('one');
    await expect(bench.revision('one again')).rejects.toMatchObject({ code: 'SCHEMA_BEHIND' });
  });

  test('called several times at once, it does not write the same difference twice', async () => {
    const bench = await Bench.create(driver);
    await bench.upgrade();
    bench.columns = { one: column.integer() };
    const found = await Promise.allSettled(['one', 'two', 'three', 'four'].map((message) => bench.revision(message)));
    const refused = found.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(refused.length).toBeGreaterThanOrEqual(3);
    for (const reason of refused) expect(reason).toMatchObject({ code: 'SCHEMA_BEHIND' });
    // Of two of the very same moment neither stays.
    if (refused.length === found.length) await bench.revision('five');
    expect(await bench.upgrade()).toHaveLength(1);
    expect(await bench.differences()).toEqual([]);
  });
});

test('db revision writes nothing that would be applied before what there is', async () => {
  const bench = await Bench.create('sqlite');
  await mkdir(join(bench.directory, 'migrations'));
  await writeFile(
    join(bench.directory, 'migrations/initial.ts'),
    "export default { dependsOn: 'core/0001_initial', up: () => {} };",
  );
  const project = await bench.project();
  await expect(writeRevision(project, { message: 'more', autogenerate: false })).rejects.toMatchObject({
    code: 'SCAFFOLD_FAILED',
    remedy: expect.stringContaining('a name that comes after "initial"'),
  });
});

test.for([
  ['index.ts', 'module', '.ts'],
  ['index.mts', 'module', '.mts'],
  ['index.mjs', 'module', '.mjs'],
  ['index.cjs', 'module', '.js'],
  ['index.js', 'commonjs', '.mjs'],
  ['index.ts', 'commonjs', '.mts'],
  ['index.js', undefined, '.mjs'],
  ['index.ts', undefined, '.mts'],
  // The plugin is a folder of that package, without a package.json of its own.
  ['plugin/index.js', 'commonjs', '.mjs'],
  ['plugin/index.ts', 'module', '.ts'],
] as const)('db revision writes for the main module %s of a package of type %s a file %s', async (given) => {
  const [main, type, extension] = given;
  const bench = await Bench.create('sqlite');
  await writeFile(join(bench.directory, 'package.json'), JSON.stringify({ type }));
  const project = await bench.project();
  const entry = join(bench.directory, main);
  const location = { ...project.location, url: pathToFileURL(entry).href, directory: dirname(entry) };
  const revision = await writeRevision({ ...project, location }, { message: 'a', autogenerate: false });
  expect(basename(revision?.path ?? '')).toBe(`0001_a${extension}`);
  // It can be loaded, by Node itself, which has nothing to say to it.
  const load = `await import(${JSON.stringify(revision?.path)})`;
  const register = join(import.meta.dirname, '../../src/testing/register.ts');
  const loaded = spawnSync(process.execPath, ['--import', register, '--input-type=module', '-e', load]);
  expect([loaded.status, String(loaded.stderr)]).toEqual([0, '']);
});
