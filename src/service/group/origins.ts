import {
  initialContext,
  type GroupContext,
  type GroupEvent,
  type GroupPolicy,
  type GroupState,
} from '../../../machines/file-group/index.ts';
import { stableKey } from '../../core/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import type { StoredGroup } from '../../store/index.ts';
import type { LiveGroupOrigin } from './live-group.ts';
import type { Surroundings } from '../types.ts';

/** What a group in memory can begin from. */

/** A group's key among all watches; NUL cannot occur in a name. */
export function liveKey(watchName: string, groupKey: string): string {
  return `${watchName}\0${groupKey}`;
}

/** The retry and re-delivery policy of a watch's groups. */
export function policyOf({ project }: Pick<Surroundings, 'project'>, watch: WatchConfig): GroupPolicy {
  const { maxRetries, retryDelayMs, retryBackoff, retryMaxDelayMs } = project.config.service;
  return { maxRetries, retryDelayMs, retryBackoff, retryMaxDelayMs, onRedelivery: watch.onRedelivery };
}

/**
 * A group of which nobody has heard: it begins with the files that an event tells of, or with nothing, to adopt what was
 * found in an archive. Null: the event tells of no group.
 */
export function firstOrigin(
  watch: WatchConfig,
  groupKey: string,
  event: GroupEvent,
  policy: GroupPolicy,
): LiveGroupOrigin | null {
  const key = liveKey(watch.name, groupKey);
  const nobody = { key, keyHash: stableKey(key), fileType: watch.type, row: null };
  const input = { watchName: watch.name, groupKey, policy, files: [], rulesVersion: null, at: event.at };
  if (event.type === 'files.settled')
    return {
      ...nobody,
      start: { kind: 'new', input: { ...input, files: event.files, rulesVersion: event.rulesVersion } },
    };
  if (event.type !== 'archive.adopted') return null;
  const context = initialContext(input);
  return { ...nobody, start: { kind: 'restored', state: 'cleared', stateSince: event.at, context } };
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
