/** The chart of the service itself. */
export * from './machine.ts';
