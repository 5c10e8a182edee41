import { stableKey } from '../core/index.ts';
import type { Cells } from './dialect.ts';
import type { Sql } from './sql.ts';
import type { GroupWrite } from './types.ts';

/** What a group's commit does besides its rows: rows that are no more, and copies that are no longer the latest. */

const formerCells = {
  group_id: 'integer',
  archive_path: 'text',
  archive_hash: 'text',
  sha256: 'text',
  size_bytes: 'bigint',
  archived_at: 'datetime',
  replaced_at: 'datetime',
} as const satisfies Cells;

/** Removes the rows of components that have left their groups. */
export async function removeComponents(sql: Sql, writes: readonly GroupWrite[]): Promise<void> {
  // One by one: there are few, and a list would lock more than its rows on MariaDB.
  for (const hash of writes.flatMap((write) => write.removedComponents)) {
    await sql.run('delete from file_components where path_hash = ?', [hash]);
  }
}

/** Keeps on record what was archived under a name of its own before. */
export async function keepFormerCopies(
  sql: Sql,
  writes: readonly GroupWrite[],
  idOf: (write: GroupWrite) => number,
): Promise<void> {
  const rows = writes.flatMap((write) =>
    write.formerCopies.map(({ archivePath, sha256, sizeBytes, archivedAt }) => [
      idOf(write),
      archivePath,
      stableKey(archivePath),
      sha256,
      sizeBytes,
      sql.dialect.time(archivedAt),
      sql.dialect.time(write.modifiedAt),
    ]),
  );
  await sql.insert('former_copies', formerCells, rows, {
    key: 'archive_hash',
    updates: ['group_id', 'sha256', 'size_bytes', 'archived_at', 'replaced_at'],
  });
}
