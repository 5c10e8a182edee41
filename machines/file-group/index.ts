/** The chart of a file group's life, its words and its snapshots. Pure: imports xstate only. */
export { fileGroupMachine } from './machine.ts';
export type { DecisionInput, TransferInput } from './setup.ts';
export * from './snapshot.ts';
export * from './status.ts';
export * from './types.ts';
