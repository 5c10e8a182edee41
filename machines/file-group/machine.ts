import { adopted } from './adopt.ts';
import * as change from './context.ts';
import { fileGroupSetup } from './setup.ts';
import {
  adoptFiles,
  answer,
  awaitCopies,
  failureIn,
  onError,
  refusalIn,
  retryOnRequest,
  sound,
  startAgain,
  takeDeferred,
  takeFiles,
  takeRedelivered,
  thrown,
  waitForTransfer,
} from './transitions.ts';

/**
 * The life of a file group, from its first settled file to the archive. Pure:
 * every effect is a named actor; deadlines are times in the context (`dueAt`),
 * which the service turns into `timeout.due` and `retry.due`.
 */
export const fileGroupMachine = fileGroupSetup.createMachine({
  id: 'file-group',
  initial: 'assessing',
  context: ({ input }) => change.initialContext(input),
  // Wherever the group is, a copy that has gone or is back is noted; of a former copy nothing is.
  on: {
    'archive.lost': { guard: 'isOfItsCopies', actions: 'markLost' },
    'archive.found': { guard: 'isOfItsCopies', actions: 'markFound' },
  },
  states: {
    assessing: {
      description: 'Are the files sound, and is the group complete? Every new or changed file leads here.',
      invoke: {
        id: 'assessComponents',
        src: 'assessComponents',
        input: ({ context }) => change.subjectOf(context, change.present(context)),
        onDone: [
          {
            guard: { type: 'isSourceLeft', params: answer },
            target: 'removingSources',
            actions: [
              { type: 'applyAssessment', params: answer },
              { type: 'completeOnce', params: answer },
            ],
          },
          {
            guard: { type: 'isArchived', params: answer },
            target: 'archived',
            actions: [
              { type: 'applyAssessment', params: answer },
              { type: 'endRevision', params: answer },
            ],
          },
          {
            guard: { type: 'isAdopted', params: answer },
            target: 'adopting',
            actions: { type: 'applyAssessment', params: answer },
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

    waiting: {
      description: 'Something is still missing. A file, the time-out, or other rules lead on.',
      entry: 'awaitTimeout',
      on: {
        ...takeFiles,
        'timeout.due': [
          { guard: 'isDueToWarn', actions: 'noteTimeout' },
          { guard: 'isDueToArchivePartial', target: 'assessing', actions: 'noteTimeout' },
          { guard: 'isDue', target: 'timedOut', actions: 'noteTimeout' },
        ],
        'rules.changed': { target: 'assessing', actions: 'noteRules' },
        'assessment.requested': 'assessing',
      },
    },

    timedOut: {
      description: 'Given up, but a late file or a late checksum revives it.',
      on: { ...takeFiles, ...retryOnRequest, 'assessment.requested': 'assessing' },
    },

    integrityFailed: {
      description: 'A file that stands alone is not sound; it is looked at again when it changes.',
      on: { ...takeFiles, ...retryOnRequest, 'assessment.requested': 'assessing' },
    },

    extracting: {
      description: 'The plugin reads the metadata of the complete group.',
      invoke: {
        id: 'extractMetadata',
        src: 'extractMetadata',
        input: ({ context }) => change.subjectOf(context, sound(context)),
        onDone: { target: 'deciding', actions: { type: 'keepMetadata', params: answer } },
        onError,
      },
      on: startAgain,
    },

    deciding: {
      description: 'The rules select and route.',
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

    notSelected: {
      description: 'Judged again when the rules change, as long as the files are in delivery.',
      on: { ...takeFiles, ...retryOnRequest, 'rules.changed': { target: 'assessing', actions: 'noteRules' } },
    },

    transferring: {
      description: 'Copies are made, verified and published; the sources stay.',
      invoke: {
        id: 'transferComponents',
        src: 'transferComponents',
        input: ({ context }) => ({
          ...change.subjectOf(context, sound(context).filter(change.isUnarchived)),
          destination: context.destination ?? { archive: '', directory: '', routedBy: '' },
          kept: change.keptCopies(context),
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

    removingSources: {
      description: 'The last step of a move: the sources are removed once the copies are durable and recorded.',
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
          { target: 'archived', actions: { type: 'leaveSources', params: thrown } },
        ],
      },
      on: waitForTransfer,
    },

    adopting: {
      description: 'Files were found in the archive: are they all that is expected, and what does the plugin read?',
      invoke: {
        id: 'adoptComponents',
        src: 'adoptComponents',
        input: ({ context }) => change.subjectOf(context, adopted(context)),
        onDone: [
          {
            guard: { type: 'isWhole', params: answer },
            target: 'archived',
            actions: [
              { type: 'applyAdoption', params: answer },
              { type: 'complete', params: answer },
            ],
          },
          { target: 'archived', actions: { type: 'applyAdoption', params: answer } },
        ],
        onError,
      },
      on: { ...startAgain, 'archive.adopted': { target: 'adopting', reenter: true, actions: 'adopt' } },
    },

    retryPending: {
      description: 'The last try failed; the next one is due at a set time.',
      on: {
        ...takeFiles,
        ...retryOnRequest,
        ...adoptFiles,
        'retry.due': { guard: 'isDue', target: 'assessing', actions: 'clearDue' },
      },
    },

    archived: {
      description: 'Every component is in the archive, verified. A re-delivery makes a new revision.',
      // A copy that went while the group was busy makes it missing at once; one that was written off stays so.
      always: [
        { guard: 'isMissing', target: 'missing' },
        { guard: 'hasLostCopies', target: 'writtenOff' },
      ],
      on: {
        ...takeRedelivered,
        // A component that failed its checks is looked at again; the others are where they are.
        'assessment.requested': 'assessing',
        'archive.merged': [{ guard: 'isMerged', target: 'cleared', actions: 'dropMerged' }, { actions: 'dropMerged' }],
      },
    },

    missing: {
      description: 'A copy has gone from the archive; if it is found again, it counts as archived again.',
      entry: 'explainMissing',
      on: { ...awaitCopies, 'archive.writtenOff': { guard: 'isAllWrittenOff', target: 'writtenOff' } },
    },

    writtenOff: {
      description: 'Copies have gone, and a person has said that they are not expected back.',
      entry: 'writeOff',
      on: { ...awaitCopies, 'archive.lost': { guard: 'isOfItsCopies', target: 'missing', actions: 'markLost' } },
    },

    failed: {
      description: 'Nothing more is tried until a file changes or a person asks.',
      on: {
        'files.settled': { target: 'assessing', actions: ['renew', 'takeIn'] },
        'files.removed': { actions: 'letGo' },
        ...retryOnRequest,
        ...adoptFiles,
      },
    },

    cleared: {
      description:
        'Every file left delivery before it was archived. A new delivery, or files found in an archive, begin again.',
      on: {
        'files.settled': { target: 'assessing', actions: ['restart', 'takeIn'] },
        'archive.adopted': { target: 'adopting', actions: ['restart', 'adopt'] },
      },
    },
  },
});
