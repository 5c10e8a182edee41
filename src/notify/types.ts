import type { NotifyConfig } from '../config/types.ts';
import type { Clock } from '../core/index.ts';
import type { Log } from '../logging/index.ts';
import type { NotifyStore } from '../store/notify-store.ts';

/** What notifications need of the store. */
export type Outbox = Pick<NotifyStore, 'register' | 'after' | 'advance' | 'fail' | 'recordWatch'>;

/** What notifications are given. */
export interface NotificationOptions {
  readonly notifiers: readonly NotifyConfig[];
  readonly outbox: Outbox;
  readonly clock: Clock;
  readonly log: Log;
  /** The directory of config.toml, where commands run. */
  readonly directory: string;
  /** How often the outbox is looked at without being asked to, in ms. */
  readonly pollMs: number;
}
