import { stableKey } from '../../core/index.ts';
import type { Cells } from '../database/dialect.ts';
import type { FormerComponent } from './ownership.ts';
import type { CellRow, Sql } from '../database/sql.ts';
import type { ComponentWrite, GroupWrite } from '../types.ts';

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
  await insertFormer(sql, rows);
}

/**
 * Keeps on record what another group has archived of a file whose row goes to this one, before the row does: the copy stays
 * that group's, as one of an earlier revision.
 *
 * @param own - the components that are written
 * @param former - their rows, by the key of the path
 */
export async function keepTakenCopies(
  sql: Sql,
  writes: readonly GroupWrite[],
  idOf: (write: GroupWrite) => number,
  own: (component: ComponentWrite) => boolean,
  former: ReadonlyMap<string, FormerComponent>,
): Promise<void> {
  const taken = new Map(
    writes.flatMap((write) =>
      write.components
        .filter((one) => own(one) && (former.get(one.pathHash)?.groupId ?? idOf(write)) !== idOf(write))
        .map((one) => [one.pathHash, { archivePath: one.archivePath, at: write.modifiedAt }] as const),
    ),
  );
  if (taken.size === 0) return;
  const found = await sql.whereIn(
    'select path_hash, group_id, archive_path, archive_hash, sha256, size_bytes, archived_at from file_components',
    'path_hash',
    [...taken.keys()],
    'text',
  );
  const { time, readTime } = sql.dialect;
  const rows = found.flatMap((row) => {
    const by = taken.get(String(row['path_hash']));
    if (by === undefined || row['sha256'] === null || row['archive_path'] === by.archivePath) return [];
    const { group_id, archive_path, archive_hash, sha256, size_bytes, archived_at } = row;
    return [
      [group_id, archive_path, archive_hash, sha256, Number(size_bytes), time(readTime(archived_at)), time(by.at)],
    ];
  });
  await insertFormer(sql, rows);
}

async function insertFormer(sql: Sql, rows: readonly CellRow[]): Promise<void> {
  await sql.insert('former_copies', formerCells, rows, {
    key: 'archive_hash',
    updates: ['group_id', 'sha256', 'size_bytes', 'archived_at', 'replaced_at'],
  });
}
