/** Threads: one pool for bytes, one for a plugin's code; many groups a message. */
export { FilePool } from './file-pool.ts';
export type * from './messages.ts';
export { PluginPool } from './plugin-pool.ts';
export { readingPlaces } from './threads.ts';
