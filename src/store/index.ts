/** The only folder that runs MikroORM: schema, groups, reports. */
export { GroupStore } from './group-store.ts';
export { assertSchema, migrate, migrationList, missingColumns, readSchemaState, type SchemaState } from './migrate.ts';
export { connectionOf, openOrm, type Orm } from './orm.ts';
export { ServiceStore, type Heartbeat, type RecordedHolder, type ServiceHolder } from './service-store.ts';
export { Sql } from './sql.ts';
export type { ComponentWrite, GroupWrite, GroupWritten, KnownFile, StoredGroup, TransitionWrite } from './types.ts';
