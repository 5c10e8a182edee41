import { fileGroupMachine, groupStates, storedState } from '../../machines/file-group/index.ts';

/** States, in snake case, in which the chart lets a person ask for another try. */
export const retryStates: ReadonlySet<string> = new Set(
  groupStates
    .filter((state) => fileGroupMachine.states[state]?.on?.['retry.requested'] !== undefined)
    .map((state) => storedState(state)),
);
