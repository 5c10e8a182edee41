import type { GroupContext, GroupEvent, SeenFile } from '../../../machines/file-group/index.ts';
import { isSameIdentity } from '../../core/index.ts';

/**
 * What of an event a group in memory does not know yet; null: nothing. A file that settled is found once more by a scan
 * that comes before it is on record, as after a burst of events.
 */
export function newsIn(event: GroupEvent, context: GroupContext): GroupEvent | null {
  if (event.type !== 'files.settled') return event;
  const files = event.files.filter((file) => !isKnown(context, file));
  if (files.length === event.files.length) return event;
  return files.length === 0 ? null : { ...event, files };
}

function isKnown({ components, deferred }: GroupContext, { path, identity }: SeenFile): boolean {
  const waiting = deferred[path];
  if (waiting !== undefined) return waiting !== null && isSameIdentity(waiting.identity, identity);
  const component = components[path];
  return component !== undefined && component.inDelivery && isSameIdentity(component.identity, identity);
}
