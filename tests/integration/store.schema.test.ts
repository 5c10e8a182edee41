import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { beforeEach, describe, expect, test, vi } from 'vitest';

import { coreMigrations } from '../../migrations/index.ts';
import { initDatabase, openStore } from '../../src/api/database.ts';
import type { ColumnSpecs } from '../../src/core/index.ts';
import type { CarbonationError } from '../../src/errors/index.ts';
import { column, defineFileModel, definePlugin } from '../../src/plugin/index.ts';
import {
  assertSchema,
  connectionOf,
  GroupStore,
  migrate,
  migrationList,
  openOrm,
  readSchemaState,
  sqlOn,
  type Orm,
} from '../../src/store/index.ts';
import { dialects } from '../../src/store/database/dialect.ts';
import { closeOrm } from '../../src/store/database/orm.ts';
import { withMigrationLock } from '../../src/store/schema/migration-lock.ts';
import { availableDrivers, hasServer, makeDatabase, type TestDatabase } from '../support/databases.ts';
import { Proxy } from '../support/proxy.ts';
import { columns, first, project, second } from '../support/store.ts';

const drivers = await availableDrivers();

describe.each(drivers)('the schema on %s', (driver) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await makeDatabase(driver);
    return () => database.drop();
  });

  async function using<Result>(run: (orm: Orm, store: GroupStore) => Promise<Result>): Promise<Result> {
    const migrations = migrationList([first, second], driver);
    const orm = await openOrm(database.config, columns, { create: true, migrations });
    try {
      return await run(orm, new GroupStore(orm, driver, columns));
    } finally {
      await orm.close(true);
    }
  }

  test('is not migrated by two at once: the second one waits, says so, and gives up when that takes too long', async () => {
    const onWait = vi.fn<() => void>();
    const wait = { waitMs: 50, quietMs: 20, onWait };
    await using((one) =>
      using((other) =>
        withMigrationLock(database.config, one, async () => {
          const second = withMigrationLock(database.config, other, () => Promise.resolve('never'), wait);
          await expect(second).rejects.toMatchObject({
            code: 'MIGRATION_INVALID',
            message: `another process ${driver === 'sqlite' ? 'keeps the database locked' : 'is migrating the database'} and does not finish`,
            remedy: 'end the other process, then try again',
          });
          expect(onWait).toHaveBeenCalledTimes(1);
        }),
      ),
    );
    expect(await using((orm) => withMigrationLock(database.config, orm, () => Promise.resolve('free'), wait))).toBe(
      'free',
    );
    expect(onWait).toHaveBeenCalledTimes(1);
  });

  test.each([driver].filter((one) => one === 'postgresql' && hasServer(one)))(
    'is locked on %s by a transaction, so that a pooler of transactions keeps no lock that nobody gives back',
    async () => {
      const locks = `select state from pg_locks join pg_stat_activity using (pid)
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`;
      await using(async (orm) => {
        const during = await withMigrationLock(database.config, orm, () => connectionOf(orm).execute(locks));
        expect(during).toEqual([{ state: 'idle in transaction' }]);
        expect(await connectionOf(orm).execute(locks)).toEqual([]);
      });
    },
  );

  test('is made once; a second time there is nothing to do, and a later migration is applied alone', async () => {
    expect(await initDatabase(project(database.config))).toEqual([
      ...coreMigrations.map(({ name }) => name),
      'plugin/0001_initial',
    ]);
    expect(await initDatabase(project(database.config))).toEqual([]);
    expect(await initDatabase(project(database.config, [first, second]))).toEqual(['plugin/0002_more']);
    expect(await initDatabase(project(database.config, [first, second]))).toEqual([]);
  });

  test.each([driver].filter((one) => one === 'postgresql' && hasServer(one)))(
    'is brought forward on %s in the schema that its user works in, beside other tables in public',
    async () => {
      const { name } = database.config;
      await using(async (orm) => {
        const connection = connectionOf(orm);
        await connection.execute('create table public.mikro_orm_migrations (id int, name text)');
        await connection.execute('create schema own');
        await connection.execute(`alter database ${name} set search_path to own, public`);
      });
      expect(await initDatabase(project(database.config))).toHaveLength(coreMigrations.length + 1);
      expect(await initDatabase(project(database.config))).toEqual([]);
      expect(await initDatabase(project(database.config, [first, second]))).toEqual(['plugin/0002_more']);
    },
  );

  test.each([driver].filter((one) => one === 'mariadb'))(
    'is made on %s of tables that take its indexes, whatever form is the default of the server',
    async () => {
      await initDatabase(project(database.config));
      const rows = await using((orm) =>
        sqlOn(orm, driver).all(`select table_name as name from information_schema.tables where table_schema = database()
          and create_options not like '%row_format=dynamic%' and table_name <> 'mikro_orm_migrations'`),
      );
      expect(rows).toEqual([]);
    },
  );

  // Others undo what was cut off.
  test.each([driver].filter((one) => one === 'mariadb'))(
    'is completed on %s where a migration was cut off, after any of its steps',
    async () => {
      const shape = (store: GroupStore) =>
        store.sql.all(
          `select table_name, column_name, column_type, is_nullable, null as index_name from information_schema.columns where table_schema = database()
          union all select table_name, column_name, null, seq_in_index, index_name from information_schema.statistics where table_schema = database()
          order by 1, 5, 4, 2`,
        );
      const whole = await using(async (orm, store) => {
        await migrate(orm);
        return shape(store);
      });
      // All of it has been done and nothing is recorded: more cannot be there when it is done again.
      await using(async (orm, store) => {
        await store.sql.run('delete from mikro_orm_migrations');
        expect(await migrate(orm)).toHaveLength(coreMigrations.length + 2);
        expect(await shape(store)).toEqual(whole);
      });
      expect(whole.length).toBeGreaterThan(100);
    },
  );

  test('is refused as long as it is missing, behind or newer than the program', async () => {
    const code = (name: string) => expect.objectContaining({ code: name });
    await using(async (orm, store) => {
      const state = () => readSchemaState(store.sql, [first, second]);
      const before = await state();
      expect(() => assertSchema(before)).toThrow(code('DATABASE_MISSING'));
      await initDatabase(project(database.config));
      const behind = await state();
      expect(behind).toMatchObject({ pending: ['plugin/0002_more'], unknown: [] });
      expect(() => assertSchema(behind)).toThrow(code('SCHEMA_BEHIND'));
      expect(await migrate(orm)).toEqual(['plugin/0002_more']);
      const current = await state();
      expect(() => assertSchema(current)).not.toThrow();
      await store.sql.run("insert into mikro_orm_migrations (name) values ('core/9999_future')");
      const newer = await state();
      expect(newer.unknown).toEqual(['core/9999_future']);
      expect(() => assertSchema(newer)).toThrow(code('SCHEMA_NEWER'));
    });
  });

  test('is refused when it cannot keep what the model says: columns are missing, or of another type', async () => {
    const initial = project(database.config);
    await initDatabase(initial);
    const misfit = async (changes: ColumnSpecs) => {
      const fileModel = defineFileModel({ ...columns, ...changes });
      const opened = openStore({ ...initial, plugin: definePlugin({ fileModel }) });
      return opened.then(
        ({ close }) => close(),
        ({ code, message, details }: CarbonationError) => ({ code, message, details }),
      );
    };
    expect(await misfit({})).toBe(undefined);
    const lacks = "the table files lacks the columns nope, never of the plugin's model";
    const is = expect.stringMatching(
      /^the column an_integer of the table files is int(eger)?, and the plugin's model needs (long)?text$/,
    );
    expect(await misfit({ nope: column.text(), never: column.text() })).toEqual({
      code: 'SCHEMA_DRIFT',
      message: lacks,
      details: [lacks],
    });
    expect(await misfit({ an_integer: column.text() })).toMatchObject({ code: 'SCHEMA_DRIFT', message: is });
    expect(await misfit({ an_integer: column.text(), nope: column.text(), never: column.text() })).toEqual({
      code: 'SCHEMA_DRIFT',
      message: `${lacks} (and 1 more)`,
      details: [lacks, is],
    });
  });

  test('is refused, and left as it is, where the tables are another program’s', async () => {
    const tables = {
      sqlite: 'select name from sqlite_master',
      postgresql: 'select table_name as name from information_schema.tables where table_schema = current_schema()',
      mariadb: 'select table_name as name from information_schema.tables where table_schema = database()',
    }[driver];
    const refusal = { code: 'SCHEMA_FOREIGN', remedy: expect.stringContaining('docs/moving-over.md') };
    await using((_, { sql }) => sql.run('create table files (watch_name varchar(32), group_key varchar(256))'));
    await expect(initDatabase(project(database.config))).rejects.toMatchObject(refusal);
    await expect(openStore(project(database.config))).rejects.toMatchObject(refusal);
    expect(await using((_, { sql }) => sql.all(tables))).toEqual([{ name: 'files' }]);
  });

  // A process of its own cannot reach a database that is in this one.
  test.runIf(driver === 'sqlite' || hasServer(driver))('prints nothing while it is made', async () => {
    // In a process of its own: the libraries take hold of the console before a test can.
    const program = `
      const { migrate, migrationList, openOrm } = await import('./src/store/index.ts');
      const database = JSON.parse(process.argv[1]);
      const orm = await openOrm(database, {}, { create: true, migrations: migrationList([], database.driver) });
      if ((await migrate(orm)).length !== ${coreMigrations.length}) process.exitCode = 9;
      await orm.close(true);`;
    const args = ['--input-type=module', '--eval', program, JSON.stringify(database.config)];
    const root = join(import.meta.dirname, '../..');
    const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root });
    expect([stdout, stderr]).toEqual(['', '']);
  });
});

