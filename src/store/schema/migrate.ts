import { Migration, Migrator } from '@mikro-orm/migrations';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { coreMigrations } from '../../../migrations/index.ts';
import type { ColumnSpec } from '../../core/index.ts';
import type { DriverName } from '../../config/types.ts';
import { CarbonationError, messageOf } from '../../errors/index.ts';
import { stepText } from '../../plugin/migration-text.ts';
import type { NamedMigration } from '../../plugin/load.ts';
import { FilesTable, type MigrationStep } from '../../plugin/migration.ts';
import { alterOnSqlite, type Execute } from './alter-sqlite.ts';
import { isAway } from '../database/away.ts';
import { columnType, indexName } from './column-types.ts';
import { dialects } from '../database/dialect.ts';
import { connectionOf, type MigrationEntry, type Orm } from '../database/orm.ts';
import { repeatable } from './repeatable.ts';
import type { Sql } from '../database/sql.ts';

/** The state of the schema: what has been applied, what is still to be, and what this program does not know. */
export interface SchemaState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied core migrations that this program lacks: the schema is newer than the program. */
  readonly unknown: readonly string[];
  /** There is a table `files`, and it is not this program's: the Python carbonation's database, which has the same table names. */
  readonly foreign: boolean;
}

/** The SQL of one step of a plugin migration; what depends on the table as it is, is looked up. */
async function renderStep(step: MigrationStep, driver: DriverName, execute: Execute): Promise<readonly string[]> {
  const { quote } = dialects[driver];
  switch (step.kind) {
    case 'addColumn':
      return [`alter table files add column ${quote(step.name)} ${columnType(step.column, driver)} null`];
    case 'dropColumn':
      return [`alter table files drop column ${quote(step.name)}`];
    case 'alterColumn':
      return driver === 'sqlite'
        ? alterOnSqlite(step.name, step.column, execute)
        : [alterOnServer(step.name, step.column, driver)];
    case 'addIndex':
      return [
        `create index ${quote(indexName(step.columns))} on files (${step.columns.map((name) => quote(name)).join(', ')})`,
      ];
    case 'dropIndex':
      return [`drop index ${quote(indexName(step.columns))}${driver === 'mariadb' ? ' on files' : ''}`];
  }
}

function alterOnServer(name: string, column: ColumnSpec, driver: 'postgresql' | 'mariadb'): string {
  const quoted = dialects[driver].quote(name);
  const type = columnType(column, driver);
  if (driver === 'mariadb') return `alter table files modify ${quoted} ${type} null`;
  // A cast would cut a text that is too long; without one, it is refused.
  const using = column.type === 'text' ? '' : ` using (${quoted}::${type})`;
  return `alter table files alter column ${quoted} type ${type}${using}`;
}

function pluginMigrationClass(named: NamedMigration, driver: DriverName): MigrationEntry['class'] {
  return class extends Migration {
    // At once, not collected: a later step may depend on what an earlier one has made.
    override async up(): Promise<void> {
      const files = new FilesTable();
      named.migration.up(files);
      const execute: Execute = async (statement) => this.execute(statement);
      for (const step of files.steps) {
        try {
          for (const statement of await renderStep(step, driver, execute)) await execute(statement);
        } catch (thrown) {
          throw isAway(thrown) ? thrown : refused(named.name, step, thrown);
        }
      }
    }
  };
}

/** What a database says against a step does not name the migration, and seldom the column. */
function refused(name: string, step: MigrationStep, thrown: unknown): CarbonationError {
  const remedy = thrown instanceof CarbonationError ? { remedy: thrown.remedy } : {};
  const message = `the plugin migration ${name}, ${stepText(step)}: ${messageOf(thrown)}`;
  return new CarbonationError('MIGRATION_INVALID', message, { cause: thrown, ...remedy });
}

