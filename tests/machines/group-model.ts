import {
  fileGroupMachine,
  isOrphan,
  type GroupContext,
  type GroupState,
  type Verdicts,
} from '../../machines/file-group/index.ts';
import type { Exploration, GroupSnapshot, ModelEvent } from '../support/graph.ts';
import {
  adoptionOf,
  assessmentOf,
  destination,
  failure,
  file,
  inputOf,
  policy,
  say,
  seenCopy,
  seenOrphan,
  transferOf,
  type AssessmentOptions,
} from './group-words.ts';

/** A model of the world around a group: one file, one retry, every kind of news and of answer. */

const lacks = { missing: ['.xml'], timeoutMs: 500 } as const;

const assessments: readonly AssessmentOptions[] = [
  {},
  { unchanged: ['a.dat'] },
  { lost: ['a.dat'] },
  { extracts: true },
  { verdicts: { 'a.dat': 'gone' } },
  { verdicts: { 'a.dat': 'failed' } },
  { verdicts: { 'a.dat': 'waiting' } },
  { ...lacks, onTimeout: 'warn' },
  { ...lacks, onTimeout: 'skip' },
  { ...lacks, onTimeout: 'archive_partial' },
  { policy: policy({ maxRetries: 1, onRedelivery: 'ignore' }) },
];

const verdicts: readonly Verdicts[] = [
  { at: 4000, outcome: 'selected', destination, reason: null },
  { at: 4000, outcome: 'rejected', reason: 'too old' },
  { at: 4000, outcome: 'unroutable', failure: failure({ code: 'NO_ARCHIVE', retryable: false }) },
];

const transfers = [
  {},
  { removesSources: true },
  { outcomes: { 'a.dat': 'changed' } },
  { outcomes: { 'a.dat': 'gone' } },
  { outcomes: { 'a.dat': failure() } },
  { outcomes: { 'a.dat': failure({ retryable: false }) } },
] as const;

const losses: readonly ModelEvent[] = [say.lost(['a.dat'])];

const news: readonly ModelEvent[] = [
  say.settled([file('a.dat', 2)]),
  say.gone(['a.dat']),
  say.timeoutDue(),
  say.retryDue(),
  say.retry(),
  say.rulesChanged(),
  say.lookAgain(),
  ...losses,
  say.found(['a.dat']),
  say.found(['a.xml']),
];

/** What is said of files that were found in the archive. */
const archiveNews: readonly ModelEvent[] = [
  say.adopted(['a.orphan']),
  say.merged(['a.orphan']),
  say.merged(['b.orphan']),
  { type: 'archive.lost', copies: [seenOrphan('a.orphan')], at: 9000 },
  { type: 'archive.found', copies: [seenOrphan('a.orphan')], at: 9500 },
];

/** What is said of lost copies: that they are not expected back, and then that one is there, and damaged. */
const writeOffs: Readonly<Partial<Record<GroupState, readonly ModelEvent[]>>> = {
  missing: [
    say.writtenOff(['a.dat']),
    { type: 'archive.writtenOff', copies: [seenOrphan('a.orphan'), seenOrphan('b.orphan')], at: 9550 },
  ],
  writtenOff: [
    { type: 'archive.lost', copies: [seenCopy('a.dat'), seenOrphan('a.orphan')], reason: 'changed content', at: 9000 },
  ],
};

function subjectOf(context: GroupContext) {
  const { watchName, groupKey, revision } = context;
  const components = Object.values(context.components).filter((component) => component.inDelivery);
  return { watchName, groupKey, revision, components };
}

