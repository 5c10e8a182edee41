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
  readonly #onWait: ((watch: WatchConfig) => void) | null;
  readonly #mark: (watch: WatchConfig) => Promise<RootMark>;
  readonly #open = new Map<string, Open>();

  /**
   * @param onWait - an answer is waited for, however long it takes; called when that is longer than 10 s. Null: it is not
   * @param mark - replaced in tests
   */
  constructor(
    clock: Clock,
    onWait: ((watch: WatchConfig) => void) | null,
    mark: (watch: WatchConfig) => Promise<RootMark> = markRoot,
  ) {
    this.#clock = clock;
    this.#onWait = onWait;
    this.#mark = mark;
  }

  /**
   * The mark of a watch's directory.
   *
   * @throws CarbonationError WATCH_UNREADABLE: it cannot be read, or does not answer for 10 s
   */
  async look(watch: WatchConfig): Promise<RootMark> {
    const open = this.#open.get(watch.name) ?? this.#begin(watch);
    const mark = open.isSilent ? null : await inTime(this.#clock, silentMs, open.answer);
    if (mark !== null) return mark;
    const isKnown = open.isSilent;
    open.isSilent = true;
    if (this.#onWait === null) throw noAnswer(watch.path);
    if (!isKnown) this.#onWait(watch);
    return open.answer;
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
