/** Logs: text or JSON lines to stderr and to a rotated file. */
export { createLog, type Log, type LogOptions } from './logger.ts';
export type { Fields } from './fields.ts';
