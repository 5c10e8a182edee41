import { listByPath } from '../../machines/by-path.ts';
import { isOrphan, type GroupContext, type GroupEvent } from '../../machines/file-group/index.ts';
import type { WatchConfig } from '../config/types.ts';
import type { Clock, Timer } from '../core/index.ts';
import type { Log } from '../logging/index.ts';
import { liveKey } from './origins.ts';

/** A group of which more has been seen than is recorded, and that nobody has in hand any more. */
export interface Stray {
  readonly watch: WatchConfig;
  readonly groupKey: string;
  /** Files of it whose news may be lost. */
  readonly paths: readonly string[];
}

/** The pause before a stray is taken up, in ms: doubled each time it strays again within the longest one. */
const firstMs = 60_000;
const longestMs = 3_600_000;
/** Strays that are kept in mind, about 5 MB; others wait for the next reconciliation. */
const most = 10_000;

interface Kept {
  readonly watch: WatchConfig;
  readonly groupKey: string;
  readonly paths: Set<string>;
  delayMs: number;
  /** Until it is taken up; after that, until it is forgotten. */
  timer: Timer;
  isWaiting: boolean;
}

/**
 * Groups that could not be recorded, or that an event did not reach: the reason may pass by itself, and a reconciliation may be a
 * day away. Each is taken up after a pause.
 */
export class Strays {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #takeUp: (stray: Stray) => void;
  readonly #kept = new Map<string, Kept>();
  #isClosed = false;
  #isOverfull = false;

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Log }, takeUp: (stray: Stray) => void) {
    this.#clock = clock;
    this.#log = log;
    this.#takeUp = takeUp;
  }

  /** Keeps a stray in mind. */
  note({ watch, groupKey, paths }: Stray): void {
    const key = liveKey(watch.name, groupKey);
    const kept = this.#kept.get(key);
    if (this.#isClosed) return;
    if (kept === undefined && this.#kept.size >= most) {
      if (!this.#isOverfull)
        this.#log.warning('too many groups are to be taken up later; the next reconciliation finds the others', {
          most,
        });
      this.#isOverfull = true;
      return;
    }
    if (kept !== undefined) for (const path of paths) kept.paths.add(path);
    if (kept?.isWaiting === true) return;
    kept?.timer.cancel();
    const delayMs = kept === undefined ? firstMs : Math.min(kept.delayMs * 2, longestMs);
    const next = {
      watch,
      groupKey,
      paths: kept?.paths ?? new Set(paths),
      delayMs,
      isWaiting: true,
      timer: this.#clock.after(delayMs, () => this.#end(key, next)),
    };
    this.#kept.set(key, next);
  }

  /** Takes up none any more; the next start does. */
  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#kept.values()) timer.cancel();
    this.#kept.clear();
  }

  #end(key: string, kept: Kept): void {
    const { watch, groupKey } = kept;
    const paths = [...kept.paths];
    kept.paths.clear();
    kept.isWaiting = false;
    kept.timer = this.#clock.after(longestMs, () => this.#kept.delete(key));
    this.#takeUp({ watch, groupKey, paths });
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
