import * as change from './context.ts';
import type { Failure, GroupContext, Transfer, Verdicts } from './types.ts';

/** What several states of the chart have in common: transitions, and what their actions are given. */

/** What an effect threw. */
export const thrown = ({ context, event }: { context: GroupContext; event: { error: unknown } }): Failure =>
  change.failureOf(event.error, context.firstSeenAt);
/** What an effect answered. */
export const answer = <Output>({ event }: { event: { output: Output } }): Output => event.output;
/** Why a transfer has failed. */
export const failureIn = ({ event }: { event: { output: Transfer } }): Failure =>
  change.firstFailure(event.output) ?? change.failureOf(new Error('no failure'), event.output.at);

/** Why a group that is wanted has no place to go to. */
export const refusalIn = ({ event }: { event: { output: Verdicts } }): Failure =>
  event.output.outcome === 'unroutable'
    ? event.output.failure
    : change.failureOf(new Error('refused'), event.output.at);

/** The components that passed: the only ones that are extracted from and archived. */
export function sound(context: GroupContext) {
  return change.present(context).filter((component) => component.verdict === 'passed');
}

/** Every failed effect is tried again on time, or ends in `failed`. */
export const onError = [
  {
    guard: { type: 'canRetry' as const, params: thrown },
    target: 'retryPending',
    actions: { type: 'scheduleRetry' as const, params: thrown },
  },
  { target: 'failed', actions: { type: 'giveUp' as const, params: thrown } },
] as const;

/** What came in meanwhile is never left behind, however the effect ended. */
export const takeDeferred = {
  guard: 'hasDeferred',
  target: 'assessing',
  actions: { type: 'takeInDeferred', params: thrown },
} as const;

/** Where a group at rest goes when its files change. */
export const takeFiles = {
  'files.settled': { target: 'assessing', actions: 'takeIn' },
  'files.removed': { target: 'assessing', actions: 'letGo' },
} as const;

/** While the group is being judged, a change of its files starts the judgement again. */
export const startAgain = {
  'files.settled': { target: 'assessing', reenter: true, actions: 'takeIn' },
  'files.removed': { target: 'assessing', reenter: true, actions: 'letGo' },
  'rules.changed': { target: 'assessing', reenter: true, actions: 'noteRules' },
  'assessment.requested': { target: 'assessing', reenter: true },
} as const;

/** While bytes are on their way, changes wait until it is known what arrived. */
export const waitForTransfer = {
  'files.settled': { actions: 'deferFiles' },
  'files.removed': { actions: 'deferFiles' },
} as const;

/** Orphans join a group that rests, and its completeness is judged anew. */
export const adoptFiles = { 'archive.adopted': { target: 'adopting', actions: 'adopt' } } as const;

/** A person may ask for another try wherever the group has come to rest without being archived. */
export const retryOnRequest = { 'retry.requested': { target: 'retryPending', actions: 'retryNow' } } as const;

/** A group that was archived may be delivered again. */
export const takeRedelivered = {
  'files.settled': [
    { guard: 'ignoresRedelivery', actions: 'noteIdentity' },
    { target: 'assessing', actions: 'takeIn' },
  ],
  'files.removed': { actions: 'letGo' },
  ...adoptFiles,
} as const;

/** A group that has lost copies is archived again once all of them are found, or its files are delivered again. */
export const awaitCopies = {
  ...takeRedelivered,
  'archive.found': { guard: 'isAllFound', target: 'archived', actions: ['markFound', 'clearReason'] },
  // What it has lost stays its own.
  'archive.merged': { actions: 'dropMerged' },
} as const;
