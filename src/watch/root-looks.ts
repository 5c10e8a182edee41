import type { WatchConfig } from '../config/types.ts';
import { inTime, type Clock } from '../core/index.ts';
import { noAnswer, silentMs } from './answers.ts';
import { markRoot, type RootMark } from './scan.ts';

/** A look that is under way. */
interface Open {
  readonly answer: Promise<RootMark>;
  isSilent: boolean;
}

/** Looks at the directories of watches: one look a watch, whoever asks, because one that hangs keeps a thread that all need. */
export class RootLooks {
  readonly #clock: Clock;
  readonly #isPatient: boolean;
  readonly #mark: (watch: WatchConfig) => Promise<RootMark>;
  readonly #open = new Map<string, Open>();

  /**
   * @param isPatient - an answer is waited for, however long it takes
   * @param mark - replaced in tests
   */
  constructor(clock: Clock, isPatient: boolean, mark: (watch: WatchConfig) => Promise<RootMark> = markRoot) {
    this.#clock = clock;
    this.#isPatient = isPatient;
    this.#mark = mark;
  }

  /**
   * The mark of a watch's directory.
   *
   * @throws CarbonationError WATCH_UNREADABLE: it cannot be read, or does not answer for 10 s
   */
  async look(watch: WatchConfig): Promise<RootMark> {
    const open = this.#open.get(watch.name) ?? this.#begin(watch);
    if (this.#isPatient) return open.answer;
    const mark = open.isSilent ? null : await inTime(this.#clock, silentMs, open.answer);
    if (mark !== null) return mark;
    open.isSilent = true;
    throw noAnswer(watch.path);
  }

  /**
   * The same by a look that is begun now: what was gone before must not be told from a directory that was there still earlier.
   *
   * @throws CarbonationError WATCH_UNREADABLE: as {@link look}
   */
  async lookAnew(watch: WatchConfig): Promise<RootMark> {
    if (this.#open.has(watch.name)) await this.look(watch);
    return this.look(watch);
  }

  #begin(watch: WatchConfig): Open {
    const answer = this.#mark(watch).finally(() => this.#open.delete(watch.name));
    const open = { answer, isSilent: false };
    this.#open.set(watch.name, open);
    return open;
  }
}