/** The history of both branches in the order in which it is applied: the core's, then the plugin's by name. */
export function migrationList(plugin: readonly NamedMigration[], driver: DriverName): readonly MigrationEntry[] {
  const core = coreMigrations.map(({ name, class: type }) => ({ name, class: type }));
  const known = new Set(core.map(({ name }) => name));
  for (const { name, migration } of plugin) {
    if (!known.has(migration.dependsOn)) {
      throw new CarbonationError(
        'MIGRATION_INVALID',
        `the plugin migration ${name} depends on ${migration.dependsOn}, which this program does not have (it has ${[...known].join(', ')})`,
      );
    }
  }
  const list = [
    ...core,
    ...plugin.map((named) => ({ name: `plugin/${named.name}`, class: pluginMigrationClass(named, driver) })),
  ];
  return driver === 'mariadb' ? list.map(({ name, class: type }) => ({ name, class: repeatable(type) })) : list;
}

/**
 * Brings both branches forward; the names of what was applied, none when there was nothing to do. On PostgreSQL in the schema that
 * its user's statements find: the migrator would look for its own table in `public`, and not find it the next time.
 */
export async function migrate(orm: Orm): Promise<readonly string[]> {
  const em = orm.em as SqlEntityManager;
  if (em.getDriver().getPlatform().supportsSchemas()) {
    const [row] = await connectionOf(orm).execute<{ schema: string | null }[]>('select current_schema() as schema');
    if (typeof row?.schema === 'string')
      orm.config.set('migrations', { ...orm.config.get('migrations'), schema: row.schema });
  }
  const migrator = new Migrator(em);
  return (await migrator.up()).map(({ name }) => name);
}

/** Compares what the database has with what the program and the plugin bring. */
export async function readSchemaState(sql: Sql, plugin: readonly Pick<NamedMigration, 'name'>[]): Promise<SchemaState> {
  const expected = [...coreMigrations.map(({ name }) => name), ...plugin.map(({ name }) => `plugin/${name}`)];
  const applied = await appliedMigrations(sql);
  return {
    applied,
    pending: expected.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => name.startsWith('core/') && !expected.includes(name)),
    foreign: applied.length === 0 && (await hasForeignFiles(sql)),
  };
}

// A first migration that was cut off on MariaDB has left our own table, without a record of it.
async function hasForeignFiles(sql: Sql): Promise<boolean> {
  const columns = await filesColumns(sql);
  return columns.size > 0 && !columns.has('key_hash');
}

const historyTable = 'mikro_orm_migrations';

/** The schema of our tables, on a server. */
function schemaOf({ dialect }: Sql): string {
  return dialect.driver === 'mariadb' ? 'database()' : 'current_schema()';
}

async function appliedMigrations(sql: Sql): Promise<readonly string[]> {
  const catalogue =
    sql.dialect.driver === 'sqlite'
      ? `select name from sqlite_master where type = 'table' and name = '${historyTable}'`
      : `select table_name from information_schema.tables where table_name = '${historyTable}' and table_schema = ${schemaOf(sql)}`;
  if ((await sql.all(catalogue)).length === 0) return [];
  return (await sql.all(`select name from ${historyTable} order by id`)).map(({ name }) => String(name));
}

/**
 * Refuses a schema that this program cannot work on.
 *
 * @throws CarbonationError SCHEMA_FOREIGN, DATABASE_MISSING (never initialised), SCHEMA_NEWER or SCHEMA_BEHIND
 */
export function assertSchema(state: SchemaState): void {
  if (state.unknown.length > 0) {
    throw new CarbonationError(
      'SCHEMA_NEWER',
      `the database has migrations this program does not know: ${state.unknown.join(', ')}`,
    );
  }
  if (state.foreign) {
    const message = 'the database has tables of another program, such as the Python carbonation';
    throw new CarbonationError('SCHEMA_FOREIGN', message);
  }
  if (state.applied.length === 0) throw new CarbonationError('DATABASE_MISSING', 'the database has no tables yet');
  if (state.pending.length > 0) {
    throw new CarbonationError('SCHEMA_BEHIND', `migrations are pending: ${state.pending.join(', ')}`);
  }
}

/** The columns of the table `files`; none when there is no such table. */
async function filesColumns(sql: Sql): Promise<ReadonlySet<string>> {
  const rows =
    sql.dialect.driver === 'sqlite'
      ? await sql.all("select name from pragma_table_info('files')")
      : await sql.all(
          `select column_name as name from information_schema.columns where table_name = 'files' and table_schema = ${schemaOf(sql)}`,
        );
  return new Set(rows.map(({ name }) => String(name)));
}
