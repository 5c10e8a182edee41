import { statfs } from 'node:fs/promises';
import type { GroupSubject } from '../../machines/file-group/index.ts';
import { inTime, type Clock, type Timer } from '../core/index.ts';
import { silenceOf } from '../core/silent-places.ts';
import type { Log } from '../logging/index.ts';
import type { StuckReport } from '../store/types.ts';
import { silentMs } from '../watch/index.ts';

/** Work of a group that an archive is needed for. */
interface Visit {
  readonly group: Pick<GroupSubject, 'watchName' | 'groupKey'>;
  /** It goes on for more than 10 s. */
  isLong: boolean;
}

/** An archive that groups are at. */
interface Place {
  readonly visits: Set<Visit>;
  /** Until it is looked at next. */
  timer: Timer;
  isLookedAt: boolean;
  isSilent: boolean;
}

/**
 * Archives whose disks do not answer while groups are at them. A call to such a disk neither ends nor fails, so nothing else tells
 * that its groups stand still. Those at which work takes long are looked at, one look at a time: one that hangs keeps a thread.
 */
export class SilentArchives {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #look: (path: string) => Promise<unknown>;
  /** By base path. */
  readonly #places = new Map<string, Place>();
  /** Called when one keeps silent now, or does no more. */
  onChange = (): void => undefined;

  /** @param look - replaced in tests; as it is, the disk itself is asked: the kernel may know what `stat` asks for */
  constructor(clock: Clock, log: Log, look: (path: string) => Promise<unknown> = statfs) {
    this.#clock = clock;
    this.#log = log;
    this.#look = look;
  }

  /** As the work of a group that needs archives, by their base paths. */
  async during<Result>(
    basePaths: readonly string[],
    group: Visit['group'],
    work: () => Promise<Result>,
  ): Promise<Result> {
    if (basePaths.length === 0) return work();
    const visit: Visit = { group, isLong: false };
    for (const basePath of basePaths) this.#placeOf(basePath).visits.add(visit);
    try {
      return await work();
    } finally {
      for (const basePath of basePaths) {
        this.#places.get(basePath)?.visits.delete(visit);
        this.#leave(basePath);
      }
    }
  }

  /** How many groups of a watch wait for an archive that keeps silent, with one of them; null: none. */
  of(watchName: string): StuckReport | null {
    for (const [basePath, { visits, isSilent }] of this.#places) {
      if (!isSilent) continue;
      const keys = [...visits].filter(({ group, isLong }) => isLong && group.watchName === watchName);
      const [first] = keys;
      if (first !== undefined)
        return { groups: keys.length, groupKey: first.group.groupKey, reason: silenceOf(basePath) };
    }
    return null;
  }

  #placeOf(basePath: string): Place {
    const known = this.#places.get(basePath);
    if (known !== undefined) return known;
    const place: Place = { visits: new Set(), timer: this.#later(basePath), isLookedAt: false, isSilent: false };
    this.#places.set(basePath, place);
    return place;
  }

  /** Nobody is at it any more, and no look is under way: it is left alone. */
  #leave(basePath: string): void {
    const place = this.#places.get(basePath);
    if (place === undefined || place.visits.size > 0 || place.isLookedAt) return;
    place.timer.cancel();
    this.#places.delete(basePath);
  }

  #later(basePath: string): Timer {
    return this.#clock.after(silentMs, () => {
      const place = this.#places.get(basePath);
      if (place === undefined) return;
      if ([...place.visits].some(({ isLong }) => isLong) && !place.isLookedAt) void this.#ask(basePath, place);
      for (const visit of place.visits) visit.isLong = true;
      place.timer = this.#later(basePath);
    });
  }

  async #ask(basePath: string, place: Place): Promise<void> {
    place.isLookedAt = true;
    // An error is an answer.
    const answer = this.#look(basePath).then(
      () => true,
      () => true,
    );
    if ((await inTime(this.#clock, silentMs, answer)) === null) {
      place.isSilent = true;
      this.#log.error('an archive does not answer; groups wait for it', { reason: silenceOf(basePath) });
      this.onChange();
      await answer;
      place.isSilent = false;
      this.#log.info('an archive answers again', { directory: basePath });
      this.onChange();
    }
    place.isLookedAt = false;
    this.#leave(basePath);
  }
}
