import { storedState, type GroupState } from '../../machines/file-group/index.ts';
import type { Log } from '../logging/index.ts';
import type { LiveGroup } from './live-group.ts';

/** Logs that a group has entered a state: loud where a person may have to do something. */
export function logState(log: Log, { state, context }: LiveGroup, from: GroupState | null): void {
  const fields = {
    watch: context.watchName,
    group: context.groupKey,
    ...(context.reason !== null && { reason: context.reason }),
  };
  if (state === 'archived' && from !== 'assessing') {
    log.success('archived', { ...fields, directory: context.destination?.directory ?? '' });
  } else if (state === 'failed') log.error('failed', fields);
  else if (state === 'retryPending') log.warning('will be tried again', { ...fields, attempt: context.attempt });
  else if (state === 'timedOut' || state === 'integrityFailed') log.warning(storedState(state), fields);
  else if (state === 'waiting' && context.timedOut) log.warning('still incomplete', fields);
  else if (state === 'notSelected' || state === 'cleared' || state === 'missing') log.info(storedState(state), fields);
  else log.debug(storedState(state), fields);
}
