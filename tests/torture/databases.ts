import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { initDatabase, openProject } from '../../src/api/index.ts';
import type { DriverName } from '../../src/config/types.ts';
import { openOrm, sqlOn } from '../../src/store/index.ts';
import { sqliteLibrary } from '../../src/store/database/sqlite-library.ts';
import { inTransaction } from '../../src/store/database/transaction.ts';
import { databaseToml, makeOnServer } from '../support/servers.ts';
import { componentRow, everyComponent, type ComponentRow } from './component-rows.ts';

/** The database of a project, looked at and disturbed from outside. */
export interface TortureDatabase {
  /** The table `[database]` of config.toml. */
  readonly toml: string;
  /** Makes the tables; the project has its config.toml. */
  readonly make: (configPath: string) => Promise<void>;
  readonly rows: () => Promise<readonly ComponentRow[]>;
  readonly run: (statement: string) => Promise<void>;
  /** Breaks all connections of others; of SQLite, which has none, keeps them from writing for a moment. */
  readonly disturb: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** A database of a driver for the project in a directory. */
export function databaseFor(driver: DriverName, directory: string): Promise<TortureDatabase> {
  return driver === 'sqlite' ? Promise.resolve(sqliteIn(directory)) : onServer(driver);
}

/** How long another writer keeps SQLite. */
const lockedMs = 300;

function sqliteIn(directory: string): TortureDatabase {
  const path = join(directory, 'carbonation.db');
  // A live service may be in this process: another copy of SQLite would end its locks.
  const Library = sqliteLibrary();
  const opened = () => new Library(path, { fileMustExist: true });
  return {
    toml: '[database]\ndrivername = "sqlite"\nname = "carbonation.db"\n',
    make: async (configPath) => copyFileSync(await emptySqlite(path, configPath), path),
    rows: async () => {
      const database = opened();
      try {
        return database.prepare(everyComponent).all().filter(isRow).map(componentRow);
      } finally {
        database.close();
      }
    },
    run: async (statement) => {
      const database = opened();
      database.exec(statement);
      database.close();
    },
    disturb: async () => {
      const other = opened();
      other.exec('begin immediate');
      await wait(lockedMs);
      other.close();
    },
    remove: async () => undefined,
  };
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

let template: Promise<string> | null = null;

/** A database with its tables, made once a process: applying the migrations takes longer than a run. */
function emptySqlite(made: string, configPath: string): Promise<string> {
  template ??= (async () => {
    await initDatabase(await openProject(configPath, {}));
    const kept = mkdtempSync(join(tmpdir(), 'carbonation-template-'));
    process.once('exit', () => rmSync(kept, { recursive: true, force: true }));
    const path = join(kept, 'empty.db');
    copyFileSync(made, path);
    for (const ending of ['', '-wal', '-shm']) rmSync(made + ending, { force: true });
    return path;
  })();
  return template;
}

type ServerDriver = Exclude<DriverName, 'sqlite'>;

/** How to break the connections of others to this database. */
const breaking: Readonly<Record<ServerDriver, string>> = {
  postgresql:
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  mariadb:
    "for one in (select id from information_schema.processlist where db = database() and id <> connection_id()) do execute immediate concat('kill ', one.id); end for",
};

const everyTable: Readonly<Record<ServerDriver, string>> = {
  postgresql: 'select table_name as name from information_schema.tables where table_schema = current_schema()',
  mariadb: 'select table_name as name from information_schema.tables where table_schema = database()',
};

/** Tables that a new database has rows in. */
const withRows: ReadonlySet<string> = new Set(['mikro_orm_migrations', 'counters', 'service_state']);

/** Databases that are as new, of projects that are no more: to make one takes longer than several lives. */
const asNew: Record<ServerDriver, TortureDatabase[]> = { postgresql: [], mariadb: [] };
const drops: (() => Promise<void>)[] = [];

async function onServer(driver: ServerDriver): Promise<TortureDatabase> {
  const kept = asNew[driver].pop();
  if (kept !== undefined) return kept;
  const { config, drop } = await makeOnServer(driver);
  const orm = await openOrm(config, {}, { create: false });
  const sql = sqlOn(orm, driver);
  drops.push(async () => {
    await orm.close(true);
    await drop();
  });
  let isMade = false;
  const run = async (statement: string) => void (await sql.run(statement));
  const database: TortureDatabase = {
    toml: databaseToml(config),
    make: async (configPath) => {
      if (!isMade) await initDatabase(await openProject(configPath, {}));
      isMade = true;
    },
    rows: async () => (await sql.all(everyComponent)).map(componentRow),
    run,
    disturb: () => run(breaking[driver]),
    remove: async () => {
      await inTransaction(orm, driver, async (one) => {
        const tables = await one.all(everyTable[driver]);
        const emptied = tables.map(({ name }) => String(name)).filter((name) => !withRows.has(name));
        for (const name of [...emptied, 'service_state']) await one.run(`delete from ${name}`);
        await one.run('insert into service_state (id) values (1)');
        await one.run("update counters set value = 0 where name = 'completion'");
      });
      asNew[driver].push(database);
    },
  };
  return database;
}

/** Drops the databases that this process has made on servers. */
export async function dropDatabases(): Promise<void> {
  for (const drop of drops.splice(0)) await drop();
}
