/** The only folder that runs MikroORM: schema, groups, reports. */
export { columnOf, columnType, indexName, isConvertible } from './column-types.ts';
export { GroupStore } from './group-store.ts';
export { differences, readLiveFiles, type Difference, type LiveFiles } from './introspect.ts';
export { assertSchema, migrate, migrationList, missingColumns, readSchemaState, type SchemaState } from './migrate.ts';
export { withMigrationLock } from './migration-lock.ts';
export { connectionOf, openOrm, type Orm } from './orm.ts';
export { ServiceStore, type Heartbeat, type RecordedHolder, type ServiceHolder } from './service-store.ts';
export { Sql } from './sql.ts';
export type { ComponentWrite, GroupWrite, GroupWritten, KnownFile, StoredGroup, TransitionWrite } from './types.ts';
