import { transition } from 'xstate';
import {
  componentStatus,
  isOrphan,
  isResting,
  type Component,
  type GroupState,
  type GroupSubject,
} from '../../machines/file-group/index.ts';
import type { Exploration, GroupSnapshot, ModelEvent, ModelPath } from '../support/graph.ts';
import { failure, say } from './group-words.ts';

/** What holds of a group in every situation that its chart can come into; `docs/invariants.md` names each. */

type Rule = (state: GroupSnapshot, exploration: Exploration) => boolean;

/** Where it is no longer the group's own doing that it goes on. */
const timeless: ReadonlySet<GroupState> = new Set([
  'timedOut',
  'integrityFailed',
  'notSelected',
  'archived',
  'missing',
  'writtenOff',
  'failed',
  'cleared',
] as const);

const all = ({ context }: GroupSnapshot): readonly Component[] => Object.values(context.components);
const present = (state: GroupSnapshot): readonly Component[] => all(state).filter(({ inDelivery }) => inDelivery);
const isLost = (component: Component) => component.archived !== null && !component.inArchive;

/** What an event leads to. */
function after({ machine }: Exploration, state: GroupSnapshot, event: ModelEvent): GroupSnapshot {
  return transition(machine, state, event)[0] as GroupSnapshot;
}

/** What the effect that runs was told. */
function inputOf(state: GroupSnapshot, effect: string): GroupSubject | null {
  const child: unknown = Object.entries(state.children)
    .find(([id]) => id === effect)?.[1]
    ?.getSnapshot();
  if (typeof child !== 'object' || child === null || !('input' in child)) return null;
  return child.input as GroupSubject;
}

/** Whether the group comes to rest for good when everything fails from now on, each try on its time. */
function endsInFailure(exploration: Exploration, start: GroupSnapshot): boolean {
  const ends: ReadonlySet<GroupState> = new Set(['failed', 'archived', 'missing', 'writtenOff']);
  let state = start;
  for (let count = 0; count < 8; count += 1) {
    const [effect] = Object.keys(state.children);
    if (effect === undefined && state.value !== 'retryPending') return ends.has(state.value);
    state =
      effect === undefined
        ? after(exploration, state, say.retryDue(state.context.dueAt ?? 0))
        : after(exploration, state, { type: `xstate.error.actor.${effect}`, error: failure() });
  }
  return false;
}

