/** The public library: what a plugin and a program import from `carbonation`. */
export {
  column,
  defineFileModel,
  definePlugin,
  type Column,
  type ColumnOptions,
  type ColumnValue,
  type ExtractContext,
  type Extracted,
  type Extractor,
  type FileModel,
  type GroupFunction,
  type IntegrityFunction,
  type Plugin,
  type PluginDefinition,
  type RoutingFunction,
  type SelectionFunction,
} from './plugin/contract.ts';
export { definePluginMigration, FilesTable, type MigrationStep, type PluginMigration } from './plugin/migration.ts';
export { CarbonationError, type ErrorCode } from './errors/index.ts';
export type { ColumnSpec, ColumnType, Json, Metadata } from './core/index.ts';
export { connect, FileStatus, queryFiles, session } from './api/connect.ts';
export type {
  BaseFileRow,
  Database,
  FileFilters,
  FileQueryOptions,
  FileRow,
  QueriedRow,
  SessionEntities,
  SessionWork,
} from './api/library-types.ts';
export type { FilterDescription } from './api/query.ts';
export type { HealthWord, ProjectStatus, WatchHealth } from './api/health.ts';
export type { StatusReport } from './store/read/reports.ts';
