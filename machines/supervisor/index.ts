/** The chart of the service itself. */
export * from './machine.ts';
export * from './types.ts';