describe('a database that cannot be opened', () => {
  test.each(drivers)('says so on %s', async (driver) => {
    const database = await makeDatabase(driver);
    const open = (changes: object) => openOrm({ ...database.config, ...changes }, columns, { create: false });
    try {
      await expect(open({ name: `${database.config.name}_not` })).rejects.toMatchObject({ code: 'DATABASE_MISSING' });
      if (!hasServer(driver)) return;
      await expect(open({ port: 1 })).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    } finally {
      await database.drop();
    }
  });

  test.each(drivers.filter((driver) => driver !== 'sqlite' && hasServer(driver)))(
    'is made on %s, whatever language the server speaks, also when another process makes it at the same time',
    async (driver) => {
      const { config, drop } = await makeDatabase(driver);
      const made = { ...config, name: `${config.name}_"?'` };
      const proxy = await Proxy.to({ host: config.host ?? '', port: config.port ?? 0 });
      proxy.translate('does not exist', 'existiertnicht');
      proxy.translate('Unknown database', 'Unbekannte Datei');
      const open = () => openOrm({ ...made, port: proxy.port }, columns, { create: true });
      const orms = await Promise.all([open(), open()]);
      await Promise.all(orms.map((orm) => closeOrm(orm)));
      const orm = await openOrm(config, columns, { create: false });
      const quoted = driver === 'mariadb' ? made.name : made.name.replaceAll('"', '""');
      await connectionOf(orm).execute(`drop database ${dialects[driver].quote(quoted)}`);
      await closeOrm(orm);
      await drop();
    },
  );

  test.runIf(hasServer('postgresql'))('says so where the user may not make it', async () => {
    const database = await makeDatabase('postgresql');
    const orm = await openOrm(database.config, columns, { create: false });
    const username = `${database.config.name}_user`;
    try {
      await connectionOf(orm).execute(`create role ${username} login`);
      const missing = { ...database.config, name: `${database.config.name}_not`, username };
      await expect(openOrm(missing, columns, { create: true })).rejects.toMatchObject({
        code: 'DATABASE_DENIED',
        message: expect.stringContaining('permission denied to create database'),
        remedy: expect.stringContaining('create it on the server'),
      });
    } finally {
      await connectionOf(orm).execute(`drop role if exists ${username}`);
      await orm.close(true);
      await database.drop();
    }
  });

  test.each(drivers.filter((driver) => driver !== 'sqlite' && hasServer(driver)))(
    'says so on %s where the user may make no tables, or must not use it at all',
    async (driver) => {
      const database = await makeDatabase(driver);
      const { name } = database.config;
      const username = `${name.slice(0, 20)}_u`;
      const orm = await openOrm(database.config, columns, { create: false });
      const isMariadb = driver === 'mariadb';
      const user = isMariadb ? `'${username}'@'%'` : username;
      const run = (statement: string) => connectionOf(orm).execute(statement);
      try {
        await run(isMariadb ? `create user ${user} identified by 'x'` : `create role ${user} login password 'x'`);
        await run(
          isMariadb ? `grant select on \`${name}\`.* to ${user}` : 'revoke create on schema public from public',
        );
        const config = { ...database.config, username, password: 'x' };
        const refusal = { code: 'DATABASE_DENIED', remedy: expect.stringContaining('make, read and change tables') };
        await expect(initDatabase(project(config))).rejects.toMatchObject(refusal);
        await run(
          isMariadb ? `revoke all on \`${name}\`.* from ${user}` : `revoke connect on database "${name}" from public`,
        );
        await expect(openStore(project(config))).rejects.toMatchObject({
          code: 'DATABASE_DENIED',
          remedy: expect.stringContaining('let the user connect'),
        });
      } finally {
        await run(isMariadb ? `drop user if exists ${user}` : `drop role if exists ${user}`);
        await orm.close(true);
        await database.drop();
      }
    },
  );

  test('says so where a file stands in the place of its directory', async () => {
    const database = await makeDatabase('sqlite');
    const orm = await openOrm(database.config, columns, { create: true });
    try {
      const config = { ...database.config, name: `${database.config.name}/carbonation.db` };
      await expect(openStore(project(config))).rejects.toMatchObject({
        code: 'DATABASE_UNREACHABLE',
        message: expect.stringMatching(/cannot be opened: ENOTDIR/),
        remedy: expect.stringContaining('the file and its directory'),
      });
    } finally {
      await orm.close(true);
      await database.drop();
    }
  });

  test('leaves no connection of it in use', async () => {
    const database = await makeDatabase('sqlite');
    const orm = await openOrm(database.config, columns, { create: true });
    expect(await connectionOf(orm).isConnected()).toBe(true);
    await orm.close(true);
    await database.drop();
  });
});
