import { listByPath } from '../../machines/by-path.ts';
import { isResting, storedState, type GroupState } from '../../machines/file-group/index.ts';
import type { GroupTotal } from '../store/commit/totals.ts';
import { isArchivedAnew } from './group/log.ts';
import type { Entered } from './group/live-group.ts';
import type { ReconcileReport } from './delivery/reconcile.ts';
import { unknownText } from './delivery/order.ts';

/** What a run has done with one group. */
export interface GroupReport {
  readonly watchName: string;
  readonly groupKey: string;
  /** The chart's state in snake case. */
  readonly state: string;
  readonly reason: string | null;
  /** Where the group was (or would be) archived. */
  readonly archivePath: string | null;
  readonly files: number;
}

/** Groups that are not done, as many as there are in the database. */
export interface OpenGroups {
  /** For more files, or for another try. */
  readonly waiting: number;
  readonly timedOut: number;
  readonly failed: number;
}

/** What a run came to. */
export interface RunReport {
  readonly outcome: 'stopped' | 'failed';
  readonly failure: string | null;
  /** Beside a live service: who did the work instead. */
  readonly handedOverTo: string | null;
  /** What reconciling each watch came to, when that was asked for (`once` or `dryRun`). */
  readonly watches: readonly ReconcileReport[];
  /** The groups that the run touched, when it was asked for (`once` or `dryRun`); not those that are as archived as before. */
  readonly groups: readonly GroupReport[];
  /** How many of the groups that the run touched. */
  readonly archived: number;
  readonly waiting: number;
  readonly failed: number;
  /** At the end, whether the run touched them or not; null: that was not looked at (only `once` does). */
  readonly open: OpenGroups | null;
}

/** What counts as waiting, and as failed. */
const waitingStates: readonly GroupState[] = ['waiting', 'retryPending'];
const failedStates: readonly GroupState[] = ['failed', 'integrityFailed'];

/** What is open by the kept totals of groups. */
export function openGroups(totals: readonly Pick<GroupTotal, 'state' | 'total'>[]): OpenGroups {
  const inStates = (states: readonly GroupState[]): number => {
    const stored: ReadonlySet<string> = new Set(states.map(storedState));
    return totals.reduce((sum, { state, total }) => sum + (stored.has(state) ? total : 0), 0);
  };
  return { waiting: inStates(waitingStates), timedOut: inStates(['timedOut']), failed: inStates(failedStates) };
}

/** Groups named one by one in a report; more are only counted. */
const mostReported = 10_000;

/** Notes where each group of a run has got to. */
export class RunRecord {
  readonly #groups = new Map<string, GroupReport>();
  readonly #states = new Map<string, GroupState>();
  /** What the run has archived, whatever it has found of it since. */
  readonly #archived = new Set<string>();
  readonly #most: number;
  #defects = 0;
  #firstDefect: string | null = null;

  /** @param most - how many groups are named one by one; none: they are not counted either */
  constructor(most: number = mostReported) {
    this.#most = most;
  }

  note(entered: Entered): void {
    if (this.#most === 0) return;
    const { state, context, key } = entered;
    if (isArchivedAnew(entered)) this.#archived.add(key);
    if (state === 'archived' && !this.#archived.has(key)) {
      this.#states.delete(key);
      this.#groups.delete(key);
      return;
    }
    this.#states.set(key, state);
    // What is under way will be reported when it has come to rest.
    if (!isResting(state) && this.#groups.has(key)) return;
    if (this.#groups.size >= this.#most && !this.#groups.has(key)) return;
    const components = listByPath(context.components);
    this.#groups.set(key, {
      watchName: context.watchName,
      groupKey: context.groupKey,
      state: storedState(state),
      reason: context.reason,
      archivePath:
        context.destination?.directory ?? components.find((c) => c.archived !== null)?.archived?.path ?? null,
      files: components.length,
    });
  }

  /** A group that could not be recorded or resumed: a run with one of them has not done its work. */
  noteDefect(groupKey: string, reason: string): void {
    this.#defects += 1;
    this.#firstDefect ??= `${groupKey}: ${reason}`;
  }

  /** @param stopped - why the run failed, or null */
  report(stopped: string | null, watches: readonly ReconcileReport[]): RunReport {
    const states = [...this.#states.values()];
    const defects =
      this.#defects === 0 ? null : `${this.#defects} group(s) could not be recorded, first ${this.#firstDefect}`;
    const failure = stopped ?? (this.#most > 0 ? defects : null);
    return {
      outcome: failure === null ? 'stopped' : 'failed',
      failure,
      handedOverTo: null,
      watches,
      groups: [...this.#groups.values()],
      archived: states.filter((state) => state === 'archived').length,
      waiting: states.filter((state) => waitingStates.includes(state)).length,
      failed: states.filter((state) => failedStates.includes(state)).length,
      open: null,
    };
  }
}

/** Why reconciling has not done all it was for, or null. */
export function failureOf(reports: readonly ReconcileReport[]): string | null {
  for (const { watch, isRead, brake, unknownPaths, problems } of reports) {
    if (!isRead) return `watch ${watch} could not be read: ${problems.join('; ')}`;
    if (brake !== null) return `watch ${watch} is held back: ${brake}`;
    const [unknown] = unknownPaths;
    if (unknown !== undefined) return unknownText(unknown);
  }
  return null;
}

/** Whether what another process has written is a report that this version knows. */
export function isRunReport(value: unknown): value is RunReport {
  if (typeof value !== 'object' || value === null) return false;
  const has = 'outcome' in value && 'failure' in value && 'watches' in value && 'groups' in value;
  return has && Array.isArray(value.watches) && Array.isArray(value.groups);
}
