import type { WatchConfig } from '../../config/types.ts';
import { isSameIdentity, type FileIdentity } from '../../core/index.ts';
import type { KnownFile } from '../../store/index.ts';
import type { Ownership } from './ownership.ts';

/**
 * What it means that a watch has seen a file that is for it:
 * - `none`: the database has it as it is;
 * - `own`: it is another one than the watch knows;
 * - `new`: the watch does not know it;
 * - `moved`: a group of another watch has it, which it belongs to no longer.
 */
export type FileNews = 'none' | 'own' | 'new' | 'moved';

/** What a file is to the watch that has seen it, given what the database knows. */
export function fileNews(
  ownership: Pick<Ownership, 'watchOf'>,
  watch: WatchConfig,
  identity: FileIdentity,
  known: KnownFile | undefined,
): FileNews {
  // What a watch knows that is no longer in config.toml counts for nothing.
  if (known === undefined || ownership.watchOf(known.watchName) === null) return 'new';
  const isSame = known.inDelivery && isSameIdentity(known, identity);
  if (known.watchName === watch.name) return isSame ? 'none' : 'own';
  if (known.status === 'archived' && watch.onRedelivery === 'ignore') return 'none';
  if (!known.inDelivery) return 'new';
  return isSame && !openStatuses.has(known.status) ? 'none' : 'moved';
}

/** Of a file that may still be waiting, or has been left aside: in another group, it could be archived. */
const openStatuses: ReadonlySet<KnownFile['status']> = new Set([
  'waiting',
  'detected',
  'integrity_failed',
  'not_selected',
  'timed_out',
]);
