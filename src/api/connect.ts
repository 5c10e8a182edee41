import type { ComponentStatus } from '../../machines/file-group/status.ts';
import type { FileModel } from '../plugin/contract.ts';
import type { ColumnName, Database, FileFilters, FileQueryOptions, QueriedRow, SessionWork } from './library-types.ts';

/** The library's entrance. It loads nothing by itself: plugins import it in every thread. */

/**
 * Opens a project's database for queries.
 *
 * @typeParam Model The type of the plugin's file model; rows and filters are typed by it.
 * @param configPath config.toml, relative to the working directory.
 * @throws CarbonationError what is wrong with the config, the plugin or the database, as the commands say it
 *
 * @example The latest groups of a category
 * ```ts
 * import { connect } from 'carbonation';
 * import type { File } from './my_plugin/src/model.ts';
 *
 * await using db = await connect<typeof File>('config.toml');
 * const rows = await db.queryFiles(
 *   { category: ['alpha', 'beta'], start_after: new Date('2026-01-01') },
 *   { orderBy: '-start', columns: ['group_key', 'category', 'start'], limit: 50 },
 * );
 * for (const row of rows) console.log(row.group_key, row.category, row.start?.toISOString());
 * ```
 *
 * @example How many are complete
 * ```ts
 * import { connect } from 'carbonation';
 *
 * await using db = await connect('config.toml');
 * console.log(await db.queryFiles({ complete: true }, { countOnly: true }));
 * ```
 *
 * @example What has completed since the last time, without gaps
 * ```ts
 * import { connect } from 'carbonation';
 *
 * let cursor: string | null = null; // keep it between runs
 * await using db = await connect('config.toml');
 * for (;;) {
 *   const page = await db.getNewFiles({ cursor });
 *   cursor = page.cursor;
 *   if (page.rows.length === 0) break;
 *   for (const row of page.rows) console.log(row.group_key, row.completed_at?.toISOString());
 * }
 * ```
 */
export async function connect<Model extends FileModel = FileModel>(configPath: string): Promise<Database<Model>> {
  const { openDatabase } = await import('./library.ts');
  return openDatabase<Model>(configPath);
}

/**
 * `connect`, `queryFiles` and closing in one call.
 *
 * @throws CarbonationError like `connect` and `queryFiles`
 *
 * @example
 * ```ts
 * import { queryFiles } from 'carbonation';
 *
 * const rows = await queryFiles('config.toml', { category: 'alpha' }, { limit: 50 });
 * console.log(rows.length);
 * ```
 */
export async function queryFiles<
  Model extends FileModel = FileModel,
  const Name extends ColumnName<Model> = ColumnName<Model>,
>(
  configPath: string,
  filters?: FileFilters<Model>,
  options?: FileQueryOptions<Name, ColumnName<Model>>,
): Promise<QueriedRow<Model, Name>[]> {
  // `await using` would not be understood by Node 22.
  const database = await connect<Model>(configPath);
  try {
    return await database.queryFiles<Name>(filters, options);
  } finally {
    await database.close();
  }
}

/**
 * Runs `work` with a MikroORM EntityManager and the entities; what it has changed in them is written when it returns.
 *
 * The service keeps a group's state in its snapshot: change rows of groups at rest only, and best nothing that the charts
 * own (`state`, `status`).
 *
 * @typeParam Model The type of the plugin's file model; `File` has its columns.
 * @returns What `work` returns.
 * @throws CarbonationError like `connect`; whatever `work`, or MikroORM when it writes, throws
 *
 * @example
 * ```ts
 * import { FileStatus, session } from 'carbonation';
 *
 * await session('config.toml', async (em, { FileComponent }) => {
 *   const archived = await em.find(FileComponent, { status: FileStatus.ARCHIVED });
 *   console.log(archived.length);
 * });
 * ```
 */
export async function session<Result, Model extends FileModel = FileModel>(
  configPath: string,
  work: SessionWork<Result, Model>,
): Promise<Result> {
  const { runSession } = await import('./library.ts');
  return runSession(configPath, work);
}

/** The statuses of a component as they are stored. */
export const FileStatus = {
  DETECTED: 'detected',
  INTEGRITY_FAILED: 'integrity_failed',
  WAITING: 'waiting',
  TIMED_OUT: 'timed_out',
  NOT_SELECTED: 'not_selected',
  ARCHIVED: 'archived',
  RETRY_PENDING: 'retry_pending',
  FAILED: 'failed',
  CLEARED: 'cleared',
  MISSING: 'missing',
} as const satisfies Readonly<Record<Uppercase<ComponentStatus>, ComponentStatus>>;