/** The rules of a situation, as sentences. */
export const invariants: Readonly<Record<string, Rule>> = {
  'a group at rest runs nothing, any other runs one effect': ({ value, children }) =>
    Object.keys(children).length === (isResting(value) ? 0 : 1),

  'a pending retry has its deadline, is left on it, and not before': (state, exploration) => {
    if (state.value !== 'retryPending') return true;
    const { dueAt } = state.context;
    if (dueAt === null) return false;
    const on = after(exploration, state, say.retryDue(dueAt));
    const before = after(exploration, state, say.retryDue(dueAt - 1));
    return on.value === 'assessing' && before.value === 'retryPending';
  },

  'a waiting group whose time-out is not over has its deadline': ({ value, context }) =>
    value !== 'waiting' || context.timedOut || context.dueAt === context.timeoutAt,

  'a group at rest that waits for no time has no deadline': ({ value, context }) =>
    !timeless.has(value) || context.dueAt === null,

  'no source is removed but of a copy that is in the archive, verified, and made of this very state of it': (state) => {
    if (state.value !== 'removingSources') return true;
    const subject = inputOf(state, 'removeSources');
    return subject !== null && subject.components.every(isCopied);
  },

  'sources are removed only when every sound component has its copy': (state) =>
    state.value !== 'removingSources' || present(state).every((c) => c.verdict !== 'passed' || c.isCurrent),

  'a copy is current only if there is one': (state) => all(state).every((c) => !c.isCurrent || c.archived !== null),

  'an archived group has its time of completion, unless it is made of orphans and not whole': (state) =>
    state.value !== 'archived' ||
    state.context.completedAt !== null ||
    (state.context.missing.length > 0 && all(state).some(isOrphan)),

  'a group is archived only when everything sound in delivery is in the archive': (state) =>
    state.value !== 'archived' ||
    present(state).every((c) => c.verdict !== 'passed' || (c.isCurrent && c.inArchive && c.archived !== null)),

  'no revision is completed before it has begun': ({ context }) => context.completedRevision <= context.revision,

  'nothing that came in during a transfer is left behind': ({ value, context }) =>
    value === 'transferring' || value === 'removingSources' || Object.keys(context.deferred).length === 0,

  'no file in delivery is left unassessed in a state that nothing but a person leads out of': (state) =>
    !['archived', 'timedOut', 'integrityFailed'].includes(state.value) ||
    state.context.policy.onRedelivery === 'ignore' ||
    present(state).every(({ verdict }) => verdict !== 'pending'),

  'only what is in the archive has the status archived': (state) =>
    all(state).every((c) => componentStatus(state.value, c) !== 'archived' || (c.archived !== null && c.inArchive)),

  'a group with a lost copy that cannot be made again is missing or written off, not archived; and only such a one': (
    state,
  ) =>
    (state.value !== 'archived' || !all(state).some(isLost)) &&
    (!['missing', 'writtenOff'].includes(state.value) || all(state).some(isLost)),

  'a group is written off only when each lost copy was written off; and only what is lost is': (state) =>
    all(state).every((c) => (isLost(c) ? state.value !== 'writtenOff' || c.isWrittenOff : !c.isWrittenOff)),

  'a copy that was made stays on record, whatever becomes of the next revision': (state) =>
    state.context.completedAt === null || all(state).some(({ archived }) => archived !== null),

  'tries never exceed what the policy allows': ({ context }) => context.attempt <= context.policy.maxRetries,

  'a group that gave up or waits for another try says why': ({ value, context }) =>
    ![
      'failed',
      'retryPending',
      'integrityFailed',
      'timedOut',
      'notSelected',
      'waiting',
      'missing',
      'writtenOff',
    ].includes(value) ||
    (context.reason !== null && context.reason !== ''),
};

/** The rules of everything that can happen in a situation. */
export const invariantsOfEvents: Readonly<Record<string, Rule>> = {
  'whatever fails from now on, the group ends in a state with a name': (state, exploration) =>
    Object.keys(state.children).length === 0 || endsInFailure(exploration, state),

  'every state has a way out by an event or a deadline': (state, exploration) =>
    isBorder(state, exploration) ||
    exploration.eventsIn(state).some((event) => after(exploration, state, event).value !== state.value),

  'a revision that is completed stays completed, and the next one has a higher number': (state, exploration) =>
    exploration.eventsIn(state).every((event) => {
      const { context } = after(exploration, state, event);
      const isNext = context.revision >= state.context.revision;
      // An orphan that turns out to be another group's was never this one's.
      return (
        isNext && (context.completedRevision >= state.context.completedRevision || event.type === 'archive.merged')
      );
    }),
};

/** Where a model ends. */
function isBorder(state: GroupSnapshot, { eventsIn }: Exploration): boolean {
  return eventsIn(state).length === 0;
}

function isCopied({ archived, isCurrent, inArchive, verdict, identity }: Component): boolean {
  if (archived === null || !isCurrent || !inArchive || verdict !== 'passed') return false;
  return JSON.stringify(archived.source) === JSON.stringify(identity) && archived.sha256.length === 64;
}

/** Shortest ways into situations that break a rule. */
export function breaking(rule: Rule, exploration: Exploration, situations: readonly ModelPath[]): readonly string[] {
  return situations
    .filter(({ state }) => !rule(state, exploration))
    .toSorted((a, b) => a.events.length - b.events.length)
    .slice(0, 3)
    .map(({ state, events }) => `${state.value}: ${events.map(({ type }) => type).join(', ')}`);
}
