import * as change from './context.ts';
import { fileGroupSetup } from './setup.ts';
import type { Failure, GroupContext, Transfer, Verdicts } from './types.ts';

const thrown = ({ context, event }: { context: GroupContext; event: { error: unknown } }): Failure =>
  change.failureOf(event.error, context.firstSeenAt);
const answer = <Output>({ event }: { event: { output: Output } }): Output => event.output;
const failureIn = ({ event }: { event: { output: Transfer } }): Failure =>
  change.firstFailure(event.output) ?? change.failureOf(new Error('no failure'), event.output.at);

const refusalIn = ({ event }: { event: { output: Verdicts } }): Failure =>
  event.output.outcome === 'unroutable'
    ? event.output.failure
    : change.failureOf(new Error('refused'), event.output.at);

/** The components that passed: the only ones that are extracted from and archived. */
function sound(context: GroupContext) {
  return change.present(context).filter((component) => component.verdict === 'passed');
}

/** Every failed effect is tried again on time, or ends in `failed`. */
const onError = [
  {
    guard: { type: 'canRetry' as const, params: thrown },
    target: 'retryPending',
    actions: { type: 'scheduleRetry' as const, params: thrown },
  },
  { target: 'failed', actions: { type: 'giveUp' as const, params: thrown } },
] as const;

/** What came in meanwhile is never left behind, however the effect ended. */
const takeDeferred = {
  guard: 'hasDeferred',
  target: 'assessing',
  actions: { type: 'takeInDeferred', params: thrown },
} as const;

/** Where a group at rest goes when its files change. */
const takeFiles = {
  'files.settled': { target: 'assessing', actions: 'takeIn' },
  'files.removed': { target: 'assessing', actions: 'letGo' },
} as const;

/** While the group is being judged, a change of its files starts the judgement again. */
const startAgain = {
  'files.settled': { target: 'assessing', reenter: true, actions: 'takeIn' },
  'files.removed': { target: 'assessing', reenter: true, actions: 'letGo' },
  'rules.changed': { target: 'assessing', reenter: true },
  'assessment.requested': { target: 'assessing', reenter: true },
} as const;

/** While bytes are on their way, changes wait until it is known what arrived. */
const waitForTransfer = {
  'files.settled': { actions: 'deferFiles' },
  'files.removed': { actions: 'deferFiles' },
} as const;

/** A person may ask for another try wherever the group has come to rest without being archived. */
const retryOnRequest = { 'retry.requested': { target: 'retryPending', actions: 'retryNow' } } as const;

/**
 * The life of a file group, from its first settled file to the archive. Pure:
 * every effect is a named actor; deadlines are times in the context (`dueAt`),
 * which the service turns into `timeout.due` and `retry.due`.
 */
