import { stableKey } from '../core/index.ts';
import { below, belowParams } from './database/below.ts';
import type { Sql } from './database/sql.ts';

/** The device on which the directory of an archive was when it was last recorded; null: it has never been. */
export async function readArchiveDevice(sql: Sql, path: string): Promise<number | null> {
  const [row] = await sql.all('select device from archive_roots where path_hash = ?', [stableKey(path)]);
  return row === undefined ? null : Number(row['device']);
}

/** Records the device in the place of the one before; `at` in ms since 1970. */
export async function writeArchiveDevice(sql: Sql, path: string, device: number, at: number): Promise<void> {
  await sql.insert(
    'archive_roots',
    { path_hash: 'text', path: 'text', device: 'float', seen_at: 'datetime' },
    [[stableKey(path), path, device, sql.dialect.time(at)]],
    { key: 'path_hash', updates: ['path', 'device', 'seen_at'] },
  );
}

/** How many of the first files, and of the last, tell whether an archive is there. */
const fewFiles = 10;

/** Where some of the files are archived that are on record at or below a path: the first and the last of them. */
export async function someArchived(sql: Sql, path: string): Promise<readonly string[]> {
  const paths = new Set<string>();
  for (const order of ['', 'desc']) {
    const rows = await sql.all(
      `select archive_path from file_components where in_archive and archive_hash is not null and ${below('archive_path')} order by id ${order} limit ?`,
      [...belowParams(path), fewFiles],
    );
    for (const row of rows) paths.add(String(row['archive_path']));
  }
  return [...paths];
}
