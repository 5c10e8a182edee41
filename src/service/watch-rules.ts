import { unwatchFile, watch, watchFile, type Stats } from 'node:fs';
import { basename, dirname } from 'node:path';
import { longestDelayMs } from '../core/index.ts';
import { messageOf } from '../errors/index.ts';
import type { Surroundings } from './types.ts';

/**
 * Calls back when rules.toml may have changed: also at once, since it may have between its reading and now. Editors replace the
 * file, so its directory is watched; and since no event tells of a change behind a symbolic link or on another machine's disk,
 * the file is looked at each `pollMs` as well.
 *
 * @returns ends it
 */
export function watchRules(
  path: string,
  pollMs: number,
  { clock, log }: Pick<Surroundings, 'clock' | 'log'>,
  onTouched: () => void,
) {
  onTouched();
  let toldAt = -Infinity;
  // What an event has told of, and the reading after it has seen, is no news.
  const onLook = ({ ctimeMs }: Stats): void => {
    if (Math.floor(ctimeMs) > toldAt || clock.now() - toldAt > 2 * pollMs) onTouched();
  };
  watchFile(path, { persistent: false, interval: Math.min(pollMs, longestDelayMs) }, onLook);
  const stopLooking = (): void => unwatchFile(path, onLook);
  const withoutEvents = (error: unknown): void =>
    log.warning('no file events for rules.toml; it is only looked at again and again', { reason: messageOf(error) });
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      if (name !== null && name !== basename(path)) return;
      toldAt = clock.now();
      onTouched();
    });
    watcher.on('error', withoutEvents);
    return () => {
      watcher.close();
      stopLooking();
    };
  } catch (error) {
    withoutEvents(error);
    return stopLooking;
  }
}
