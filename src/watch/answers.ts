import type { Clock, Timer } from '../core/index.ts';
import { silenceOf } from '../core/silent-places.ts';
import { CarbonationError } from '../errors/index.ts';

/** A file system that has not answered a look for longer than this, in ms, keeps silent: its server or disk is away. */
export const silentMs = 10_000;

/** What is said of a path whose file system keeps silent. */
export function noAnswer(path: string): CarbonationError {
  return new CarbonationError('WATCH_UNREADABLE', silenceOf(path));
}

/** Where there is nothing: whoever notices it says the same, so that it is told of once. */
export function noSuchDirectory(path: string): string {
  return `${path} does not exist`;
}

/** What {@link Looks} needs, and whom it tells. */
export interface LooksOptions<Item> {
  readonly clock: Clock;
  /** How many at once, at least 1: each that hangs keeps a thread that all need. */
  readonly atOnce: number;
  readonly look: (item: Item) => Promise<void>;
  /** A look has not been answered for 10 s. */
  readonly onSilent: (item: Item) => void;
  /** It has been answered after all. */
  readonly onAnswer: (item: Item) => void;
}

/** A look that is under way. */
interface Open<Item> {
  readonly item: Item;
  readonly since: number;
  isSilent: boolean;
}

/** Looks at the files of one watch, some at a time. What keeps silent is left behind, and keeps its place until it answers. */
export class Looks<Item> {
  readonly #options: LooksOptions<Item>;
  /** In the order in which they were begun. */
  readonly #open = new Set<Open<Item>>();
  #items: readonly Item[] = [];
  #next = 0;
  /** Lanes that are neither at an end nor held up. */
  #running = 0;
  #silent = 0;
  #timer: Timer | null = null;
  #onOver: (() => void) | null = null;

  constructor(options: LooksOptions<Item>) {
    this.#options = options;
  }

  /** Whether something keeps silent. */
  get isSilent(): boolean {
    return this.#silent > 0;
  }

  /** Looks at each; resolves when all have been looked at or keep silent. One call at a time. */
  all(items: readonly Item[]): Promise<void> {
    this.#items = items;
    this.#next = 0;
    const over = new Promise<void>((resolve) => (this.#onOver = resolve));
    const lanes = Math.min(items.length, this.#options.atOnce - this.#silent);
    for (let i = 0; i < lanes; i += 1) void this.#lane();
    this.#end();
    return over;
  }

  /** Looks at nothing more. */
  close(): void {
    this.#timer?.cancel();
    this.#items = [];
  }

  async #lane(): Promise<void> {
    this.#running += 1;
    for (let item = this.#take(); item !== undefined; item = this.#take()) await this.#lookAt(item);
    this.#running -= 1;
    this.#end();
  }

  #take(): Item | undefined {
    const item = this.#items[this.#next];
    if (item !== undefined) this.#next += 1;
    return item;
  }

  async #lookAt(item: Item): Promise<void> {
    const open: Open<Item> = { item, since: this.#options.clock.monotonic(), isSilent: false };
    this.#open.add(open);
    if (this.#timer === null) this.#arm();
    await this.#options.look(item);
    this.#open.delete(open);
    if (!open.isSilent) return;
    this.#silent -= 1;
    this.#running += 1;
    this.#options.onAnswer(item);
  }

  #end(): void {
    if (this.#running > 0 || this.#next < this.#items.length) return;
    this.#timer?.cancel();
    this.#timer = null;
    this.#onOver?.();
    this.#onOver = null;
  }

  /** Waits for the oldest look to be answered. */
  #arm(): void {
    const oldest = [...this.#open].find(({ isSilent }) => !isSilent);
    if (oldest === undefined) return;
    const { clock } = this.#options;
    this.#timer = clock.after(oldest.since + silentMs - clock.monotonic(), () => this.#check());
  }

  #check(): void {
    this.#timer = null;
    const before = this.#options.clock.monotonic() - silentMs;
    for (const open of this.#open) {
      if (open.isSilent || open.since > before) continue;
      open.isSilent = true;
      this.#silent += 1;
      this.#running -= 1;
      this.#options.onSilent(open.item);
    }
    this.#arm();
    this.#end();
  }
}
