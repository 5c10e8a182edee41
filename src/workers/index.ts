/** Threads: one pool for bytes, one for a plugin's code; many groups a message. */
export { afterAnEnd, Caution, readAsked, type AskedRecord } from './caution.ts';
export { FilePool } from './file-pool.ts';
export type * from './messages.ts';
export { PluginPool } from './plugin-pool.ts';
export { readingPlaces } from './threads.ts';
