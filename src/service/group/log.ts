import { dirname } from 'node:path';
import { listByPath } from '../../../machines/by-path.ts';
import { isResting, storedState, type GroupContext, type GroupState } from '../../../machines/file-group/index.ts';
import type { Fields, Log } from '../../logging/index.ts';
import type { Entered } from './live-group.ts';

/** How the states of groups are logged. */
export interface StateLogOptions {
  /** Also when a group is as it was before it was looked at once more: whoever runs once reads what there is now. */
  readonly repeats: boolean;
  /** Nothing has been done: what is logged is what would be. */
  readonly dryRun: boolean;
}

/** States that are news, and need nobody at once. */
const toldStates: ReadonlySet<GroupState> = new Set<GroupState>(['notSelected', 'cleared', 'missing', 'writtenOff']);

/** Logs what keeps a single group from going on, which nobody but a person can mend. */
export function logGroup(
  log: Log,
  message: string,
  { watchName, groupKey }: { readonly watchName: string; readonly groupKey: string },
  { reason, remedy }: { readonly reason: string; readonly remedy?: string },
): void {
  log.critical(message, { watch: watchName, group: groupKey, reason, ...(remedy !== undefined && { remedy }) });
}

/** Logs that a group has entered a state: loud where a person may have to do something. */
export function logState(log: Log, entered: Entered, options: StateLogOptions): void {
  const { state, context } = entered;
  const isArchived = isArchivedAnew(entered);
  const fields = {
    watch: context.watchName,
    group: context.groupKey,
    ...(context.reason !== null && { reason: context.reason }),
    ...((state === 'archived' || isArchived) && archivedFields(context)),
  };
  if (options.dryRun) {
    const isTold = isResting(state) && (state !== 'archived' || isArchived);
    (isTold ? log.info : log.debug)(`would be ${storedState(state)}`, fields);
  } else if (isArchived && hasGivenUp(entered)) log.warning('archived, but its sources stay in delivery', fields);
  else if (isArchived) log.success('archived', fields);
  else if (state === 'failed') log.error('failed', fields);
  else if (state === 'retryPending') log.warning('will be tried again', { ...fields, attempt: context.attempt });
  else if ((state === 'timedOut' || state === 'integrityFailed') && (options.repeats || isNews(entered)))
    log.warning(storedState(state), fields);
  else if (state === 'waiting' && context.timedOut) log.warning('still incomplete', fields);
  else if (toldStates.has(state)) log.info(storedState(state), fields);
  else log.debug(storedState(state), fields);
}

/** A later revision is told as such: the archive may keep a former one beside it, half a file maybe. */
function archivedFields(context: GroupContext): Fields {
  const { completedRevision } = context;
  return { directory: directoryOf(context), ...(completedRevision > 1 && { revision: completedRevision }) };
}

/** Where a group is in its archive, also once an assessment has let go of its destination. */
function directoryOf({ destination, components }: GroupContext): string {
  if (destination !== null) return destination.directory;
  const copy = listByPath(components).find(({ isCurrent }) => isCurrent)?.archived ?? null;
  return copy === null ? '' : dirname(copy.path);
}

/** The end of a move that could not remove its sources. */
function hasGivenUp({ state, context: { removesSources, reason } }: Entered): boolean {
  return state === 'archived' && removesSources && reason !== null;
}

/** A group that is looked at again, or lets go of a file, is as archived as before. */
export function isArchivedAnew({ state, context, lastStep: { before, from } }: Entered): boolean {
  if (state === 'archived') return from !== 'assessing' && from !== 'archived';
  // What came meanwhile is looked at before it rests.
  if (state !== 'assessing') return false;
  return from === 'removingSources' || (from === 'transferring' && before?.completedAt !== context.completedAt);
}

/** Each reconciliation looks again at what is not sound: that it still is not, for the same reason and with the same files, is no news. */
function isNews({ context, lastStep: { before } }: Entered): boolean {
  if (before === null || before.reason !== context.reason) return true;
  return Object.values(before.components).some(({ verdict }) => verdict === 'pending');
}
