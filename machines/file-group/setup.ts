import { assign, fromPromise, setup } from 'xstate';
import { listByPath } from '../by-path.ts';
import { adopt, applyAdoption, dropOrphans, isMerged, isOrphan } from './adopt.ts';
import * as change from './context.ts';
import { isCompleted, judge } from './judgement.ts';
import * as copies from './copies.ts';
import type {
  Adoption,
  Assessment,
  Extraction,
  Failure,
  GroupContext,
  GroupEvent,
  GroupInput,
  GroupSubject,
  SourceRemoval,
  Transfer,
  Verdicts,
} from './types.ts';

/** An effect that the chart names and the service provides. */
function effect<Name extends keyof Effects>(name: Name) {
  return fromPromise<Awaited<ReturnType<Effects[Name]>>, Parameters<Effects[Name]>[0]>(() =>
    Promise.reject(new Error(`the effect ${name} is not provided`)),
  );
}

/** What a decision is made of besides the rules. */
export interface DecisionInput extends GroupSubject {
  readonly metadata: NonNullable<GroupContext['metadata']>;
}

/** What a transfer is told. */
export interface TransferInput extends GroupSubject {
  readonly destination: NonNullable<GroupContext['destination']>;
  /** Paths of the copies that other components have been archived as. */
  readonly kept: readonly string[];
}

/**
 * The effects that the chart names, and whoever runs it provides. Each fails with a {@link Failure}, and may run again after a
 * restart. `signal` is aborted when the state that asked has been left.
 */
export interface Effects {
  assessComponents(input: GroupSubject, signal: AbortSignal): Promise<Assessment>;
  extractMetadata(input: GroupSubject, signal: AbortSignal): Promise<Extraction>;
  decide(input: DecisionInput, signal: AbortSignal): Promise<Verdicts>;
  transferComponents(input: TransferInput, signal: AbortSignal): Promise<Transfer>;
  removeSources(input: GroupSubject, signal: AbortSignal): Promise<SourceRemoval>;
  adoptComponents(input: GroupSubject, signal: AbortSignal): Promise<Adoption>;
}

