import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import type { WatchConfig } from '../config/types.ts';
import { identityOf, isSameIdentity, Waiters, type Clock, type FileIdentity, type Timer } from '../core/index.ts';
import { isGone } from '../errors/index.ts';
import { Looks } from './answers.ts';
import type { FoundFile } from './scan.ts';

/** A file that has not changed for its watch's settle time. */
export interface SettledFile {
  readonly watch: WatchConfig;
  readonly path: string;
  readonly identity: FileIdentity;
}

/** A path that was expected to settle and is gone. */
export interface GoneFile {
  readonly watch: WatchConfig;
  readonly path: string;
}

/** What settling needs and whom it tells. */
export interface SettlerOptions {
  readonly clock: Clock;
  readonly onSettled: (files: readonly SettledFile[]) => void;
  readonly onGone: (files: readonly GoneFile[]) => void;
  /** A file has been seen: it will settle, or has. */
  readonly onSeen?: () => void;
  /** A file of the watch keeps silent: looking at it hangs. */
  readonly onSilent?: (watch: WatchConfig, path: string) => void;
  /** All files of the watch that kept silent have answered. */
  readonly onAnswer?: (watch: WatchConfig) => void;
  /** Files of one watch that are looked at at once; absent: 4. */
  readonly atOnce?: number;
  /** Replaced in tests. */
  readonly stat?: (path: string, followSymlinks: boolean) => Promise<Stats>;
}

interface Observation {
  readonly watch: WatchConfig;
  readonly path: string;
  identity: FileIdentity | null;
  /** Where it was seen last; null: not yet. */
  device: number | null;
  dueAt: number;
  /** Something happened to it after it was last looked at: while a look is under way, its answer is out of date. */
  isTouched: boolean;
}

/** The files of one watch: what hangs on its disk does not hold up those of the others. */
interface Line {
  /** One queue a time of waiting: in each, the entries are in the order in which they are due. */
  readonly queues: Map<number, Observation[]>;
  readonly looks: Looks<Observation>;
  /** What has been looked at and not been told of. */
  readonly seen: { readonly observation: Observation; readonly now: FileIdentity | 'gone' }[];
  timer: Timer | null;
  isLooking: boolean;
}

/** Files looked at before what they have come to is told. */
const chunk = 256;

/** Files looked at at once: more are not faster. */
const usualAtOnce = 4;

/**
 * Waits for files to be at rest, by its own observations of size, times and
 * inode, on a clock that never jumps. A file that is too young, busy or not
 * readable is looked at again, never given up: it is an entry here until it has
 * settled or is gone.
 */
export class Settler {
  readonly #options: SettlerOptions;
  readonly #stat: (path: string, followSymlinks: boolean) => Promise<Stats>;
  readonly #observations = new Map<string, Observation>();
  /** Devices of watches on local file systems: the times of their files are this machine's. */
  readonly #local = new Map<WatchConfig, number>();
  readonly #lines = new Map<WatchConfig, Line>();
  readonly #idle = new Waiters();
  readonly #clockSkewMs: number;
  #isClosed = false;

  constructor(options: SettlerOptions) {
    this.#options = options;
    this.#stat = options.stat ?? ((path, follow) => (follow ? stat(path) : lstat(path)));
    this.#clockSkewMs = options.clock.now() - options.clock.monotonic();
  }

  /** Files that have not settled yet. */
  get depth(): number {
    return this.#observations.size;
  }

  /** The times of those files of a watch are this machine's that are on this device; null: of none, as until it is said. */
  trustTimes(watch: WatchConfig, device: number | null): void {
    if (device === null) this.#local.delete(watch);
    else this.#local.set(watch, device);
  }

  /** Something may have changed at this path; what it is will be seen when it has been at rest. */
  touch(watch: WatchConfig, path: string): void {
    this.#enter(watch, path, null);
  }

  /**
   * A file as a scan has just seen it. Where the kernel's own time of change is
   * to be trusted ({@link trustTimes}, a wall clock that has not jumped) and is
   * longer ago than the settle time, the file is at rest already.
   */
  observe(watch: WatchConfig, { path, identity, device }: FoundFile): void {
    if (this.#isClosed) return;
    if (this.#local.get(watch) === device && !this.#observations.has(path) && this.#restMs(watch, identity) === 0) {
      this.#options.onSeen?.();
      this.#options.onSettled([{ watch, path, identity }]);
    } else this.#enter(watch, path, identity);
  }

  /** Resolves when nothing is left that has not settled. */
  whenIdle(): Promise<void> {
    if (this.#observations.size === 0) return Promise.resolve();
    return this.#idle.wait();
  }

  close(): void {
    this.#isClosed = true;
    for (const { timer, looks } of this.#lines.values()) {
      timer?.cancel();
      looks.close();
    }
    this.#observations.clear();
    this.#lines.clear();
    this.#idle.wake();
  }

  /** How long a file has still to be at rest, in ms, if its times are to be trusted: less by what is over already. */
  #restMs(watch: WatchConfig, { ctimeMs, mtimeMs }: FileIdentity): number {
    const { clock } = this.#options;
    const hasJumped = Math.abs(clock.now() - clock.monotonic() - this.#clockSkewMs) > 1000;
    const ageMs = clock.now() - Math.max(ctimeMs, mtimeMs);
    return !hasJumped && ageMs >= 0 ? Math.max(0, watch.settleMs - ageMs) : watch.settleMs;
  }

  #enter(watch: WatchConfig, path: string, identity: FileIdentity | null): void {
    if (this.#isClosed) return;
    const known = this.#observations.get(path);
    if (known !== undefined) {
      known.isTouched = true;
      return;
    }
    this.#options.onSeen?.();
    const observation: Observation = { watch, path, identity, device: null, dueAt: 0, isTouched: false };
    this.#observations.set(path, observation);
    // Seen by an event only: look at it at once, so that its rest is measured from now.
    if (identity === null) this.#queue(observation, 0, 0);
    else this.#queue(observation, watch.settleMs, watch.settleMs);
  }

  /** Seen for the first time, or changed: the file is looked at again when it has been at rest for as long as it must. */
  #await(observation: Observation, identity: FileIdentity): void {
    const { watch } = observation;
    observation.identity = identity;
    // A change is seen some time after it happened, which the file's own time of change knows. One that says that nothing has
    // happened for long contradicts what was seen.
    const rest = this.#local.get(watch) === observation.device ? this.#restMs(watch, identity) : 0;
    this.#queue(observation, watch.settleMs, rest === 0 ? watch.settleMs : rest);
  }

  /** @param usualMs - what most of those wait that it is queued with */
  #queue(observation: Observation, usualMs: number, delayMs: number): void {
    observation.dueAt = this.#options.clock.monotonic() + delayMs;
    const line = this.#lineOf(observation.watch);
    const queue = line.queues.get(usualMs) ?? [];
    line.queues.set(usualMs, queue);
    let place = queue.length;
    while (place > 0 && (queue[place - 1]?.dueAt ?? 0) > observation.dueAt) place -= 1;
    queue.splice(place, 0, observation);
    this.#arm(line);
  }

