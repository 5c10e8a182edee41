import { groupStates, type Component, type GroupState } from './types.ts';

/** The statuses of a component, as stored in `file_components.status`. */
export const componentStatuses = [
  'detected',
  'integrity_failed',
  'waiting',
  'timed_out',
  'not_selected',
  'archived',
  'retry_pending',
  'failed',
  'cleared',
  'missing',
] as const;

/** One of {@link componentStatuses}. */
export type ComponentStatus = (typeof componentStatuses)[number];

/** A group's state as it is stored in `files.state`: the chart's name in snake case. */
export function storedState(state: GroupState): string {
  return storedStates[state];
}

const statusByState: Readonly<Record<GroupState, ComponentStatus>> = {
  assessing: 'detected',
  waiting: 'waiting',
  timedOut: 'timed_out',
  integrityFailed: 'integrity_failed',
  extracting: 'detected',
  deciding: 'detected',
  notSelected: 'not_selected',
  transferring: 'detected',
  removingSources: 'archived',
  adopting: 'archived',
  retryPending: 'retry_pending',
  archived: 'archived',
  missing: 'archived',
  writtenOff: 'archived',
  failed: 'failed',
  cleared: 'cleared',
};

const storedStates = Object.fromEntries(
  Object.keys(statusByState).map((state) => [
    state,
    state.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
) as Readonly<Record<GroupState, string>>;

/** What is to happen next is up to somebody: a deliverer, an operator, or whoever writes the rules. */
const settledStates: ReadonlySet<GroupState> = new Set<GroupState>([
  'archived',
  'missing',
  'writtenOff',
  'cleared',
  'notSelected',
  'failed',
  'timedOut',
  'integrityFailed',
]);

/** States in which something is still expected to happen by itself, as they are stored. */
export const openStates: ReadonlySet<string> = new Set(
  groupStates.filter((state) => !settledStates.has(state)).map(storedState),
);

/** The status of one component of a group in this state. */
export function componentStatus(state: GroupState, component: Component): ComponentStatus {
  const { archived, isCurrent, inArchive, inDelivery, verdict } = component;
  if (verdict === 'failed' && inDelivery) return 'integrity_failed';
  if (archived !== null && (isCurrent || !inDelivery)) return inArchive ? 'archived' : 'missing';
  if (state === 'failed') return 'failed';
  if (!inDelivery) return 'cleared';
  if (verdict === 'waiting') return 'waiting';
  // The group has done its work, and this file came after it.
  return statusByState[state] === 'archived' ? 'detected' : statusByState[state];
}
