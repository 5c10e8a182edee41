import { readSnapshot, type GroupContext, type GroupEvent } from '../../machines/file-group/index.ts';
import type { StoredGroup } from '../store/index.ts';

/** Deadlines in the rows of groups: a group's own, and those that somebody has set to have it looked at again. */

/** Whether a deadline of a group is over. */
function isDue({ dueAt }: StoredGroup, now: number): boolean {
  return dueAt !== null && dueAt <= now;
}

/**
 * What a deadline that is over means to its group; null: none is over.
 *
 * @param context - of the group's snapshot; null: it cannot be read
 */
export function dueEvent(group: StoredGroup, context: GroupContext | null, now: number): GroupEvent | null {
  if (!isDue(group, now)) return null;
  const isOwn = context?.dueAt !== null && context?.dueAt !== undefined && context.dueAt <= now;
  switch (group.state) {
    case 'waiting':
      return { type: isOwn ? 'timeout.due' : 'assessment.requested', at: now };
    case 'retry_pending':
      return { type: isOwn ? 'retry.due' : 'retry.requested', at: now };
    default:
      return { type: 'retry.requested', at: now };
  }
}

/** Whether somebody has asked something of a group that it has not been told yet. */
export function isAskedFor(group: StoredGroup, now: number): boolean {
  const read = readSnapshot(group.envelope);
  return read.ok && requestOf(group, read.snapshot.context, now) !== null;
}

/** What somebody asks of a group that is woken for something else; null: nothing. Its next record would forget it. */
export function requestOf(group: StoredGroup, context: GroupContext, now: number): GroupEvent | null {
  const event = dueEvent(group, context, now);
  return event?.type === 'retry.requested' || event?.type === 'assessment.requested' ? event : null;
}
