import { listByPath } from '../../../machines/by-path.ts';
import { isOrphan, type GroupContext, type GroupEvent } from '../../../machines/file-group/index.ts';
import type { WatchConfig } from '../../config/types.ts';
import { cut, type Clock, type Timer } from '../../core/index.ts';
import type { Log } from '../../logging/index.ts';
import type { StuckReport } from '../../store/types.ts';
import { liveKey } from './origins.ts';

/** A group of which more has been seen than is recorded, and that nobody has in hand any more. */
export interface Stray {
  readonly watch: WatchConfig;
  readonly groupKey: string;
  /** Files of it whose news may be lost. */
  readonly paths: readonly string[];
  /** Why it could not be recorded or resumed; null: it just has to be noticed anew. */
  readonly reason: string | null;
}

/** The pause before a stray is taken up, in ms: doubled each time it strays again within the longest one. */
const firstMs = 60_000;
const longestMs = 3_600_000;
/** Strays that wait, about 5 MB; others are left to the next reconciliation. As many are remembered that have been taken up. */
const most = 10_000;

/** Characters of a reason that are remembered; the log has all of it. */
const longestReason = 300;

interface Waiting {
  readonly watch: WatchConfig;
  readonly groupKey: string;
  readonly paths: Set<string>;
  reason: string | null;
  readonly timer: Timer;
}

interface TakenUp {
  /** How long it had waited. */
  readonly delayMs: number;
  /** Until that is forgotten. */
  readonly timer: Timer;
}

/**
 * Groups that could not be recorded, or that an event did not reach: the reason may pass by itself, and a reconciliation may be a
 * day away. Each is taken up after a pause.
 */
export class Strays {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #takeUp: (stray: Stray) => void;
  readonly #waiting = new Map<string, Waiting>();
  readonly #takenUp = new Map<string, TakenUp>();
  #isClosed = false;
  #isOverfull = false;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }, takeUp: (stray: Stray) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#takeUp = takeUp;
  }

  /** Has a stray taken up later. */
  note(stray: Stray): void {
    const key = liveKey(stray.watch.name, stray.groupKey);
    if (this.#isClosed) return;
    if (!this.#waiting.has(key) && this.#waiting.size >= most) return this.#tellOverfull();
    const waiting = this.#waiting.get(key) ?? this.#wait(key, stray);
    for (const path of stray.paths) waiting.paths.add(path);
    if (stray.reason !== null) waiting.reason = cut(stray.reason, longestReason);
  }

  /** How many groups of a watch could not be recorded or resumed and wait for that, with one of them; null: none. */
  of(watchName: string): StuckReport | null {
    const [first, ...others] = [...this.#waiting.values()].flatMap(({ watch, groupKey, reason }) =>
      watch.name === watchName && reason !== null ? [{ groupKey, reason }] : [],
    );
    return first === undefined ? null : { groups: 1 + others.length, ...first };
  }

  /** Takes up none any more; the next start does. Until then {@link of} tells of them: nobody else does after a `run --once`. */
  close(): void {
    this.#isClosed = true;
    for (const { timer } of [...this.#waiting.values(), ...this.#takenUp.values()]) timer.cancel();
    this.#takenUp.clear();
  }

  #tellOverfull(): void {
    if (this.#isOverfull) return;
    this.#isOverfull = true;
    this.#log.warning('too many groups are to be taken up later; the next reconciliation finds the others', { most });
  }

  #wait(key: string, { watch, groupKey }: Stray): Waiting {
    const former = this.#takenUp.get(key);
    this.#forget(key);
    const delayMs = former === undefined ? firstMs : Math.min(former.delayMs * 2, longestMs);
    const timer = this.#clock.after(delayMs, () => {
      this.#waiting.delete(key);
      this.#isOverfull = false;
      const [oldest] = this.#takenUp.keys();
      if (this.#takenUp.size >= most && oldest !== undefined) this.#forget(oldest);
      this.#takenUp.set(key, { delayMs, timer: this.#clock.after(longestMs, () => this.#forget(key)) });
      this.#takeUp({ watch, groupKey, paths: [...waiting.paths], reason: waiting.reason });
    });
    const waiting: Waiting = { watch, groupKey, paths: new Set(), reason: null, timer };
    this.#waiting.set(key, waiting);
    return waiting;
  }

  #forget(key: string): void {
    this.#takenUp.get(key)?.timer.cancel();
    this.#takenUp.delete(key);
  }
}

/** The files of a group whose news are lost with its actor. */
export function filesIn(context: GroupContext): readonly string[] {
  const inHand = listByPath(context.components).filter((component) => !isOrphan(component));
  return [...new Set([...inHand.map(({ path }) => path), ...Object.keys(context.deferred)])];
}

/** The files of delivery that an event tells of. */
export function filesOf(event: GroupEvent): readonly string[] {
  if (event.type === 'files.settled') return event.files.map(({ path }) => path);
  return event.type === 'files.removed' ? event.paths : [];
}