  #lineOf(watch: WatchConfig): Line {
    const known = this.#lines.get(watch);
    if (known !== undefined) return known;
    const { clock, atOnce = usualAtOnce, onSilent, onAnswer } = this.#options;
    const looks = new Looks<Observation>({
      clock,
      atOnce,
      look: (observation) => this.#lookAt(line, observation),
      onSilent: ({ path }) => onSilent?.(watch, path),
      onAnswer: () => {
        if (this.#isClosed) return;
        this.#tell(line);
        if (!looks.isSilent) onAnswer?.(watch);
      },
    });
    const line: Line = { queues: new Map(), looks, seen: [], timer: null, isLooking: false };
    this.#lines.set(watch, line);
    return line;
  }

  #arm(line: Line): void {
    if (this.#isClosed || line.isLooking) return;
    let next = Infinity;
    for (const queue of line.queues.values()) next = Math.min(next, queue[0]?.dueAt ?? Infinity);
    line.timer?.cancel();
    line.timer = null;
    if (next === Infinity) return;
    line.timer = this.#options.clock.after(Math.max(0, next - this.#options.clock.monotonic()), () => {
      void this.#look(line);
    });
  }

  /** Looks at everything of a watch that is due. */
  async #look(line: Line): Promise<void> {
    line.isLooking = true;
    for (let due = this.#takeDue(line); due.length > 0; due = this.#takeDue(line)) {
      await line.looks.all(due);
      if (this.#isClosed) return;
      this.#tell(line);
    }
    line.isLooking = false;
    this.#arm(line);
  }

  /** Tells what has become of files: in one go with forgetting them, so that each is waited for here or known further on. */
  #tell({ seen }: Line): void {
    const settled: SettledFile[] = [];
    const gone: GoneFile[] = [];
    for (const { observation, now } of seen.splice(0)) {
      const { watch, path, isTouched } = observation;
      if (isTouched) this.#lookAgain(observation, now);
      else {
        this.#observations.delete(path);
        if (now === 'gone') gone.push({ watch, path });
        else settled.push({ watch, path, identity: now });
      }
    }
    if (settled.length > 0) this.#options.onSettled(settled);
    if (gone.length > 0) this.#options.onGone(gone);
    if (this.#observations.size === 0) this.#idle.wake();
  }

  #takeDue({ queues }: Line): readonly Observation[] {
    const now = this.#options.clock.monotonic();
    const due: Observation[] = [];
    for (const [delay, queue] of queues) {
      let count = 0;
      while (count < queue.length && due.length < chunk && (queue[count]?.dueAt ?? Infinity) <= now) {
        const observation = queue[count];
        if (observation !== undefined) due.push(observation);
        count += 1;
      }
      queue.splice(0, count);
      if (queue.length === 0) queues.delete(delay);
    }
    return due;
  }

  async #lookAt({ seen }: Line, observation: Observation): Promise<void> {
    const { identity } = observation;
    observation.isTouched = false;
    const now = await this.#see(observation);
    if (this.#isClosed) return;
    const isAtRest = now === 'gone' || (now !== 'unknown' && identity !== null && isSameIdentity(identity, now));
    if (isAtRest && !observation.isTouched) seen.push({ observation, now });
    else this.#lookAgain(observation, now);
  }

  #lookAgain(observation: Observation, now: FileIdentity | 'gone' | 'unknown'): void {
    const { settleMs } = observation.watch;
    if (now === 'unknown' || now === 'gone') this.#queue(observation, settleMs, settleMs);
    else this.#await(observation, now);
  }

  /** The file as it is now; `unknown`: it cannot be looked at, which may pass. */
  async #see(observation: Observation): Promise<FileIdentity | 'gone' | 'unknown'> {
    const { watch, path } = observation;
    try {
      const found = await this.#stat(path, watch.followSymlinks);
      observation.device = found.dev;
      // A directory where a file was expected: the file is gone.
      return found.isDirectory() ? 'gone' : identityOf(found);
    } catch (error) {
      return isGone(error) ? 'gone' : 'unknown';
    }
  }
}
