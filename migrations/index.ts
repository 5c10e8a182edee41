import { Migration0001Initial } from './0001_initial.ts';
import { Migration0002Queries } from './0002_queries.ts';
import { Migration0003ArchiveAudit } from './0003_archive_audit.ts';
import { Migration0004Counts } from './0004_counts.ts';
import { Migration0005History } from './0005_history.ts';
import { Migration0006WatchRoots } from './0006_watch_roots.ts';
import { Migration0007Notify } from './0007_notify.ts';
import { Migration0008OpenDirectories } from './0008_open_directories.ts';
import { Migration0009PluginAsked } from './0009_plugin_asked.ts';

/** The core's migrations, in order. Frozen: a released one is never edited, a change is a new one. */
export const coreMigrations = [
  { name: 'core/0001_initial', class: Migration0001Initial },
  { name: 'core/0002_queries', class: Migration0002Queries },
  { name: 'core/0003_archive_audit', class: Migration0003ArchiveAudit },
  { name: 'core/0004_counts', class: Migration0004Counts },
  { name: 'core/0005_history', class: Migration0005History },
  { name: 'core/0006_watch_roots', class: Migration0006WatchRoots },
  { name: 'core/0007_notify', class: Migration0007Notify },
  { name: 'core/0008_open_directories', class: Migration0008OpenDirectories },
  { name: 'core/0009_plugin_asked', class: Migration0009PluginAsked },
];
