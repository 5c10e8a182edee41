import { groupStates, type GroupContext, type GroupState } from './types.ts';

/** The version of the chart's snapshots; it changes when a state or the context does, together with an upcaster. */
export const fileGroupVersion = 1;

/** A stored snapshot with what it takes to read it later. */
export interface SnapshotEnvelope {
  readonly machine: 'file-group';
  readonly version: number;
  /** XState's persisted snapshot, as JSON. */
  readonly snapshot: unknown;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly savedAt: number;
}

/** The part of a persisted snapshot that is relied upon here. */
export interface StoredGroupSnapshot {
  readonly status: string;
  readonly value: GroupState;
  readonly context: GroupContext;
}

/** Turns the snapshot of one version into that of the next; pure. */
export type Upcaster = (snapshot: unknown) => unknown;

/** By the version they start from. Version 1 is the first, so there is none yet. */
const upcasters: Readonly<Record<number, Upcaster>> = {};

/** A snapshot of the present version, or why there is none. */
export type ReadSnapshot =
  | { readonly ok: true; readonly snapshot: StoredGroupSnapshot }
  | { readonly ok: false; readonly reason: string };

/** Reads an envelope of any known version; an unknown one is a reason, never a fresh start. */
export function readSnapshot(envelope: SnapshotEnvelope): ReadSnapshot {
  if (envelope.machine !== 'file-group')
    return { ok: false, reason: `a snapshot of the chart ${String(envelope.machine)}` };
  if (!Number.isInteger(envelope.version) || envelope.version < 1) {
    return { ok: false, reason: `snapshot version ${envelope.version}, which never was` };
  }
  if (envelope.version > fileGroupVersion) {
    return { ok: false, reason: `snapshot version ${envelope.version}, this program knows up to ${fileGroupVersion}` };
  }
  let snapshot = envelope.snapshot;
  for (let version = envelope.version; version < fileGroupVersion; version += 1) {
    const upcast = upcasters[version];
    if (upcast === undefined) return { ok: false, reason: `no way from snapshot version ${version} to ${version + 1}` };
    snapshot = upcast(snapshot);
  }
  if (!isGroupSnapshot(snapshot)) return { ok: false, reason: 'not a snapshot of a file group' };
  return { ok: true, snapshot };
}

function isGroupSnapshot(value: unknown): value is StoredGroupSnapshot {
  return (
    typeof value === 'object' &&
    value !== null &&
    'value' in value &&
    groupStates.some((state) => state === value.value) &&
    'context' in value &&
    typeof value.context === 'object' &&
    value.context !== null &&
    'components' in value.context
  );
}

/** States in which nothing runs: the actor may leave memory once its snapshot is durable. */
const restingStates: ReadonlySet<GroupState> = new Set<GroupState>([
  'waiting',
  'timedOut',
  'integrityFailed',
  'notSelected',
  'retryPending',
  'archived',
  'missing',
  'failed',
  'cleared',
]);

/** Whether a group in this state only waits for an event. */
export function isResting(state: GroupState): boolean {
  return restingStates.has(state);
}
