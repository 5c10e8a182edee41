import type { WatchConfig } from '../../src/config/types.ts';

/** A watch with a settle time of 2 s. */
export function watchOf(path: string, changes: Partial<WatchConfig> = {}): WatchConfig {
  return {
    name: 'w',
    path,
    rules: 'rules',
    type: null,
    recursive: false,
    patterns: [],
    ignorePatterns: ['*.tmp', '.*'],
    settleMs: 2000,
    archive: null,
    followSymlinks: false,
    onRedelivery: 'archive',
    ...changes,
  };
}
