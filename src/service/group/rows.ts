import {
  componentStatus,
  fileGroupVersion,
  storedState,
  type Component,
  type ComponentStatus,
  type GroupContext,
  type GroupState,
} from '../../../machines/file-group/index.ts';
import { listByPath } from '../../../machines/by-path.ts';
import { shortened, stableKey } from '../../core/index.ts';
import { fileNameOf, primaryOf, type RuleSet } from '../../rules/index.ts';
import type { ComponentWrite, FormerCopyWrite, GroupWrite, TransitionWrite } from '../../store/index.ts';

/** A group's snapshot as rows; pure. */

/** The most that `retry_count` holds; the group's own `attempt` counts on. */
const mostRetries = 32_767;

/** What a component was when it was last written. */
export interface WrittenComponent {
  readonly component: Component;
  readonly status: ComponentStatus;
}

/** What the rows are made from besides the snapshot. */
export interface RowSource {
  readonly id: number | null;
  readonly lockVersion: number;
  readonly fileType: string | null;
  readonly keyHash: string;
  readonly createdAt: number;
  readonly stateSince: number;
  readonly state: GroupState;
  readonly context: GroupContext;
  readonly persisted: unknown;
  readonly transitions: readonly TransitionWrite[];
  readonly formerCopies: readonly FormerCopyWrite[];
  /** By source path. */
  readonly written: ReadonlyMap<string, WrittenComponent>;
  /** As last written; null: never. */
  readonly writtenContext: Pick<GroupContext, 'completedAt' | 'metadata'> | null;
  /** The component whose archive path is the group's. */
  readonly primaryPath: string | null;
  readonly now: number;
}

/** Everything of a group that must be written. */
export function groupWrite(source: RowSource): GroupWrite {
  const { context, state, writtenContext } = source;
  const primary = source.primaryPath === null ? undefined : context.components[source.primaryPath];
  return {
    id: source.id,
    lockVersion: source.lockVersion,
    watchName: context.watchName,
    fileType: source.fileType,
    groupKey: context.groupKey,
    keyHash: source.keyHash,
    state: storedState(state),
    stateSince: source.stateSince,
    reason: recordedReason(context.reason),
    revision: context.revision,
    attempt: context.attempt,
    rulesVersion: context.rulesVersion,
    dueAt: context.dueAt,
    complete: context.completedAt !== null,
    completedAt: context.completedAt,
    completes: context.completedAt !== null && context.completedAt !== writtenContext?.completedAt,
    archivePath: primary?.archived?.path ?? null,
    metadata: context.metadata === writtenContext?.metadata ? null : context.metadata,
    createdAt: source.createdAt,
    modifiedAt: source.now,
    components: changedComponents(source),
    removedComponents: [...source.written.keys()]
      .filter((path) => !(path in context.components))
      .map((path) => stableKey(path)),
    formerCopies: source.formerCopies,
    transitions: source.transitions,
    envelope: { machine: 'file-group', version: fileGroupVersion, snapshot: source.persisted, savedAt: source.now },
  };
}

/** A reason as rows have it, also one that is made of several, or that an earlier version has left in a snapshot. */
export function recordedReason(reason: string | null): string | null {
  return reason === null ? null : shortened(reason);
}

/** Copies that have another beside them after a step. */
export function replacedCopies(before: GroupContext, after: GroupContext): readonly FormerCopyWrite[] {
  if (before.components === after.components) return [];
  return listByPath(after.components).flatMap(({ path, archived }) => {
    const former = before.components[path]?.archived ?? null;
    if (former === null || archived === null || former.path === archived.path) return [];
    const { path: archivePath, sha256, sizeBytes, at } = former;
    return [{ archivePath, sha256, sizeBytes, archivedAt: at }];
  });
}

function changedComponents(source: RowSource): readonly ComponentWrite[] {
  return listByPath(source.context.components).flatMap((component) => {
    const before = source.written.get(component.path);
    const status = statusOf(source.state, component, before);
    const isWritten = before?.component === component && before.status === status;
    return isWritten ? [] : [componentWrite(source, component, status)];
  });
}

/** What left before it was archived is cleared, unless it had failed by then: whatever becomes of its group, that is its last word. */
function statusOf(state: GroupState, component: Component, before: WrittenComponent | undefined): ComponentStatus {
  if (component.inDelivery || component.archived !== null) return componentStatus(state, component);
  return before?.status === 'failed' ? 'failed' : 'cleared';
}

function componentWrite(source: RowSource, component: Component, status: ComponentStatus): ComponentWrite {
  const { context, now } = source;
  const hasReason =
    status === 'failed' || status === 'retry_pending' || status === 'not_selected' || status === 'timed_out';
  return {
    sourcePath: component.path,
    pathHash: stableKey(component.path),
    watchName: context.watchName,
    filename: fileNameOf(component.name),
    archivePath: component.archived?.path ?? null,
    ...component.identity,
    // What has left delivery is its copy, also when other content had come meanwhile.
    ...(!component.inDelivery && component.archived !== null && { sizeBytes: component.archived.sizeBytes }),
    sha256: component.archived?.sha256 ?? null,
    status,
    inDelivery: component.inDelivery,
    inArchive: component.inArchive,
    errorMessage: recordedReason(component.reason ?? (hasReason ? context.reason : null)),
    retryCount: Math.min(context.attempt, mostRetries),
    lastRetryAt: context.attempt > 0 ? source.stateSince : null,
    detectedAt: component.detectedAt,
    archivedAt: component.archived?.at ?? null,
    clearedAt: status === 'cleared' ? now : null,
  };
}

/** What the components are once the snapshot is written. */
export function writtenComponents(state: GroupState, context: GroupContext): ReadonlyMap<string, WrittenComponent> {
  return new Map(
    listByPath(context.components).map((component) => [
      component.path,
      { component, status: componentStatus(state, component) },
    ]),
  );
}

/** The path of the component whose archive path is the group's; null: it has none. */
export function primaryPathOf(context: GroupContext, { completeness }: RuleSet): string | null {
  const archived = listByPath(context.components)
    .filter((component) => component.archived !== null)
    .map(({ path, name }) => ({ path, fileName: fileNameOf(name) }));
  return primaryOf(archived, completeness)?.path ?? null;
}
