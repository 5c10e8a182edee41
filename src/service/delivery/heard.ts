import type { WatchConfig } from '../../config/types.ts';
import type { Log } from '../../logging/index.ts';
import type { Settler } from '../../watch/index.ts';
import type { Intake } from './intake.ts';

/**
 * Files that may wait for their groups, about 100 MB; as many arrive at once only while the database is away, or where they are much
 * faster than their groups.
 */
const mostArriving = 100_000;

/** …and as many of each watch in any case: those of one whose groups take for ever leave room for the others. */
const mostOfEach = 1000;

/** What is heard of files, and who is told of it. */
export interface HeardOptions {
  readonly intake: Pick<Intake, 'concerns' | 'depth' | 'depthOf' | 'whenRoom'>;
  readonly settler: Pick<Settler, 'touch'>;
  readonly log: Log;
  /** More of a watch is heard than can wait: it must be read. */
  readonly onMissed: (watchName: string, reason: string) => void;
  /** …and can be. */
  readonly onRoom: (watchName: string) => void;
  /** Replaced in tests. */
  readonly mostArriving?: number;
  readonly mostOfEach?: number;
}

/**
 * Has what is heard of settle, unless too many files wait already: the directory keeps what memory must not, and is read
 * when there is room.
 */
export class Heard {
  readonly #options: HeardOptions;
  /** Names of watches that are to be read. */
  readonly #missed = new Set<string>();

  constructor(options: HeardOptions) {
    this.#options = options;
  }

  /** Something may have changed at these paths. */
  note(watch: WatchConfig, paths: readonly string[]): void {
    const { intake, settler, mostArriving: most = mostArriving, mostOfEach: ofEach = mostOfEach } = this.#options;
    for (const path of paths) {
      if (!intake.concerns(watch, path)) continue;
      if (intake.depth < most || intake.depthOf(watch.name) < ofEach) settler.touch(watch, path);
      else this.#miss(watch);
    }
  }

  #miss(watch: WatchConfig): void {
    const { name } = watch;
    if (this.#missed.has(name)) return;
    const { intake, log, onMissed, onRoom } = this.#options;
    const reason = 'more files arrive than are taken in';
    this.#missed.add(name);
    log.warning('too many files wait in memory; the directory is read when there is room', { watch: name, reason });
    onMissed(name, reason);
    void intake.whenRoom(watch).then(() => {
      this.#missed.delete(name);
      onRoom(name);
    });
  }
}
