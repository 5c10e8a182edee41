import type { ArchiveConfig } from '../../src/config/types.ts';

/** What an archive of config.toml is unless it says otherwise. */
export const archiveDefaults = {
  action: 'copy',
  createDirectories: true,
  fileMode: 0o640,
  dirMode: 0o750,
  onConflict: 'keep_both',
  verify: 'checksum',
  durable: true,
} as const satisfies Omit<ArchiveConfig, 'name' | 'destination' | 'basePath'>;
