/** The plugin contract, and what finds, loads and checks a plugin at run time. */
export * from './contract.ts';
export { resolvePlugin } from './discover.ts';
export { loadMigrations, loadPlugin, migrationsDirectory, type NamedMigration } from './load.ts';
export type { PluginLocation } from './location.ts';
export * from './migration.ts';
export { checkExtracted } from './values.ts';
