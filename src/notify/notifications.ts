import { inTime, type Timer } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import { Notifier } from './notifier.ts';
import type { NotificationOptions } from './types.ts';

/** From an event in memory to its commit, with some to spare: an earlier look would not find it. */
const commitMs = 250;

/** A watch's news that is still to be recorded. */
interface WatchNews {
  readonly health: 'lost' | 'found';
  readonly reason: string | null;
  readonly at: number;
}

/** Every notifier of a running service. Nothing of it holds up the pipeline: it reads what is on record. */
export class Notifications {
  readonly #options: NotificationOptions;
  readonly #notifiers: readonly Notifier[];
  /** The latest of each watch, until the database has it. */
  readonly #news = new Map<string, WatchNews>();
  readonly #closing = new AbortController();
  #recording: Promise<void> = Promise.resolve();
  #nudge: Timer | null = null;
  #poll: Timer | null = null;

  constructor(options: NotificationOptions) {
    this.#options = options;
    const { signal } = this.#closing;
    this.#notifiers = options.notifiers.map((config) => new Notifier(config, { ...options, signal }));
  }

  /** Notifiers that are new are told of what happens from here on; the others go on where they were. */
  async start(): Promise<void> {
    const states = await this.#options.outbox.register(this.#options.notifiers.map(({ name }) => name));
    for (const notifier of this.#notifiers) notifier.open(states.get(notifier.name) ?? null);
    this.#keepLooking();
  }

  /** Something is about to be on record. */
  expect(): void {
    this.#nudge ??= this.#options.clock.after(commitMs, () => {
      this.#nudge = null;
      this.#look();
    });
  }

  /** A watch was lost, or can be read (again). */
  watch(name: string, health: 'lost' | 'found', reason: string | null): void {
    this.#news.set(name, { health, reason, at: this.#options.clock.now() });
    this.#record();
    this.expect();
  }

  /**
   * Delivers what is on record, as far as it is taken at the first attempt, and stops.
   *
   * @param limitMs How long that may take; the rest is delivered by the next run.
   */
  async close(limitMs: number): Promise<void> {
    this.#nudge?.cancel();
    this.#poll?.cancel();
    await inTime(this.#options.clock, limitMs, this.#finish());
    this.#closing.abort();
    await Promise.all(this.#notifiers.map((notifier) => notifier.whenIdle()));
    await this.#recording;
  }

  async #finish(): Promise<void> {
    await this.#recording;
    await Promise.all(this.#notifiers.map((notifier) => notifier.finish()));
  }

  #keepLooking(): void {
    this.#look();
    this.#poll = this.#options.clock.after(this.#options.pollMs, () => this.#keepLooking());
  }

  #look(): void {
    if (this.#news.size > 0) this.#record();
    for (const notifier of this.#notifiers) notifier.look();
  }

  #record(): void {
    this.#recording = this.#recording.then(() => this.#recordNews());
  }

  async #recordNews(): Promise<void> {
    for (const [name, news] of this.#news) {
      try {
        await this.#options.outbox.recordWatch(name, news.health, news.reason, news.at);
        // What has come meanwhile is recorded after it.
        if (this.#news.get(name) === news) this.#news.delete(name);
      } catch (error) {
        this.#options.log.warning('whether a watch is lost cannot be recorded; it is tried again', {
          watch: name,
          health: news.health,
          reason: messageOf(error),
        });
        return;
      }
    }
  }
}
