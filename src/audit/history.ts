import { basename } from 'node:path';
import {
  componentsOf,
  formerCopiesOf,
  transitionsOf,
  type ComponentRecord,
  type FormerCopyRecord,
  type GroupRecord,
  type TransitionRecord,
} from '../store/read/history.ts';
import type { Sql } from '../store/database/sql.ts';

/** One step of a group's life, with how long the group stayed in the state that it led to. */
export interface HistoryStep extends TransitionRecord {
  /** In ms; null: it is there still, the step did not change the state, or the one by which it left is no longer on record. */
  readonly stayedMs: number | null;
  /** It is there still. */
  readonly isPresent: boolean;
  /** Steps before it are no longer on record. */
  readonly isAfterGap: boolean;
}

/** A copy of a former revision; the archive still has it unless a person has removed it. */
export interface FormerRevisionCopy extends FormerCopyRecord {
  readonly name: string;
  /** Null: the step that tells is no longer on record. */
  readonly revision: number | null;
}

/** Everything that is on record of one group. */
export interface GroupHistory {
  readonly group: GroupRecord;
  /** The first one first; older ones may have been removed by `history_retention`. */
  readonly steps: readonly HistoryStep[];
  readonly components: readonly ComponentRecord[];
  readonly formerCopies: readonly FormerRevisionCopy[];
}

/** Reads the history of a group. Only the database is asked; no service need run. */
export async function readHistory(sql: Sql, group: GroupRecord): Promise<GroupHistory> {
  const transitions = await transitionsOf(sql, group.id);
  const components = await componentsOf(sql, group.id);
  const formerCopies = await formerCopiesOf(sql, group.id);
  return { group, steps: timed(transitions), components, formerCopies: named(formerCopies, transitions, components) };
}

/**
 * What the archive has of former revisions, with the names and revisions that the history tells. That alone does not say it: a copy
 * may have been replaced under its name, or removed, and its step may be gone.
 */
function named(
  copies: readonly FormerCopyRecord[],
  transitions: readonly TransitionRecord[],
  components: readonly ComponentRecord[],
): readonly FormerRevisionCopy[] {
  const told = transitions.flatMap(({ facts, revision }) =>
    (facts?.formerCopies ?? []).map((copy) => ({ ...copy, revision: revision - 1 })),
  );
  return copies.flatMap((copy) => {
    const isSame = (path: string | null, sha256: string | null) => path === copy.path && sha256 === copy.sha256;
    // The former content has come again, and its copy is the present one.
    if (components.some(({ archivePath, sha256 }) => isSame(archivePath, sha256))) return [];
    const { name = basename(copy.path), revision = null } = told.find(({ path, sha256 }) => isSame(path, sha256)) ?? {};
    return [{ ...copy, name, revision }];
  });
}

function timed(transitions: readonly TransitionRecord[]): readonly HistoryStep[] {
  let leftAt: number | null | 'unknown' = null;
  const steps: HistoryStep[] = [];
  for (let i = transitions.length - 1; i >= 0; i -= 1) {
    const transition = transitions[i];
    if (transition === undefined) continue;
    const { at, fromState, toState } = transition;
    const next = transitions[i + 1];
    if (next !== undefined && next.fromState !== toState) leftAt = 'unknown';
    const isMove = fromState !== toState;
    steps.push({
      ...transition,
      isPresent: isMove && leftAt === null,
      stayedMs: isMove && typeof leftAt === 'number' ? Math.max(0, leftAt - at) : null,
      isAfterGap: fromState !== (transitions[i - 1]?.toState ?? null),
    });
    if (isMove) leftAt = at;
  }
  return steps.toReversed();
}
