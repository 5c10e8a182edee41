import { storedState, type GroupContext, type GroupState } from '../../machines/file-group/index.ts';
import type { Step } from '../service/serve.ts';

/** What one watch's groups have been through. */
export interface WatchCounts {
  /** Files and bytes that were copied, moved or linked into an archive. */
  readonly files: number;
  readonly bytes: number;
  /** Steps into `retry_pending`. */
  readonly retries: number;
  /** Steps into a state that a person should look at, by state. */
  readonly failures: Readonly<Record<string, number>>;
  /** From the last byte of a group to its last archived file, in seconds. */
  readonly lags: readonly number[];
}

/** Steps as they are counted; states in snake case. */
export interface StepCounts {
  readonly transitions: readonly { readonly from: string; readonly to: string; readonly count: number }[];
  /** How long groups were in a state that they have left, in seconds. */
  readonly held: Readonly<Record<string, readonly number[]>>;
  readonly watches: Readonly<Record<string, WatchCounts>>;
}

/** States that end a group's way without an archived copy. */
const failureStates: ReadonlySet<GroupState> = new Set(['failed', 'integrityFailed', 'timedOut', 'missing']);
/** Their names where they are counted. */
export const countedFailures: readonly string[] = [...failureStates].map((state) => storedState(state));

/** Durations that are kept of one second; what is beyond would cost the service more than it tells. */
const mostDurations = 20_000;

/** A watch's counts while they grow. */
class WatchTally {
  files = 0;
  bytes = 0;
  retries = 0;
  readonly failures: Record<string, number> = {};
  readonly lags: number[] = [];
}

/** Counts the steps of groups until they are taken. On the service's own thread: a few additions a step. */
export class StepTally {
  #transitions = new Map<string, { from: string; to: string; count: number }>();
  #held: Record<string, number[]> = {};
  #watches: Record<string, WatchTally> = {};
  #durations = 0;

  note(step: Step): void {
    const key = `${step.from ?? ''} ${step.to}`;
    const counted = this.#transitions.get(key);
    if (counted !== undefined) counted.count += 1;
    else {
      const from = step.from === null ? 'none' : storedState(step.from);
      this.#transitions.set(key, { from, to: storedState(step.to), count: 1 });
    }
    if (step.from === step.to) return;
    if (step.from !== null && step.heldMs !== null && this.#durations < mostDurations) {
      this.#durations += 1;
      (this.#held[storedState(step.from)] ??= []).push(step.heldMs / 1000);
    }
    const watch = (this.#watches[step.after.watchName] ??= new WatchTally());
    if (step.from === 'transferring') this.#noteTransfer(step, watch);
    if (step.to === 'retryPending') watch.retries += 1;
    const failure = failureOf(step);
    if (failure !== null) {
      const state = storedState(failure);
      watch.failures[state] = (watch.failures[state] ?? 0) + 1;
    }
  }

  /** What has been counted since the last time; null: nothing. */
  take(): StepCounts | null {
    if (this.#transitions.size === 0) return null;
    const counts = { transitions: [...this.#transitions.values()], held: this.#held, watches: plain(this.#watches) };
    this.#transitions = new Map();
    this.#held = {};
    this.#watches = {};
    this.#durations = 0;
    return counts;
  }

  #noteTransfer({ at, before, after }: Step, watch: WatchTally): void {
    const last = newlyArchived(before, after, (sizeBytes) => {
      watch.files += 1;
      watch.bytes += sizeBytes;
    });
    if (last !== null && watch.lags.length < mostDurations) watch.lags.push(Math.max(0, at - last) / 1000);
  }
}

/** What a person should look at since this step: its state, or a file that has failed its checks while the group waits on. */
function failureOf({ from, to, before, after }: Step): GroupState | null {
  if (failureStates.has(to)) return to;
  if (from !== 'assessing' || to !== 'waiting') return null;
  const isRefused = Object.values(after.components).some(
    ({ path, verdict }) => verdict === 'failed' && before?.components[path]?.verdict !== 'failed',
  );
  return isRefused ? 'integrityFailed' : null;
}

/** Tells of each copy that the step has made; when the last byte of their sources came, ms since 1970. */
function newlyArchived(
  before: GroupContext | null,
  after: GroupContext,
  tell: (sizeBytes: number) => void,
): number | null {
  let last: number | null = null;
  for (const component of Object.values(after.components)) {
    const former = before?.components[component.path];
    if (component.archived === null || component.archived === former?.archived) continue;
    tell(component.archived.sizeBytes);
    // The time of change of the inode: dates of a file's content are often kept from elsewhere.
    last = Math.max(last ?? 0, former?.identity.ctimeMs ?? component.identity.ctimeMs);
  }
  return last;
}

function plain(watches: Readonly<Record<string, WatchTally>>): StepCounts['watches'] {
  return Object.fromEntries(Object.entries(watches).map(([name, tally]) => [name, { ...tally }]));
}
