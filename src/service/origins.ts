import {
  initialContext,
  type GroupContext,
  type GroupInput,
  type GroupPolicy,
  type GroupState,
} from '../../machines/file-group/index.ts';
import { stableKey } from '../core/index.ts';
import type { WatchConfig } from '../config/types.ts';
import type { StoredGroup } from '../store/index.ts';
import type { LiveGroupOrigin } from './live-group.ts';

/** What a group in memory can begin from. */

/** A group's key among all watches; NUL cannot occur in a name. */
export function liveKey(watchName: string, groupKey: string): string {
  return `${watchName}\0${groupKey}`;
}

/** A group of which nobody has heard. */
export function newGroup(watch: WatchConfig, input: GroupInput): LiveGroupOrigin {
  const key = liveKey(input.watchName, input.groupKey);
  return { key, keyHash: stableKey(key), fileType: watch.type, row: null, start: { kind: 'new', input } };
}

/** A group as it is on record; its policy is the configuration's of today, which may have changed since. */
export function storedGroup(
  watch: WatchConfig,
  stored: StoredGroup,
  read: { readonly value: GroupState; readonly context: GroupContext },
  policy: GroupPolicy,
): LiveGroupOrigin {
  const context = { ...read.context, policy };
  return {
    key: liveKey(stored.watchName, stored.groupKey),
    keyHash: stored.keyHash,
    fileType: watch.type,
    row: { id: stored.id, lockVersion: stored.lockVersion },
    start: { kind: 'restored', state: read.value, stateSince: stored.stateSince, context },
  };
}

/** A group that begins with nothing, to adopt what was found in an archive. */
export function emptyGroup(key: string, fileType: string | null, input: Omit<GroupInput, 'files'>): LiveGroupOrigin {
  const context = initialContext({ ...input, files: [] });
  return {
    key,
    keyHash: stableKey(key),
    fileType,
    row: null,
    start: { kind: 'restored', state: 'cleared', stateSince: input.at, context },
  };
}
