import { messageOf, systemCode } from '../errors/index.ts';
import { ForeignNames, notUtf8 } from './foreign-names.ts';
import type { ListenerCommand, ListenerMessage } from './listener-messages.ts';
import { listenedFilter, nameFilter, type NameFilter } from './names.ts';

/** Hints gathered for so long travel together, in ms; when there are many, for longer. */
const gatherMs = 2;
const crowdedGatherMs = 20;
/** More hints than this in one second are many. */
const many = 1000;
/** Where each file is followed, more than this in one second are a burst: some may have been lost. */
const burstSize = 5_000;

/** Errors that concern one place only: below the watch's own directory they are no reason to stop listening. */
const ignorable: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'ENOENT', 'ENOTDIR', 'ELOOP']);

/** What the kernel refuses file events with, by the limit that is reached (inotify(7)). */
const limits: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'fs.inotify.max_user_watches'],
  ['EMFILE', 'fs.inotify.max_user_instances'],
]);

/** What hints need besides their watch. */
export interface HintsOptions {
  readonly post: (message: ListenerMessage) => void;
  /** Told of each event of the kernel, whatever it is of. */
  readonly onEvent: () => void;
}

/** Gathers what is heard of one watch into messages. It is told only of what passes its filter. */
export class Hints {
  readonly filter: NameFilter;
  readonly #taken: NameFilter;
  readonly #name: string;
  readonly #root: string;
  readonly #followsFiles: boolean;
  readonly #options: HintsOptions;
  readonly #touched = new Set<string>();
  readonly #vanished = new Set<string>();
  readonly #suspected = new Set<string>();
  readonly #foreign = new ForeignNames();
  #timer: NodeJS.Timeout | null = null;
  #second = 0;
  #inSecond = 0;
  #isLimited = false;
  #isLost = false;
  #isClosed = false;

  constructor(command: Extract<ListenerCommand, { type: 'open' }>, options: HintsOptions) {
    this.#taken = nameFilter(command);
    this.filter = listenedFilter(this.#taken);
    this.#name = command.name;
    this.#root = command.path;
    this.#followsFiles = command.followSymlinks;
    this.#options = options;
  }

  /** The kernel has told of something. */
  heard(): void {
    this.#options.onEvent();
  }

  /** Something may have changed at a path; `isEntry`: it has come or gone there. */
  touched(file: string, isEntry: boolean): void {
    this.#touched.add(file);
    if (isEntry) this.#count();
    this.#arm(this.#inSecond < many ? gatherMs : crowdedGatherMs);
  }

  /** So much has happened that some of it may have been lost. */
  overflowed(): void {
    this.#post({ type: 'burst', name: this.#name });
  }

  /** Directories of which no event has told are known now. */
  reopened(): void {
    this.#post({ type: 'reopened', name: this.#name });
  }

  /** A directory has gone with all that was in it. */
  vanished(directory: string): void {
    this.#vanished.add(directory);
    this.#arm(crowdedGatherMs);
  }

  /** There may be names in a directory that are not UTF-8: of such no event tells. */
  suspected(directory: string): void {
    this.#suspected.add(directory);
    this.#arm(crowdedGatherMs);
  }

  /** Everything that happens is told from now on. */
  ready(): void {
    // It comes all the same when the system grants no events, or when there is nothing to listen to.
    if (!this.#isLimited && !this.#isLost) this.#post({ type: 'ready', name: this.#name });
  }

  /** The watch's own directory is away; where the system grants no events, nothing is known of that. */
  lost(reason: string): void {
    this.#isLost = true;
    if (!this.#isLimited) this.#post({ type: 'lost', name: this.#name, reason });
  }

  /** Listening to a place, or to all of them, has failed. */
  failed(error: unknown, where: string): void {
    const code = systemCode(error) ?? '';
    const reason = messageOf(error);
    if (ignorable.has(code)) {
      if (where === this.#root) this.lost(reason);
      else this.#post({ type: 'problem', name: this.#name, reason });
      return;
    }
    this.#isLimited = true;
    const limit = isOfListening(error) ? limits.get(code) : undefined;
    const remedy = limit === undefined ? '' : ` (raise ${limit}, then restart the service)`;
    this.#post({ type: 'limited', name: this.#name, reason: `${reason}${remedy}` });
  }

  /** Nothing is told any more. */
  close(): void {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #post(message: ListenerMessage): void {
    if (!this.#isClosed) this.#options.post(message);
  }

  #count(): void {
    const second = Math.floor(performance.now() / 1000);
    this.#inSecond = second === this.#second ? this.#inSecond + 1 : 1;
    this.#second = second;
    if (this.#followsFiles && this.#inSecond === burstSize) this.overflowed();
  }

  #arm(ms: number): void {
    this.#timer ??= setTimeout(() => this.#tell(), ms);
  }

  #tell(): void {
    this.#timer = null;
    const name = this.#name;
    if (this.#touched.size > 0) this.#post({ type: 'touched', name, paths: [...this.#touched] });
    if (this.#vanished.size > 0) this.#post({ type: 'vanished', name, directories: [...this.#vanished] });
    for (const directory of this.#suspected) {
      for (const file of this.#foreign.lookIn(directory, this.#taken.accepts))
        this.#post({ type: 'refused', name, reason: notUtf8(file) });
    }
    this.#touched.clear();
    this.#vanished.clear();
    this.#suspected.clear();
  }
}

/** Whether it was listening that failed, and not reading, for which a process has another limit. */
function isOfListening(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && error.syscall === 'watch';
}
