import { groupStates, type GroupContext, type GroupState } from './types.ts';

/** The version of the chart's snapshots; it changes when a state or the context does, together with an upcaster. */
export const fileGroupVersion = 3;

/** A stored snapshot with what it takes to read it later. */
export interface SnapshotEnvelope {
  readonly machine: 'file-group';
  readonly version: number;
  /** XState's persisted snapshot, as JSON. */
  readonly snapshot: unknown;
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  readonly savedAt: number;
  /** What of the group's rows is damaged, in words: nothing can go on from them. */
  readonly damage?: string;
}

/** The part of a persisted snapshot that is relied upon here. */
export interface StoredGroupSnapshot {
  readonly status: string;
  readonly value: GroupState;
  readonly context: GroupContext;
}

/** Turns the snapshot of one version into that of the next; pure. */
export type Upcaster = (snapshot: unknown) => unknown;

/** By the version they start from. */
const upcasters: Readonly<Record<number, Upcaster>> = {
  // Version 2 has the state `adopting`; nothing of what version 1 could hold is another thing in it.
  1: (snapshot) => snapshot,
  // Version 3 has the state `writtenOff`, likewise.
  2: (snapshot) => snapshot,
};

/** A snapshot of the present version, or why there is none. */
export type ReadSnapshot =
  | { readonly ok: true; readonly snapshot: StoredGroupSnapshot }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

const otherVersion = 'run the version of carbonation that wrote it, or a newer one';
const restore = 'restore the database from a backup';

/** Reads an envelope of any known version; an unknown one is a reason, never a fresh start. */
export function readSnapshot(envelope: SnapshotEnvelope): ReadSnapshot {
  const { machine, version: stored, damage } = envelope;
  if (damage !== undefined) return refused(damage, restore);
  if (machine !== 'file-group') return refused(`a snapshot of the chart ${String(machine)}`, otherVersion);
  if (!Number.isInteger(stored) || stored < 1) return refused(`snapshot version ${stored}, which never was`, restore);
  if (stored > fileGroupVersion) {
    return refused(`snapshot version ${stored}, this program knows up to ${fileGroupVersion}`, otherVersion);
  }
  let snapshot = envelope.snapshot;
  for (let version = stored; version < fileGroupVersion; version += 1) {
    const upcast = upcasters[version];
    if (upcast === undefined) return refused(`no way from snapshot version ${version} to ${version + 1}`, otherVersion);
    snapshot = upcast(snapshot);
  }
  if (isGroupSnapshot(snapshot)) return { ok: true, snapshot };
  return refused(`not a snapshot of a file group: ${faultIn(snapshot) ?? ''}`, restore);
}

/** The context in a snapshot of whatever version, unchecked: for who only looks for a field of it; null: it has none. */
export function contextIn(snapshot: unknown): Readonly<Record<string, unknown>> | null {
  const context = isObject(snapshot) ? snapshot['context'] : null;
  return isObject(context) ? context : null;
}

function refused(reason: string, remedy: string): ReadSnapshot {
  return { ok: false, reason, remedy };
}

function isGroupSnapshot(value: unknown): value is StoredGroupSnapshot {
  return faultIn(value) === null;
}

/** What a context must have of which kind, whatever else it has. */
const contextKinds: Readonly<Partial<Record<keyof GroupContext, 'string' | 'number' | 'object'>>> = {
  watchName: 'string',
  groupKey: 'string',
  policy: 'object',
  components: 'object',
  revision: 'number',
  firstSeenAt: 'number',
  missing: 'object',
  attempt: 'number',
  deferred: 'object',
  completedRevision: 'number',
};

/** Why something is no snapshot of a group, or null: the part that is relied upon is there. */
function faultIn(value: unknown): string | null {
  if (!isObject(value)) return 'nothing is stored';
  if (!groupStates.some((state) => state === value['value'])) {
    return `the chart has no state ${JSON.stringify(value['value'])}`;
  }
  if (!isObject(value['children'])) return 'its effects are missing';
  const { context } = value;
  if (!isObject(context)) return 'its context is missing';
  for (const [key, kind] of Object.entries(contextKinds)) {
    const part = context[key];
    if (kind === 'object' ? !isObject(part) : typeof part !== kind) {
      return `${key} is missing in its context`;
    }
  }
  const isWhole = Object.values(context['components'] ?? {}).every((one) => isObject(one) && isObject(one['identity']));
  return isWhole ? null : 'a component is not whole';
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
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
  'writtenOff',
  'failed',
  'cleared',
]);

/** Whether a group in this state only waits for an event. */
export function isResting(state: GroupState): boolean {
  return restingStates.has(state);
}
