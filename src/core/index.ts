/** What everything else stands on: time, ids, column types. Imports nothing of ours. */
export * from './background.ts';
export * from './checksums.ts';
export * from './clock.ts';
export * from './columns.ts';
export * from './decimal.ts';
export * from './ids.ts';
export * from './edit-distance.ts';
export * from './glob.ts';
export * from './identity.ts';
export * from './latest.ts';
export * from './own-files.ts';
export * from './part-names.ts';
export * from './paths.ts';
export * from './shortened.ts';
export * from './slots.ts';
export * from './turns.ts';
export * from './waiters.ts';
