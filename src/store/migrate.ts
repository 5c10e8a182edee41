import { Migration, Migrator } from '@mikro-orm/migrations';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { coreMigrations } from '../../migrations/index.ts';
import type { ColumnSpec, ColumnType } from '../core/index.ts';
import type { DriverName } from '../config/types.ts';
import { CarbonationError } from '../errors/index.ts';
import { FilesTable, type MigrationStep, type PluginMigration } from '../plugin/migration.ts';
import { dialects } from './dialect.ts';
import type { MigrationEntry, Orm } from './orm.ts';
import type { Sql } from './sql.ts';

/** A plugin's migration with its name, the name of its file. */
export interface NamedPluginMigration {
  readonly name: string;
  readonly migration: PluginMigration;
}

/** The state of the schema: what has been applied, what is still to be, and what this program does not know. */
export interface SchemaState {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied core migrations that this program lacks: the schema is newer than the program. */
  readonly unknown: readonly string[];
}

const columnTypes: Readonly<Record<DriverName, (spec: ColumnSpec) => Readonly<Record<ColumnType, string>>>> = {
  sqlite: (spec) => ({
    text: spec.length === undefined ? 'text' : `varchar(${spec.length})`,
    integer: 'integer',
    bigint: 'integer',
    float: 'real',
    decimal: `numeric(${spec.precision ?? 20},${spec.scale ?? 6})`,
    boolean: 'integer',
    datetime: 'datetime',
    json: 'json',
  }),
  postgresql: (spec) => ({
    text: spec.length === undefined ? 'text' : `varchar(${spec.length})`,
    integer: 'int',
    bigint: 'bigint',
    float: 'double precision',
    decimal: `numeric(${spec.precision ?? 20},${spec.scale ?? 6})`,
    boolean: 'boolean',
    datetime: 'timestamptz(3)',
    json: 'jsonb',
  }),
  mariadb: (spec) => ({
    // `text` holds 64 KB only.
    text: spec.length === undefined ? 'longtext' : `varchar(${spec.length})`,
    integer: 'int',
    bigint: 'bigint',
    float: 'double',
    decimal: `decimal(${spec.precision ?? 20},${spec.scale ?? 6})`,
    boolean: 'tinyint(1)',
    datetime: 'datetime(3)',
    json: 'json',
  }),
};

/** The SQL of one step of a plugin migration. */
export function renderStep(step: MigrationStep, driver: DriverName): string {
  const { quote } = dialects[driver];
  const type = (spec: ColumnSpec) => columnTypes[driver](spec)[spec.type];
  const indexName = (columns: readonly string[]) => quote(`files_${columns.join('_')}_index`);
  switch (step.kind) {
    case 'addColumn':
      return `alter table files add column ${quote(step.name)} ${type(step.column)} null`;
    case 'dropColumn':
      return `alter table files drop column ${quote(step.name)}`;
    case 'alterColumn':
      if (driver === 'postgresql') {
        return `alter table files alter column ${quote(step.name)} type ${type(step.column)} using (${quote(step.name)}::${type(step.column)})`;
      }
      // SQLite's columns take any value: their type is only a word, and there is no statement to change it.
      return driver === 'sqlite'
        ? 'select 1'
        : `alter table files modify ${quote(step.name)} ${type(step.column)} null`;
    case 'addIndex':
      return `create index ${indexName(step.columns)} on files (${step.columns.map(quote).join(', ')})`;
    case 'dropIndex':
      return driver === 'mariadb'
        ? `drop index ${indexName(step.columns)} on files`
        : `drop index ${indexName(step.columns)}`;
  }
}

function pluginMigrationClass(named: NamedPluginMigration, driver: DriverName): MigrationEntry['class'] {
  const steps = (direction: 'up' | 'down'): readonly MigrationStep[] => {
    const files = new FilesTable();
    named.migration[direction]?.(files);
    return files.steps;
  };
  return class extends Migration {
    override up(): void {
      for (const step of steps('up')) this.addSql(renderStep(step, driver));
    }
    override down(): void {
      for (const step of steps('down')) this.addSql(renderStep(step, driver));
    }
  };
}

/** The history of both branches in the order in which it is applied: the core's, then the plugin's by name. */
export function migrationList(plugin: readonly NamedPluginMigration[], driver: DriverName): readonly MigrationEntry[] {
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
  return [
    ...core,
    ...plugin.map((named) => ({ name: `plugin/${named.name}`, class: pluginMigrationClass(named, driver) })),
  ];
}

/** Brings both branches forward; the names of what was applied, none when there was nothing to do. */
export async function migrate(orm: Orm): Promise<readonly string[]> {
  const migrator = new Migrator(orm.em as SqlEntityManager);
  return (await migrator.up()).map(({ name }) => name);
}

/** Compares what the database has with what the program and the plugin bring. */
export async function readSchemaState(sql: Sql, plugin: readonly { readonly name: string }[]): Promise<SchemaState> {
  const expected = [...coreMigrations.map(({ name }) => name), ...plugin.map(({ name }) => `plugin/${name}`)];
  const applied = await appliedMigrations(sql);
  return {
    applied,
    pending: expected.filter((name) => !applied.includes(name)),
    unknown: applied.filter((name) => name.startsWith('core/') && !expected.includes(name)),
  };
}

const historyTable = 'mikro_orm_migrations';

async function appliedMigrations(sql: Sql): Promise<readonly string[]> {
  const catalogue =
    sql.dialect.driver === 'sqlite'
      ? `select name from sqlite_master where type = 'table' and name = '${historyTable}'`
      : `select table_name from information_schema.tables where table_name = '${historyTable}' and table_schema = ${sql.dialect.driver === 'mariadb' ? 'database()' : 'current_schema()'}`;
  if ((await sql.all(catalogue)).length === 0) return [];
  return (await sql.all(`select name from ${historyTable} order by id`)).map(({ name }) => String(name));
}

/**
 * Refuses a schema that this program cannot work on.
 *
 * @throws CarbonationError DATABASE_MISSING (never initialised), SCHEMA_NEWER or SCHEMA_BEHIND
 */
export function assertSchema(state: SchemaState): void {
  if (state.unknown.length > 0) {
    throw new CarbonationError(
      'SCHEMA_NEWER',
      `the database has migrations this program does not know: ${state.unknown.join(', ')}`,
    );
  }
  if (state.applied.length === 0) throw new CarbonationError('DATABASE_MISSING', 'the database has no tables yet');
  if (state.pending.length > 0) {
    throw new CarbonationError('SCHEMA_BEHIND', `migrations are pending: ${state.pending.join(', ')}`);
  }
}

/** Columns of the plugin's model that the table `files` lacks: a migration was not written or not applied. */
export async function missingColumns(sql: Sql, names: readonly string[]): Promise<readonly string[]> {
  const rows =
    sql.dialect.driver === 'sqlite'
      ? await sql.all("select name from pragma_table_info('files')")
      : await sql.all(
          `select column_name as name from information_schema.columns where table_name = 'files' and table_schema = ${sql.dialect.driver === 'mariadb' ? 'database()' : 'current_schema()'}`,
        );
  const present = new Set(rows.map(({ name }) => String(name)));
  return names.filter((name) => !present.has(name));
}
