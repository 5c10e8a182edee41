import { Waiters } from '../core/index.ts';
import type { Log } from '../logging/index.ts';

/** Whom the reports of the watches concern. */
export interface WatchReportHooks {
  /** A watch is other than it was last. */
  readonly onNews: () => void;
  /** A watch can be read again, or is heard of by other means: what came while nobody listened is to be looked for. */
  readonly onReopened: (name: string) => void;
  /** A watch is lost or can be read, with the reason. */
  readonly onHealth: (name: string, health: 'lost' | 'found', reason: string | null) => void;
}

/** What the watches' actors report: who is still opening, and what has been said of each. */
export class WatchReports {
  readonly #log: Log;
  readonly #hooks: WatchReportHooks;
  /** Watches whose listener has not reported yet. */
  readonly #opening: Set<string>;
  readonly #opened = new Waiters();
  /** What was last said of each watch. */
  readonly #said = new Map<string, { readonly health: string; readonly reason: string | null }>();

  constructor(log: Log, opening: readonly string[], hooks: WatchReportHooks) {
    this.#log = log;
    this.#hooks = hooks;
    this.#opening = new Set(opening);
  }

  /** Resolves when each watch has reported once. */
  async whenOpened(): Promise<void> {
    if (this.#opening.size > 0) await this.#opened.wait();
  }

  /** A watch is as it says. */
  note(name: string, health: string, reason: string | null): void {
    this.#note(name, health, reason);
    this.#hooks.onHealth(name, health === 'lost' ? 'lost' : 'found', reason);
  }

  /** Files of a watch do not answer, with the reason; null: all of them have answered. */
  noteSilence(name: string, reason: string | null): void {
    if (reason === null) this.#log.success('all files of the watch have answered', { watch: name });
    else this.#log.error('files of the watch do not answer; they are waited for', { watch: name, reason });
    this.#hooks.onNews();
    // A directory that was lost with them says itself when it is back.
    if (reason !== null || this.#said.get(name)?.health !== 'lost')
      this.#hooks.onHealth(name, reason === null ? 'found' : 'lost', reason);
  }

  #note(name: string, health: string, reason: string | null): void {
    const wasOpening = this.#opening.delete(name);
    if (this.#opening.size === 0) this.#opened.wake();
    const former = this.#said.get(name);
    const isNews = former?.health !== health || former.reason !== reason;
    this.#said.set(name, { health, reason });
    if (isNews) this.#hooks.onNews();
    if (!isNews && health === 'lost') return;
    this.#say(health, { watch: name, ...(reason !== null && { reason }) });
    if (!wasOpening && health !== 'lost') this.#hooks.onReopened(name);
  }

  #say(health: string, fields: Readonly<Record<string, string>>): void {
    if (health === 'watching') this.#log.info('watching', fields);
    else if (health === 'scanning')
      this.#log.warning('file events are limited; the directory is scanned instead', fields);
    else this.#log.error('the watch is lost; its directory is looked for again', fields);
  }
}
