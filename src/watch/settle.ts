import type { Stats } from 'node:fs';
import { lstat, stat } from 'node:fs/promises';
import type { WatchConfig } from '../config/types.ts';
import { identityOf, isSameIdentity, Waiters, type Clock, type FileIdentity, type Timer } from '../core/index.ts';
import { systemCode } from '../errors/index.ts';

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
  /** Replaced in tests. */
  readonly stat?: (path: string, followSymlinks: boolean) => Promise<Stats>;
}

interface Observation {
  readonly watch: WatchConfig;
  readonly path: string;
  identity: FileIdentity | null;
  dueAt: number;
  /** Something happened to it after it was last looked at: while a look is under way, its answer is out of date. */
  isTouched: boolean;
}

/** No file is behind the path; ELOOP: links that lead in a circle. */
const goneCodes: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP']);

/** Files looked at together, between two turns of the event loop. */
const chunk = 256;

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
  /** Watches on local file systems: the times of their files are this machine's. */
  readonly #local = new Set<WatchConfig>();
  /** One queue a settle time: in each, the entries are in the order in which they are due. */
  readonly #queues = new Map<number, Observation[]>();
  readonly #idle = new Waiters();
  readonly #clockSkewMs: number;
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;
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

  /** Whether the times of a watch's files are this machine's, as on a local file system; unknown until it is said. */
  trustTimes(watch: WatchConfig, isLocal: boolean): void {
    if (isLocal) this.#local.add(watch);
    else this.#local.delete(watch);
  }

  /** Something may have changed at this path; what it is will be seen when it has been at rest. */
  touch(watch: WatchConfig, path: string): void {
    this.#enter(watch, path, null);
  }

  /**
   * A file as a scan has just seen it. Where the kernel's own time of change is
   * to be trusted (a local file system, a wall clock that has not jumped) and is
   * longer ago than the settle time, the file is at rest already.
   */
  observe(watch: WatchConfig, path: string, identity: FileIdentity, isLocal: boolean): void {
    if (this.#isClosed) return;
    if (isLocal && !this.#observations.has(path) && this.#restMs(watch, identity) === 0) {
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
    this.#timer?.cancel();
    this.#observations.clear();
    this.#queues.clear();
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
    const observation: Observation = { watch, path, identity, dueAt: 0, isTouched: false };
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
    const rest = this.#local.has(watch) ? this.#restMs(watch, identity) : 0;
    this.#queue(observation, watch.settleMs, rest === 0 ? watch.settleMs : rest);
  }

  /** @param usualMs - what most of those wait that it is queued with */
  #queue(observation: Observation, usualMs: number, delayMs: number): void {
    observation.dueAt = this.#options.clock.monotonic() + delayMs;
    const queue = this.#queues.get(usualMs) ?? [];
    this.#queues.set(usualMs, queue);
    let place = queue.length;
    while (place > 0 && (queue[place - 1]?.dueAt ?? 0) > observation.dueAt) place -= 1;
    queue.splice(place, 0, observation);
    this.#arm();
  }

  #arm(): void {
    if (this.#isClosed || this.#looking !== null) return;
    let next = Infinity;
    for (const queue of this.#queues.values()) next = Math.min(next, queue[0]?.dueAt ?? Infinity);
    this.#timer?.cancel();
    this.#timer = null;
    if (next === Infinity) return;
    this.#timer = this.#options.clock.after(Math.max(0, next - this.#options.clock.monotonic()), () => {
      this.#looking = this.#look().finally(() => {
        this.#looking = null;
        this.#arm();
      });
    });
  }

  /** Looks at everything that is due. */
  async #look(): Promise<void> {
    for (;;) {
      const due = this.#takeDue();
      if (due.length === 0) return;
      const settled: SettledFile[] = [];
      const gone: GoneFile[] = [];
      await Promise.all(due.map((observation) => this.#lookAt(observation, settled, gone)));
      if (this.#isClosed) return;
      // Only now, in one go with telling of them: at every moment a file is waited for here or known further on.
      for (const { path } of [...settled, ...gone]) this.#observations.delete(path);
      if (settled.length > 0) this.#options.onSettled(settled);
      if (gone.length > 0) this.#options.onGone(gone);
      if (this.#observations.size === 0) this.#idle.wake();
    }
  }

  #takeDue(): readonly Observation[] {
    const now = this.#options.clock.monotonic();
    const due: Observation[] = [];
    for (const [delay, queue] of this.#queues) {
      let count = 0;
      while (count < queue.length && due.length < chunk && (queue[count]?.dueAt ?? Infinity) <= now) {
        const observation = queue[count];
        if (observation !== undefined) due.push(observation);
        count += 1;
      }
      queue.splice(0, count);
      if (queue.length === 0) this.#queues.delete(delay);
    }
    return due;
  }

  async #lookAt(observation: Observation, settled: SettledFile[], gone: GoneFile[]): Promise<void> {
    const { watch, path, identity } = observation;
    observation.isTouched = false;
    const now = await this.#see(watch, path);
    if (this.#observations.get(path) !== observation) return;
    if (now === 'unknown' || (now === 'gone' && observation.isTouched)) {
      this.#queue(observation, watch.settleMs, watch.settleMs);
    } else if (now === 'gone') {
      this.#observations.delete(path);
      gone.push({ watch, path });
    } else if (observation.isTouched) {
      this.#await(observation, now);
    } else if (identity !== null && isSameIdentity(identity, now)) {
      this.#observations.delete(path);
      settled.push({ watch, path, identity: now });
    } else {
      this.#await(observation, now);
    }
  }

  /** The file as it is now; `unknown`: it cannot be looked at, which may pass. */
  async #see(watch: WatchConfig, path: string): Promise<FileIdentity | 'gone' | 'unknown'> {
    try {
      const found = await this.#stat(path, watch.followSymlinks);
      // A directory where a file was expected: the file is gone.
      return found.isDirectory() ? 'gone' : identityOf(found);
    } catch (error) {
      return goneCodes.has(systemCode(error)) ? 'gone' : 'unknown';
    }
  }
}
