import { unwatchFile, watch, watchFile } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf } from '../errors/index.ts';
import type { Log } from '../logging/index.ts';

/**
 * Calls back when rules.toml may have changed. Editors replace the file, so its
 * directory is watched; where the system grants no events, the file is looked
 * at each `pollMs`.
 *
 * @returns ends it
 */
export function watchRules(path: string, pollMs: number, log: Log, onTouched: () => void): () => void {
  let isPolling = false;
  const poll = (error: unknown) => {
    if (isPolling) return;
    isPolling = true;
    log.warning('no file events for rules.toml; it is looked at again and again instead', { reason: messageOf(error) });
    watchFile(path, { persistent: false, interval: pollMs }, onTouched);
  };
  const stopPolling = () => unwatchFile(path, onTouched);
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_, name) => {
      if (name === null || name === basename(path)) onTouched();
    });
    watcher.on('error', poll);
    return () => {
      watcher.close();
      stopPolling();
    };
  } catch (error) {
    poll(error);
    return stopPolling;
  }
}
