import { firstOf } from '../core/counted.ts';
import { CarbonationError, toCarbonationError } from '../errors/index.ts';
import type { GroupStore } from '../store/group-store.ts';
import type { SchemaState } from '../store/schema/migrate.ts';
import type { Orm } from '../store/database/orm.ts';
import type { Sql } from '../store/database/sql.ts';
import type { Project } from './project.ts';

/** An open database whose schema fits the program and the plugin. */
export interface OpenStore {
  readonly orm: Orm;
  readonly store: GroupStore;
  close(): Promise<void>;
}

/** What of a project a database needs. */
export type DatabaseProject = Pick<Project, 'config' | 'plugin' | 'migrations'>;

/**
 * Applies the core's and the plugin's pending migrations.
 *
 * @param options.create SQLite: make the file if it does not exist, which `db init` does and `db upgrade` does not; with
 *   false, a database without tables is refused too.
 * @param options.onWait Called once when another process that migrates, or keeps SQLite's file locked, has to be waited for.
 * @returns The names of what was applied, in order; none: there was nothing to do.
 * @throws CarbonationError DATABASE_MISSING, DATABASE_UNREACHABLE, DATABASE_DENIED; SCHEMA_FOREIGN, SCHEMA_NEWER;
 *   MIGRATION_INVALID when the database refuses a migration.
 */
export async function initDatabase(
  project: DatabaseProject,
  options: { readonly create: boolean; readonly onWait?: () => void } = { create: true },
): Promise<readonly string[]> {
  const [{ openOrm, closeOrm, sqlOn }, store] = await loadStore();
  const { withMigrationLock } = await import('../store/schema/migration-lock.ts');
  const { database } = project.config;
  const { create, onWait } = options;
  const migrations = store.migrationList(project.migrations, database.driver);
  const orm = await openOrm(database, project.plugin.fileModel.columns, { create, migrations });
  try {
    const sql = sqlOn(orm, database.driver);
    const run = async (): Promise<readonly string[]> => {
      const state = await store.readSchemaState(sql, project.migrations);
      // A database that is merely behind is what migrations are for; anything else that is refused stays refused.
      if (state.foreign || state.unknown.length > 0 || (!create && state.applied.length === 0))
        store.assertSchema(state);
      return store.migrate(orm);
    };
    return await withMigrationLock(database, orm, run, onWait === undefined ? {} : { onWait });
  } catch (thrown) {
    const { withDatabaseSaid } = await import('../store/database/away.ts');
    throw toCarbonationError(withDatabaseSaid(thrown), 'MIGRATION_INVALID');
  } finally {
    await closeOrm(orm);
  }
}

/**
 * Opens the database for work.
 *
 * @throws CarbonationError DATABASE_MISSING, DATABASE_UNREACHABLE, DATABASE_DENIED; SCHEMA_FOREIGN, SCHEMA_BEHIND,
 *   SCHEMA_NEWER; SCHEMA_DRIFT when the table `files` lacks columns of the plugin's model, or has them with another type.
 */
export async function openStore(project: DatabaseProject): Promise<OpenStore> {
  const [{ openOrm, closeOrm }, schema] = await loadStore();
  const { GroupStore } = await import('../store/group-store.ts');
  const { misfits } = await import('../store/schema/introspect.ts');
  const { database } = project.config;
  const { columns } = project.plugin.fileModel;
  const orm = await openOrm(database, columns, { create: false });
  let closed: Promise<void> | undefined;
  // Whoever closes by hand what `await using` closes, too, closes it twice.
  const close = (): Promise<void> => (closed ??= closeOrm(orm));
  try {
    const store = new GroupStore(orm, database.driver, columns);
    schema.assertSchema(await schema.readSchemaState(store.sql, project.migrations));
    const found = await misfits(store.sql, columns);
    if (found.length > 0) throw drift(found);
    return { orm, store, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/**
 * Counts the kept totals anew where they are not what the rows say, as after a row was changed by hand. A service may run.
 *
 * @returns How many were wrong.
 * @throws CarbonationError DATABASE_MISSING, DATABASE_UNREACHABLE, DATABASE_DENIED; SCHEMA_FOREIGN, SCHEMA_NEWER, SCHEMA_BEHIND
 */
export async function repairTotals(project: DatabaseProject): Promise<number> {
  const { recountTotals, wrongTotals } = await import('../store/commit/totals.ts');
  const { inTransaction } = await import('../store/database/transaction.ts');
  // The plugin's columns do not matter here: a model that is ahead of its migrations is no reason to fail.
  const { orm, sql, close } = await openSchema(project);
  try {
    const wrong = await wrongTotals(sql);
    if (wrong === 0) return 0;
    const { driver } = project.config.database;
    await inTransaction(orm, driver, recountTotals);
    return wrong;
  } finally {
    await close();
  }
}

/** A database as its schema is looked at. */
export interface OpenSchema {
  readonly orm: Orm;
  readonly sql: Sql;
  readonly state: SchemaState;
  close(): Promise<void>;
}

/**
 * Opens the database to look at its schema.
 *
 * @param options.anyState Also when migrations are pending, which otherwise is refused.
 * @throws CarbonationError DATABASE_MISSING, DATABASE_UNREACHABLE, DATABASE_DENIED; SCHEMA_FOREIGN, SCHEMA_NEWER, SCHEMA_BEHIND
 */
export async function openSchema(
  project: DatabaseProject,
  options: { readonly anyState: boolean } = { anyState: false },
): Promise<OpenSchema> {
  const [{ openOrm, closeOrm, sqlOn }, schema] = await loadStore();
  const { database } = project.config;
  const orm = await openOrm(database, {}, { create: false });
  const close = (): Promise<void> => closeOrm(orm);
  try {
    const sql = sqlOn(orm, database.driver);
    const state = await schema.readSchemaState(sql, project.migrations);
    if (!options.anyState || state.applied.length === 0) schema.assertSchema(state);
    return { orm, sql, state, close };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

function drift(details: readonly string[]): CarbonationError {
  return new CarbonationError('SCHEMA_DRIFT', firstOf(details), { details });
}

// MikroORM takes a while to load, and most commands never need it.
function loadStore() {
  return Promise.all([import('../store/database/orm.ts'), import('../store/schema/migrate.ts')]);
}
