/**
 * The only folder that runs MikroORM. Each folder knows those before it:
 *
 * - `database/`: connections, statements, transactions, and what three databases say when something is wrong
 * - `schema/`: migrations, and how the tables are compared with the plugin's model
 * - `commit/`: what many groups changed, written in one transaction, with the totals
 * - `read/`: queries, reports, histories, the cursor
 * - here: what groups, services, archives, requests and notifications have on record
 */
export { ArchiveStore, type ArchivedFile, type AuditPosition, type FormerFile } from './archive-store.ts';
export { isAway, isBroken, isLimit, isOversize, isServerAway, reasonOf, databaseRemedy } from './database/away.ts';
export { CommitThread } from './commit/commit-thread.ts';
export { fileMark } from './database/sqlite-library.ts';
export { sqlOf } from './database/client.ts';
export { GroupStore } from './group-store.ts';
export { differences, readLiveFiles } from './schema/introspect.ts';
export { assertSchema, migrate, migrationList, readSchemaState } from './schema/migrate.ts';
export { NotifyStore, type NotifyPosition, type RecordedEvent } from './notify-store.ts';
export { connectionOf, openOrm, sqlOn, type Orm } from './database/orm.ts';
export { RequestStore, type OpenRequest } from './request-store.ts';
export { pruneHistory, type PrunedBatch } from './prune.ts';
export {
  isWholeRun,
  ServiceStore,
  type Heartbeat,
  type LeftRecord,
  type RecordedHolder,
  type ServiceHolder,
} from './service-store.ts';
export type { DirectoryChange } from './commit/open-directories.ts';
export type { Sql } from './database/sql.ts';
export type {
  ComponentWrite,
  FormerCopyWrite,
  GroupWrite,
  GroupWritten,
  KnownFile,
  GroupVersion,
  StoredGroup,
  TransitionWrite,
} from './types.ts';
export type { WatchRootMark } from './watch-roots.ts';
