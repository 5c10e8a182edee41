import type { GroupContext, GroupEvent } from '../../../machines/file-group/index.ts';
import type { StoredGroup } from '../../store/index.ts';

/**
 * What a deadline in a group's row that is over means to it: its own, or one that somebody has set to have it looked at
 * again; null: none is over.
 *
 * @param context - of the group's snapshot; null: it cannot be read
 * @param latest - one behind it was set by a clock that was ahead, and is over
 */
export function dueEvent(
  { state, dueAt }: StoredGroup,
  context: GroupContext | null,
  now: number,
  latest = Infinity,
): GroupEvent | null {
  if (dueAt === null || (dueAt > now && dueAt <= latest)) return null;
  const isOwn = (context?.dueAt ?? Infinity) <= now;
  switch (state) {
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
