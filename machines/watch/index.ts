/** The chart of one delivery directory's watch. */
export * from './machine.ts';
