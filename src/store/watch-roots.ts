import type { Sql } from './database/sql.ts';

/** Which directory a watch's root was when it was last reconciled. */
export interface WatchRootMark {
  readonly watchName: string;
  /** Absolute path of the watch at that time. */
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

/** The recorded mark of a watch, or null: it has never been reconciled. */
export async function readWatchRoot(sql: Sql, watchName: string): Promise<WatchRootMark | null> {
  const [row] = await sql.all('select path, device, inode from watch_roots where watch_name = ?', [watchName]);
  if (row === undefined) return null;
  return { watchName, path: String(row['path']), device: Number(row['device']), inode: Number(row['inode']) };
}

/** Records the mark of a watch in the place of the one before. */
export async function writeWatchRoot(sql: Sql, mark: WatchRootMark, at: number): Promise<void> {
  await sql.insert(
    'watch_roots',
    { watch_name: 'text', path: 'text', device: 'float', inode: 'float', recorded_at: 'datetime' },
    [[mark.watchName, mark.path, mark.device, mark.inode, sql.dialect.time(at)]],
    { key: 'watch_name', updates: ['path', 'device', 'inode', 'recorded_at'] },
  );
}
