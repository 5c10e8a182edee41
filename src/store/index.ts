/** The only folder that runs MikroORM: schema, groups, reports. */
export { ArchiveStore, type ArchivedFile, type AuditPosition, type FormerFile } from './archive-store.ts';
export { isAway, isBroken, isLimit, isOversize, isServerAway, reasonOf, databaseRemedy } from './away.ts';
export { CommitThread } from './commit-thread.ts';
export { fileMark } from './sqlite-library.ts';
export { sqlOf } from './client.ts';
export { GroupStore } from './group-store.ts';
export { differences, readLiveFiles } from './introspect.ts';
export { assertSchema, migrate, migrationList, readSchemaState } from './migrate.ts';
export { NotifyStore, type NotifyPosition, type RecordedEvent } from './notify-store.ts';
export { connectionOf, openOrm, sqlOn, type Orm } from './orm.ts';
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
export type { DirectoryChange } from './open-directories.ts';
export type { Sql } from './sql.ts';
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
