import type { GroupContext, GroupEvent } from '../../machines/file-group/index.ts';
import type { StoredGroup } from '../store/index.ts';

/**
 * What a deadline in a group's row that is over means to it: its own, or one that somebody has set to have it looked at
 * again; null: none is over.
 *
 * @param context - of the group's snapshot; null: it cannot be read
 */
export function dueEvent(group: StoredGroup, context: GroupContext | null, now: number): GroupEvent | null {
  if ((group.dueAt ?? Infinity) > now) return null;
  const isOwn = (context?.dueAt ?? Infinity) <= now;
  switch (group.state) {
    case 'waiting':
      return { type: isOwn ? 'timeout.due' : 'assessment.requested', at: now };
    case 'retry_pending':
      return { type: isOwn ? 'retry.due' : 'retry.requested', at: now };
    default:
      return { type: 'retry.requested', at: now };
  }
}

/** What somebody asks of a group that is woken for something else; null: nothing. Its next record would forget it. */
export function requestOf(group: StoredGroup, context: GroupContext, now: number): GroupEvent | null {
  const event = dueEvent(group, context, now);
  return event?.type === 'retry.requested' || event?.type === 'assessment.requested' ? event : null;
}
