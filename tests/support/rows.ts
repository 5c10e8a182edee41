import { stableKey } from '../../src/core/index.ts';
import type { ComponentWrite, GroupWrite, TransitionWrite } from '../../src/store/index.ts';

/** 2026-01-02T03:04:05.678Z */
export const moment = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** A component as it is written when it is detected. */
export function componentRow(sourcePath: string, changes: Partial<ComponentWrite> = {}): ComponentWrite {
  return {
    sourcePath,
    pathHash: stableKey(sourcePath),
    watchName: 'w',
    filename: sourcePath.slice(sourcePath.lastIndexOf('/') + 1),
    archivePath: null,
    sizeBytes: 7,
    mtimeMs: moment,
    ctimeMs: moment,
    inode: 1,
    sha256: null,
    status: 'detected',
    inDelivery: true,
    inArchive: false,
    errorMessage: null,
    retryCount: 0,
    lastRetryAt: null,
    detectedAt: moment,
    archivedAt: null,
    clearedAt: null,
    ...changes,
  };
}

/** A new group of one file, as it is written for the first time. */
export function groupRow(groupKey: string, changes: Partial<GroupWrite> = {}): GroupWrite {
  const watchName = changes.watchName ?? 'w';
  return {
    id: null,
    lockVersion: 0,
    watchName,
    fileType: 't',
    groupKey,
    keyHash: stableKey(watchName, groupKey),
    state: 'assessing',
    stateSince: moment,
    reason: null,
    revision: 1,
    attempt: 0,
    rulesVersion: 'abc',
    dueAt: null,
    complete: false,
    completedAt: null,
    completes: false,
    archivePath: null,
    metadata: null,
    createdAt: moment,
    modifiedAt: moment,
    components: [componentRow(`/delivery/${watchName}/${groupKey}`, { watchName })],
    removedComponents: [],
    formerCopies: [],
    transitions: [],
    envelope: { machine: 'file-group', version: 1, snapshot: { value: 'assessing' }, savedAt: moment },
    ...changes,
  };
}

/** A step of a group's history; one out of `transferring` is the end of a transfer that has left nothing to do. */
export function stepRow(
  toState: string,
  fromState = 'transferring',
  changes: Partial<TransitionWrite> = {},
): TransitionWrite {
  return {
    at: moment,
    fromState,
    toState,
    event: fromState === 'transferring' ? 'transferComponents.done' : 'e',
    reason: toState === 'failed' ? 'the disk is full' : null,
    revision: 1,
    attempt: 0,
    rulesVersion: 'abc',
    node: 'n',
    facts: null,
    ...changes,
  };
}
