import { setImmediate as turn } from 'node:timers/promises';
import type { NotifyConfig } from '../config/types.ts';
import type { Timer } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { NotifierState, NotifyPosition, RecordedEvent } from '../store/notify-store.ts';
import { messageOfEvent } from './message.ts';
import { send } from './send.ts';
import type { NotificationOptions } from './types.ts';

/** Events held in memory at once, however many wait. */
const pageSize = 100;
/** The wait after a failed attempt: doubled each time, up to the longest. */
const firstRetryMs = 1000;
const longestRetryMs = 300_000;
/** Of a place in the history where nothing had to be delivered, only so much is walked again after a restart. */
const unrecordedRows = 1000;
/** How long events that have been taken may wait to be recorded, in ms, while more are on their way: each record is a flush to the disk. */
const unrecordedMs = 250;

/**
 * One of `[[notify]]`: takes its events in order, one at a time. An event that is not taken is tried again until it is, and
 * those behind it wait, in the database.
 */
export class Notifier {
  readonly #config: NotifyConfig;
  readonly #options: NotificationOptions & { readonly signal: AbortSignal };
  #position: NotifyPosition = { transitionId: 0, watchEventId: 0 };
  /** The place that is on record. */
  #recorded = this.#position;
  /** When the last event was taken that is not on record as taken; null: all are. */
  #takenAt: number | null = null;
  /** When an event was recorded as taken last, by the clock that never jumps. */
  #recordedAt = 0;
  #failingSince: number | null = null;
  #attempts = 0;
  #retry: Timer | null = null;
  #working: Promise<void> | null = null;
  #isOpen = false;
  #isWanted = false;

  constructor(config: NotifyConfig, options: NotificationOptions & { readonly signal: AbortSignal }) {
    this.#config = config;
    this.#options = options;
  }

  get name(): string {
    return this.#config.name;
  }

  /** Goes on where it was. */
  open(state: NotifierState | null): void {
    if (state === null) return;
    this.#position = state.position;
    this.#recorded = state.position;
    this.#failingSince = state.failingSince;
    this.#isOpen = true;
  }

  /** Looks for events, unless it waits for another attempt. */
  look(): void {
    if (!this.#isOpen || this.#retry !== null || this.#options.signal.aborted) return;
    this.#isWanted = true;
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
    });
  }

  /** Delivers what there is; a failing attempt ends it. */
  async finish(): Promise<void> {
    this.#retry?.cancel();
    this.#retry = null;
    await this.#working;
    this.look();
    await this.#working;
  }

  /** Resolves when nothing is under way. */
  async whenIdle(): Promise<void> {
    this.#retry?.cancel();
    await this.#working;
  }

  async #work(): Promise<void> {
    while (this.#isWanted && !this.#options.signal.aborted) {
      this.#isWanted = false;
      try {
        await this.#recordTaken();
        const page = await this.#options.outbox.after(this.#position, this.#config, pageSize);
        for (const event of page.events) {
          if (!(await this.#deliver(event))) {
            await this.#recordTaken();
            return;
          }
          this.#isWanted = true;
        }
        await this.#recordTaken();
        await this.#pass(page.position);
        if (page.isEnd) continue;
        this.#isWanted = true;
        // The SQLite driver answers without letting go of the loop.
        await turn();
      } catch (error) {
        // The database is away: the next look asks it again.
        this.#options.log.debug('notifications cannot be read', { notifier: this.name, reason: messageOf(error) });
        return;
      }
    }
  }

  /** Nothing more to deliver up to here. */
  async #pass(position: NotifyPosition): Promise<void> {
    this.#position = position;
    const isNear = position.transitionId - this.#recorded.transitionId < unrecordedRows;
    // Of the watches' news, which are few, those are kept that a notifier may have to be told of by what is on record.
    if (isNear && position.watchEventId === this.#recorded.watchEventId) return;
    await this.#options.outbox.advance(this.name, position, null);
    this.#recorded = position;
  }

  /** Whether the event was taken; if not, another attempt has been set. */
  async #deliver(event: RecordedEvent): Promise<boolean> {
    const { log, clock, directory, signal } = this.#options;
    try {
      await send(this.#config, messageOfEvent(event, this.name), { directory, signal });
    } catch (error) {
      if (!signal.aborted) await this.#failed(event, messageOf(error));
      return false;
    }
    if (this.#failingSince !== null) log.info('notifications are taken again', { notifier: this.name });
    this.#failingSince = null;
    this.#attempts = 0;
    log.debug('notified', { notifier: this.name, event: event.event, id: event.id });
    this.#position = event.position;
    this.#takenAt = clock.now();
    if (clock.monotonic() - this.#recordedAt >= unrecordedMs) await this.#recordTaken();
    return true;
  }

  /** A database that is away is asked again by the next look: sent once more after a stop, the event would be told twice. */
  async #recordTaken(): Promise<void> {
    if (this.#takenAt === null) return;
    await this.#options.outbox.advance(this.name, this.#position, this.#takenAt);
    this.#recorded = this.#position;
    this.#takenAt = null;
    this.#recordedAt = this.#options.clock.monotonic();
  }

  async #failed(event: RecordedEvent, reason: string): Promise<void> {
    const { log, outbox, clock } = this.#options;
    const delayMs = Math.min(longestRetryMs, firstRetryMs * 2 ** this.#attempts);
    this.#attempts += 1;
    const fields = { notifier: this.name, event: event.event, id: event.id, reason, attempt: this.#attempts };
    if (this.#attempts === 1) log.warning('a notification was not taken; it is tried again until it is', fields);
    else log.debug('a notification was not taken', fields);
    this.#failingSince ??= clock.now();
    this.#retry = clock.after(delayMs, () => {
      this.#retry = null;
      this.look();
    });
    await outbox.fail(this.name, this.#failingSince, reason);
  }
}