export const fileGroupMachine = fileGroupSetup.createMachine({
  id: 'file-group',
  initial: 'assessing',
  context: ({ input }) => change.initialContext(input),
  // Wherever the group is, a copy that has gone or is back is noted.
  on: { 'archive.lost': { actions: 'markLost' }, 'archive.found': { actions: 'markFound' } },
  states: {
    /** Are the files sound, and is the group complete? Every new or changed file leads here. */
    assessing: {
      invoke: {
        id: 'assessComponents',
        src: 'assessComponents',
        input: ({ context }) => change.subjectOf(context, change.present(context)),
        onDone: [
          {
            guard: { type: 'isSourceLeft', params: answer },
            target: 'removingSources',
            actions: { type: 'applyAssessment', params: answer },
          },
          {
            guard: { type: 'isArchived', params: answer },
            target: 'archived',
            actions: [
              { type: 'applyAssessment', params: answer },
              { type: 'complete', params: answer },
            ],
          },
          {
            guard: { type: 'isEmpty', params: answer },
            target: 'cleared',
            actions: { type: 'applyAssessment', params: answer },
          },
          {
            guard: { type: 'shouldExtract', params: answer },
            target: 'extracting',
            actions: { type: 'applyAssessment', params: answer },
          },
          {
            guard: { type: 'shouldDecide', params: answer },
            target: 'deciding',
            actions: [{ type: 'applyAssessment', params: answer }, 'noMetadata'],
          },
          {
            guard: { type: 'hasFailedAlone', params: answer },
            target: 'integrityFailed',
            actions: [{ type: 'applyAssessment', params: answer }, 'explainWaiting'],
          },
          {
            guard: { type: 'isStillTimedOut', params: answer },
            target: 'timedOut',
            actions: [{ type: 'applyAssessment', params: answer }, 'noteTimeout'],
          },
          { target: 'waiting', actions: { type: 'applyAssessment', params: answer } },
        ],
        onError,
      },
      on: startAgain,
    },

    /** WAITING: something is still to come. Left by a file, by the time-out, or by other rules. */
    waiting: {
      entry: 'awaitTimeout',
      on: {
        ...takeFiles,
        'timeout.due': [
          { guard: 'isDueToWarn', actions: 'noteTimeout' },
          { guard: 'isDueToArchivePartial', target: 'assessing', actions: 'noteTimeout' },
          { guard: 'isDue', target: 'timedOut', actions: 'noteTimeout' },
        ],
        'rules.changed': 'assessing',
        'assessment.requested': 'assessing',
      },
    },

    /** TIMED_OUT: given up, but a late file revives it. */
    timedOut: { on: { ...takeFiles, ...retryOnRequest } },

    /** INTEGRITY_FAILED: a file that stands alone is not sound; it is looked at again when it changes. */
    integrityFailed: { on: { ...takeFiles, ...retryOnRequest, 'assessment.requested': 'assessing' } },

    /** The plugin reads the metadata of the complete group. */
    extracting: {
      invoke: {
        id: 'extractMetadata',
        src: 'extractMetadata',
        input: ({ context }) => change.subjectOf(context, sound(context)),
        onDone: { target: 'deciding', actions: { type: 'keepMetadata', params: answer } },
        onError,
      },
      on: startAgain,
    },

    /** The rules select and route. */
    deciding: {
      invoke: {
        id: 'decide',
        src: 'decide',
        input: ({ context }) => ({
          ...change.subjectOf(context, sound(context)),
          metadata: context.metadata ?? {},
        }),
        onDone: [
          {
            guard: { type: 'isSelected', params: answer },
            target: 'transferring',
            actions: { type: 'keepDestination', params: answer },
          },
          {
            guard: { type: 'isRejected', params: answer },
            target: 'notSelected',
            actions: { type: 'keepRejection', params: answer },
          },
          { target: 'failed', actions: { type: 'giveUp', params: refusalIn } },
        ],
        onError,
      },
      on: startAgain,
    },

    /** NOT_SELECTED: judged again when the rules change, as long as the files are in delivery. */
    notSelected: { on: { ...takeFiles, ...retryOnRequest, 'rules.changed': 'assessing' } },

    /** Copies are made, verified and published; the sources stay. */
    transferring: {
      invoke: {
        id: 'transferComponents',
        src: 'transferComponents',
        input: ({ context }) => ({
          ...change.subjectOf(context, sound(context).filter(change.isUnarchived)),
          destination: context.destination ?? { archive: '', directory: '', routedBy: '' },
        }),
        onDone: [
          {
            guard: { type: 'isCutShort', params: answer },
            target: 'assessing',
            actions: [
              { type: 'applyTransfer', params: answer },
              { type: 'takeInDeferred', params: answer },
            ],
          },
          {
            guard: { type: 'canRetryTransfer', params: answer },
            target: 'retryPending',
            actions: [
              { type: 'applyTransfer', params: answer },
              { type: 'scheduleRetry', params: failureIn },
            ],
          },
          {
            guard: { type: 'isFailedTransfer', params: answer },
            target: 'failed',
            actions: [
              { type: 'applyTransfer', params: answer },
              { type: 'giveUp', params: failureIn },
            ],
          },
          {
            guard: { type: 'isDisturbed', params: answer },
            target: 'assessing',
            actions: { type: 'applyTransfer', params: answer },
          },
          {
            guard: 'hasDeferred',
            target: 'assessing',
            actions: [
              { type: 'applyTransfer', params: answer },
              { type: 'complete', params: answer },
              { type: 'takeInDeferred', params: answer },
            ],
          },
          {
            guard: { type: 'removesSources', params: answer },
            target: 'removingSources',
            actions: [
              { type: 'applyTransfer', params: answer },
              { type: 'complete', params: answer },
            ],
          },
          {
            target: 'archived',
            actions: [
              { type: 'applyTransfer', params: answer },
              { type: 'complete', params: answer },
            ],
          },
        ],
        onError: [{ ...takeDeferred }, ...onError],
      },
      on: waitForTransfer,
    },

    /** A move's last step: only once the copies are durable and recorded do the sources go. */
    removingSources: {
      invoke: {
        id: 'removeSources',
        src: 'removeSources',
        input: ({ context }) => change.subjectOf(context, change.present(context).filter(change.isRemovable)),
        onDone: [
          {
            guard: 'hasDeferred',
            target: 'assessing',
            actions: [
              { type: 'applyRemoval', params: answer },
              { type: 'takeInDeferred', params: answer },
            ],
          },
          { target: 'archived', actions: { type: 'applyRemoval', params: answer } },
        ],
        onError: [
          { ...takeDeferred },
          {
            guard: { type: 'canRetry', params: thrown },
            target: 'retryPending',
            actions: { type: 'scheduleRetry', params: thrown },
          },
          { target: 'archived', actions: { type: 'giveUp', params: thrown } },
        ],
      },
      on: waitForTransfer,
    },

    /** RETRY_PENDING: the next try is due at `dueAt`. */
    retryPending: {
      on: {
        ...takeFiles,
        ...retryOnRequest,
        'retry.due': { guard: 'isDue', target: 'assessing', actions: 'clearDue' },
      },
    },

    /** ARCHIVED: every component is in the archive, verified. A re-delivery makes a new revision. */
    archived: {
      // A copy that went while the group was busy makes it missing at once.
      always: { guard: 'hasLostCopies', target: 'missing' },
      on: {
        'files.settled': [
          { guard: 'ignoresRedelivery', actions: 'noteIdentity' },
          { target: 'assessing', actions: 'takeIn' },
        ],
        'files.removed': { actions: 'letGo' },
        // A component that failed its checks is looked at again; the others are where they are.
        'assessment.requested': 'assessing',
      },
    },

    /** MISSING: a copy has gone from the archive; found again, it counts as archived again. */
    missing: {
      on: {
        'files.settled': { target: 'assessing', actions: 'takeIn' },
        'files.removed': { actions: 'letGo' },
        'archive.found': [{ guard: 'isAllFound', target: 'archived', actions: 'markFound' }, { actions: 'markFound' }],
      },
    },

    /** FAILED: nothing more is tried until a file changes or a person asks. */
    failed: {
      on: {
        'files.settled': { target: 'assessing', actions: ['renew', 'takeIn'] },
        'files.removed': { actions: 'letGo' },
        ...retryOnRequest,
      },
    },

    /** CLEARED: every file left delivery before it was archived. A new delivery starts afresh. */
    cleared: { on: { 'files.settled': { target: 'assessing', actions: ['restart', 'takeIn'] } } },
  },
});
