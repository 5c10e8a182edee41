/** The plugin contract, and what finds, loads and checks a plugin at run time. */
export * from './contract.ts';
export { resolvePlugin, type PluginLocation } from './discover.ts';
export { loadMigrations, loadPlugin, type NamedMigration } from './load.ts';
export * from './migration.ts';
export { checkExtracted } from './values.ts';
