import type { FormerCopy } from '../../machines/file-group/index.ts';
import {
  componentsOf,
  transitionsOf,
  type ComponentRecord,
  type GroupRecord,
  type TransitionRecord,
} from '../store/history.ts';
import type { Sql } from '../store/sql.ts';

/** One step of a group's life, with how long the group stayed in the state that it led to. */
export interface HistoryStep extends TransitionRecord {
  /** In ms; null: it is there still, or the step did not change the state. */
  readonly stayedMs: number | null;
  /** It is there still. */
  readonly isPresent: boolean;
}

/** A copy of a former revision; the archive still has it unless a person has removed it. */
export interface FormerRevisionCopy extends FormerCopy {
  readonly revision: number;
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
  return {
    group,
    steps: timed(transitions),
    components: await componentsOf(sql, group.id),
    formerCopies: transitions.flatMap(({ facts, revision }) =>
      (facts?.formerCopies ?? []).map((copy) => ({ ...copy, revision: revision - 1 })),
    ),
  };
}

function timed(transitions: readonly TransitionRecord[]): readonly HistoryStep[] {
  let leftAt: number | null = null;
  const steps: HistoryStep[] = [];
  for (const transition of transitions.toReversed()) {
    const isMove = transition.fromState !== transition.toState;
    const isPresent = isMove && leftAt === null;
    steps.push({
      ...transition,
      isPresent,
      stayedMs: isMove && leftAt !== null ? Math.max(0, leftAt - transition.at) : null,
    });
    if (isMove) leftAt = transition.at;
  }
  return steps.toReversed();
}
