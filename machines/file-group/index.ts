/** The chart of a file group's life, its words and its snapshots. Pure: imports xstate only. */
export * from './facts.ts';
export { isOrphan } from './adopt.ts';
export { initialContext } from './context.ts';
export { isCopyOf } from './copies.ts';
export { isCompleted } from './judgement.ts';
export { fileGroupMachine } from './machine.ts';
export type { DecisionInput, Effects, TransferInput } from './setup.ts';
export * from './snapshot.ts';
export * from './status.ts';
export * from './types.ts';
