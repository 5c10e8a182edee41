import { stableKey } from '../../core/index.ts';
import type { Cells } from '../database/dialect.ts';
import type { FormerComponent } from './ownership.ts';
import type { CellRow, Sql } from '../database/sql.ts';
import type { ComponentWrite, GroupWrite } from '../types.ts';

const componentCells = {
  path_hash: 'text',
  source_path: 'text',
  group_id: 'integer',
  watch_name: 'text',
  filename: 'text',
  detected_at: 'datetime',
  archive_path: 'text',
  archive_hash: 'text',
  size_bytes: 'bigint',
  mtime_ms: 'float',
  ctime_ms: 'float',
  inode: 'float',
  sha256: 'text',
  status: 'text',
  in_delivery: 'boolean',
  in_archive: 'boolean',
  error_message: 'text',
  retry_count: 'integer',
  last_retry_at: 'datetime',
  archived_at: 'datetime',
  cleared_at: 'datetime',
} as const satisfies Cells;

/** All but the path and when it was first seen: a file of a watch that is no longer configured changes its group. */
const changingComponentColumns = Object.keys(componentCells).filter(
  (name) => !['path_hash', 'source_path', 'detected_at'].includes(name),
);

/** What is known of the components of a batch. */
export interface KnownComponents {
  /** Their rows as they were before the batch, by the key of the path. */
  readonly former: ReadonlyMap<string, FormerComponent>;
  /** Those that must not be written. */
  readonly foreign: ReadonlySet<ComponentWrite>;
}

/**
 * Writes the components of a batch, whose removed ones are gone already. Those on record are written under their ids: for each row
 * that comes without one, PostgreSQL and MariaDB give out a new id before they find that it is there, and there are only 2^31.
 */
export async function writeComponents(
  sql: Sql,
  writes: readonly GroupWrite[],
  idOf: (write: GroupWrite) => number,
  { former, foreign }: KnownComponents,
): Promise<void> {
  const removed = new Set(writes.flatMap((write) => write.removedComponents));
  const fresh: CellRow[] = [];
  const known: CellRow[] = [];
  for (const write of writes) {
    for (const component of write.components.filter((one) => !foreign.has(one))) {
      const row = componentRow(sql, component, idOf(write));
      const id = removed.has(component.pathHash) ? undefined : former.get(component.pathHash)?.id;
      if (id === undefined) fresh.push(row);
      else known.push([id, ...row]);
    }
  }
  const updates = changingComponentColumns;
  await sql.insert('file_components', componentCells, fresh, { key: 'path_hash', updates });
  await sql.insert('file_components', { id: 'integer', ...componentCells }, known, { key: 'id', updates });
}

function componentRow(sql: Sql, component: ComponentWrite, groupId: number): CellRow {
  const time = (ms: number | null) => sql.dialect.time(ms);
  return [
    component.pathHash,
    component.sourcePath,
    groupId,
    component.watchName,
    component.filename,
    time(component.detectedAt),
    component.archivePath,
    component.archivePath === null ? null : stableKey(component.archivePath),
    component.sizeBytes,
    component.mtimeMs,
    component.ctimeMs,
    component.inode,
    component.sha256,
    component.status,
    component.inDelivery,
    component.inArchive,
    component.errorMessage,
    component.retryCount,
    time(component.lastRetryAt),
    time(component.archivedAt),
    time(component.clearedAt),
  ];
}
