import { stableKey } from '../../core/index.ts';
import { marks, type Sql } from '../database/sql.ts';

/** Directories of archives that files are about to be written into, and those that none is written into any more. */
export interface DirectoryChange {
  /** Absolute paths. */
  readonly opened: readonly string[];
  readonly closed: readonly string[];
  /** In ms since 1970. */
  readonly at: number;
}

/** The directories that are on record as being written into, by whomever. */
export async function readOpenDirectories(sql: Sql): Promise<readonly string[]> {
  return (await sql.all('select path from open_directories')).map((row) => String(row['path']));
}

/** Records a change inside the caller's transaction. */
export async function writeOpenDirectories(sql: Sql, { opened, closed, at }: DirectoryChange): Promise<void> {
  if (closed.length > 0) {
    const keys = closed.map((path) => stableKey(path));
    await sql.run(`delete from open_directories where path_hash in (${marks(keys)})`, keys);
  }
  await sql.insert(
    'open_directories',
    { path_hash: 'text', path: 'text', opened_at: 'datetime' },
    opened.map((path) => [stableKey(path), path, sql.dialect.time(at)]),
    { key: 'path_hash', updates: ['opened_at'] },
  );
}