/** How the effect that runs in a situation may end. */
function answersIn({ value, context }: GroupSnapshot): readonly ModelEvent[] {
  const subject = subjectOf(context);
  const unarchived = {
    ...subject,
    components: subject.components.filter((c) => c.verdict === 'passed' && !c.isCurrent),
  };
  const ends = (id: string, outputs: readonly unknown[]): readonly ModelEvent[] => [
    ...outputs.map((output): ModelEvent => ({ type: `xstate.done.actor.${id}`, output })),
    { type: `xstate.error.actor.${id}`, error: failure() },
    { type: `xstate.error.actor.${id}`, error: failure({ retryable: false }) },
  ];
  if (value === 'assessing') {
    const outputs = assessments.map((options) => assessmentOf(subject, { policy: context.policy, ...options }));
    return ends('assessComponents', outputs);
  }
  if (value === 'extracting') return ends('extractMetadata', [{ at: 3000, metadata: { orbit: 7 } }]);
  if (value === 'deciding') return ends('decide', verdicts);
  if (value === 'transferring') {
    return ends(
      'transferComponents',
      transfers.map((options) => transferOf(unarchived, options)),
    );
  }
  if (value === 'adopting') {
    const { policy: present } = context;
    return ends('adoptComponents', [
      adoptionOf({ policy: present }),
      adoptionOf({ policy: present, complete: false, missing: ['.xml'] }),
    ]);
  }
  if (value === 'removingSources') {
    const removed = subject.components.filter(({ archived }) => archived !== null).map(({ path }) => path);
    return ends('removeSources', [
      { at: 6000, removed },
      { at: 6000, removed: [] },
    ]);
  }
  return [];
}

/** What tells situations apart: all that a guard asks about, but neither times nor contents nor the revision's number. */
export function distinguish({ value, context }: Pick<GroupSnapshot, 'value' | 'context'>): string {
  const components = Object.values(context.components).map((c) => [
    c.inDelivery,
    c.verdict,
    c.archived !== null,
    c.isCurrent,
    c.inArchive,
    c.isWrittenOff === true,
  ]);
  return JSON.stringify([
    value,
    components,
    Object.values(context.deferred).map((seen) => seen !== null),
    context.attempt,
    context.timedOut,
    context.dueAt !== null,
    context.onTimeout,
    context.completedAt !== null,
    context.completedRevision === context.revision,
    context.removesSources,
    context.policy.onRedelivery,
  ]);
}

/**
 * What may happen. Orphans join groups that have nothing else; from the moment on in which a delivered file is beside one,
 * the group's ways are those of the delivered file alone and are not walked again.
 */
function eventsIn(state: GroupSnapshot): readonly ModelEvent[] {
  const components = Object.values(state.context.components);
  const { policy: present, attempt } = state.context;
  const isDelivered = components.some((component) => component.inDelivery);
  const hasOrphans = components.some(isOrphan);
  if (isDelivered && hasOrphans) return [];
  const hasOthers = isDelivered || components.some((one) => one.archived !== null && !isOrphan(one));
  // One way to begin with orphans will do.
  const mayAdopt = hasOrphans || (present.onRedelivery === 'archive' && attempt === 0);
  const ofLoss = writeOffs[state.value] ?? [];
  // What was written off matters only where the group comes to rest.
  const isOnItsWay = state.value !== 'writtenOff' && components.some((one) => one.isWrittenOff === true);
  if (isOnItsWay) return [...losses, ...answersIn(state)];
  return [...news, ...ofLoss, ...(hasOthers || !mayAdopt ? [] : archiveNews), ...answersIn(state)];
}

/** The group of `a.dat`, with one retry. */
export const groupModel: Exploration = {
  machine: fileGroupMachine,
  input: inputOf({ policy: { maxRetries: 1 } }),
  eventsIn,
  distinguish,
};

/** What happens to the group of `pairModel`, by its state. */
const ofPair: Readonly<Partial<Record<GroupState, (state: GroupSnapshot) => readonly ModelEvent[]>>> = {
  assessing: ({ context }) => {
    if (Object.keys(context.components).length === 1) return [say.settled([file('a.xml')])];
    const output = assessmentOf(subjectOf(context), { policy: policy({ maxRetries: 1, onRedelivery: 'ignore' }) });
    return [{ type: 'xstate.done.actor.assessComponents', output }];
  },
  deciding: () => [{ type: 'xstate.done.actor.decide', output: verdicts[0] }],
  transferring: ({ context }) => [
    { type: 'xstate.done.actor.transferComponents', output: transferOf(subjectOf(context), {}) },
  ],
  archived: () => [say.lost(['a.xml'])],
  missing: () => [say.writtenOff(['a.xml']), say.settled([file('a.dat', 2)])],
  writtenOff: () => [say.settled([file('a.dat', 2)])],
};

/** The group of `a.dat` and `a.xml`, of which one copy is lost, and whose re-deliveries are ignored. */
export const pairModel: Exploration = {
  ...groupModel,
  eventsIn: (state) => ofPair[state.value]?.(state) ?? [],
};