/** The chart's words: its effects by name, its changes of context, its questions. */
export const fileGroupSetup = setup({
  types: {
    context: {} as GroupContext,
    events: {} as GroupEvent,
    input: {} as GroupInput,
  },
  actors: {
    assessComponents: effect('assessComponents'),
    extractMetadata: effect('extractMetadata'),
    decide: effect('decide'),
    transferComponents: effect('transferComponents'),
    removeSources: effect('removeSources'),
    adoptComponents: effect('adoptComponents'),
  },
  actions: {
    takeIn: assign(({ context, event }) =>
      event.type === 'files.settled'
        ? change.takeIn(context, event.files, rulesThatSent(context, event), event.at)
        : {},
    ),
    noteIdentity: assign(({ context, event }) =>
      event.type === 'files.settled' ? change.ignore(context, event.files) : {},
    ),
    renew: assign(({ context, event }) => ({
      revision: context.revision + 1,
      firstSeenAt: event.at,
      timedOut: false,
      attempt: 0,
    })),
    restart: assign(({ event }) => ({ firstSeenAt: event.at, timedOut: false, timeoutAt: null })),
    noteRules: assign(({ event }) => (event.type === 'rules.changed' ? { rulesVersion: event.rulesVersion } : {})),
    letGo: assign(({ context, event }) => {
      if (event.type !== 'files.removed') return {};
      const { paths, rulesVersion = context.rulesVersion } = event;
      return { ...change.letGo(context, paths), rulesVersion };
    }),
    deferFiles: assign(({ context, event }) => {
      if (event.type === 'files.settled') return change.defer(context, event.files, []);
      return event.type === 'files.removed' ? change.defer(context, [], event.paths) : {};
    }),
    takeInDeferred: assign(({ context }, params: { at: number }) => change.takeInDeferred(context, params.at)),
    applyAssessment: assign(({ context }, params: Assessment) => change.applyAssessment(context, params)),
    keepMetadata: assign((_, params: Extraction) => ({ metadata: params.metadata })),
    noMetadata: assign({ metadata: {} }),
    keepDestination: assign(({ context }, params: Verdicts) =>
      params.outcome === 'selected'
        ? {
            ...change.sendTo(context, params.destination, params.reason),
            rulesVersion: params.explanation?.rulesVersion ?? context.rulesVersion,
          }
        : {},
    ),
    keepRejection: assign((_, params: Verdicts) => (params.outcome === 'rejected' ? { reason: params.reason } : {})),
    applyTransfer: assign(({ context }, params: Transfer) => change.applyTransfer(context, params)),
    applyRemoval: assign(({ context }, params: SourceRemoval) => change.applyRemoval(context, params)),
    complete: assign(({ context }, params: { at: number }) => change.complete(context, params.at)),
    endRevision: assign(({ context }, params: Assessment) => change.endRevision(context, params.at)),
    // A removal that is tried again goes on with the tries it has had.
    completeOnce: assign(({ context }, answer: { readonly at: number }) =>
      isCompleted(context) ? {} : change.complete(context, answer.at),
    ),
    awaitTimeout: assign(({ context }) => ({
      dueAt: context.timedOut ? null : context.timeoutAt,
      reason: change.waitingReason(context),
    })),
    explainWaiting: assign(({ context }) => ({ reason: change.waitingReason(context) })),
    noteTimeout: assign(({ context }) => ({
      timedOut: true,
      dueAt: null,
      reason: `timed out, ${change.waitingReason(context)}`,
    })),
    scheduleRetry: assign(({ context }, params: Failure) => change.nextAttempt(context, params)),
    retryNow: assign(({ event }) => ({
      attempt: 0,
      dueAt: event.at,
      timedOut: false,
      firstSeenAt: event.at,
      reason: 'retry requested',
    })),
    giveUp: assign((_, params: Failure) => ({ reason: params.message, dueAt: null })),
    leaveSources: assign(({ context }, params: Failure) => change.leaveSources(context, params)),
    clearDue: assign({ dueAt: null }),
    markLost: assign(({ context, event }) => (event.type === 'archive.lost' ? copies.markCopies(context, event) : {})),
    markFound: assign(({ context, event }) =>
      event.type === 'archive.found' ? copies.markCopies(context, event) : {},
    ),
    explainMissing: assign(({ context }) => ({ reason: copies.missingReason(context) })),
    writeOff: assign(({ context }) => copies.writeOff(context)),
    clearReason: assign({ reason: null }),
    adopt: assign(({ context, event }) =>
      event.type === 'archive.adopted' ? adopt(context, event.files, event.at) : {},
    ),
    applyAdoption: assign((_, params: Adoption) => applyAdoption(params)),
    dropMerged: assign(({ context, event }) =>
      event.type === 'archive.merged' ? dropOrphans(context, event.paths) : {},
    ),
  },
  guards: {
    canRetry: ({ context }, failure: Failure) => failure.retryable && context.attempt < context.policy.maxRetries,
    isEmpty: ({ context }, a: Assessment) => judge(context, a).isEmpty,
    isArchived: ({ context }, a: Assessment) => isArchived(context, a),
    isAdopted: ({ context }, a: Assessment) =>
      judge(context, a).isEmpty && listByPath(context.components).some(isOrphan),
    isWhole: (_, a: Adoption) => a.complete,
    isMerged: ({ context, event }) => event.type === 'archive.merged' && isMerged(context, event.paths),
    isSourceLeft: ({ context }, a: Assessment) =>
      context.removesSources && judge(context, a).isSettled && !judge(context, a).isEmpty,
    shouldExtract: ({ context }, a: Assessment) => a.extracts && judge(context, a).mayProceed,
    shouldDecide: ({ context }, a: Assessment) => judge(context, a).mayProceed,
    hasFailedAlone: (_, a: Assessment) => !a.grouped && listByPath(a.components).some((c) => c.verdict === 'failed'),
    isStillTimedOut: ({ context }, a: Assessment) => judge(context, a).isTimedOut && a.onTimeout !== 'warn',
    isDue: ({ context, event }) => isDue(context, event.at),
    isDueToWarn: ({ context, event }) =>
      isDue(context, event.at) && (context.onTimeout === 'warn' || context.onTimeout === null),
    isDueToArchivePartial: ({ context, event }) =>
      isDue(context, event.at) &&
      context.onTimeout === 'archive_partial' &&
      change.present(context).some((c) => c.verdict === 'passed'),
    isSelected: (_, v: Verdicts) => v.outcome === 'selected',
    isRejected: (_, v: Verdicts) => v.outcome === 'rejected',
    isDisturbed: (_, t: Transfer) => change.isDisturbed(t),
    canRetryTransfer: ({ context }, t: Transfer) => {
      const failure = change.firstFailure(t);
      return failure !== null && failure.retryable && context.attempt < context.policy.maxRetries;
    },
    hasDeferred: ({ context }) => hasDeferred(context),
    isCutShort: ({ context }, t: Transfer) =>
      hasDeferred(context) && (change.firstFailure(t) !== null || change.isDisturbed(t)),
    isFailedTransfer: (_, t: Transfer) => change.firstFailure(t) !== null,
    removesSources: (_, t: Transfer) => t.removesSources,
    ignoresRedelivery: ({ context, event }) =>
      context.policy.onRedelivery === 'ignore' &&
      event.type === 'files.settled' &&
      event.files.every((file) => copies.hasCopy(context.components[file.path])),
    isMissing: ({ context }) => copies.isMissing(context),
    hasLostCopies: ({ context }) => copies.hasLostCopies(context),
    isOfItsCopies: ({ context, event }) =>
      (event.type === 'archive.lost' || event.type === 'archive.found') && copies.isNews(context, event),
    isAllWrittenOff: ({ context, event }) =>
      event.type === 'archive.writtenOff' && copies.isAllWrittenOff(context, event.copies),
    isAllFound: ({ context, event }) => event.type === 'archive.found' && copies.isAllFound(context, event),
  },
});

/** Everything sound is in the archive; or nothing is in delivery any more and the group was completed. */
function isArchived(context: GroupContext, a: Assessment): boolean {
  const { isSettled, isEmpty } = judge(context, a);
  return isSettled || (isEmpty && context.completedAt !== null);
}

function isDue(context: GroupContext, at: number): boolean {
  return context.dueAt !== null && at >= context.dueAt;
}

function hasDeferred(context: GroupContext): boolean {
  return Object.keys(context.deferred).length > 0;
}

/** By which rules files were found to be the group's. Of other content than what is archived under its name none have been asked. */
function rulesThatSent(
  context: GroupContext,
  { files, rulesVersion }: Extract<GroupEvent, { readonly type: 'files.settled' }>,
): string | null {
  const isRedelivered = files.some(({ path }) => copies.hasCopy(context.components[path]));
  return isRedelivered ? null : (rulesVersion ?? context.rulesVersion);
}
