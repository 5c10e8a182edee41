import type { ColumnSpecs } from '../core/index.ts';
import { CarbonationError } from '../errors/index.ts';
import type { Cells } from './dialect.ts';
import type { CellRow, Sql } from './sql.ts';
import type { ComponentWrite, GroupWrite, GroupWritten } from './types.ts';

/** The unit of work: what many groups changed, written by a fixed number of statements in one transaction. */

const groupCells = {
  watch_name: 'text',
  file_type: 'text',
  group_key: 'text',
  key_hash: 'text',
  created_at: 'datetime',
  state: 'text',
  state_since: 'datetime',
  reason: 'text',
  revision: 'integer',
  attempt: 'integer',
  rules_version: 'text',
  due_at: 'datetime',
  complete: 'boolean',
  completed_at: 'datetime',
  archive_path: 'text',
  modified_at: 'datetime',
  lock_version: 'integer',
} as const satisfies Cells;

const changingGroupCells = {
  id: 'integer',
  state: 'text',
  state_since: 'datetime',
  reason: 'text',
  revision: 'integer',
  attempt: 'integer',
  rules_version: 'text',
  due_at: 'datetime',
  complete: 'boolean',
  completed_at: 'datetime',
  archive_path: 'text',
  modified_at: 'datetime',
  lock_version: 'integer',
} as const satisfies Cells;

const componentCells = {
  path_hash: 'text',
  source_path: 'text',
  group_id: 'integer',
  watch_name: 'text',
  filename: 'text',
  detected_at: 'datetime',
  archive_path: 'text',
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

const changingComponentColumns = Object.keys(componentCells).slice(6);

const snapshotCells = {
  group_id: 'integer',
  machine: 'text',
  version: 'integer',
  snapshot: 'json',
  saved_at: 'datetime',
} as const satisfies Cells;

const transitionCells = {
  group_id: 'integer',
  at: 'datetime',
  from_state: 'text',
  to_state: 'text',
  event: 'text',
  reason: 'text',
  revision: 'integer',
  attempt: 'integer',
  rules_version: 'text',
  machine_version: 'integer',
} as const satisfies Cells;

/**
 * Writes a batch inside the caller's transaction.
 *
 * @throws CarbonationError STORE_CONFLICT: another writer has changed a group; {@link conflictOf} says which
 */
export async function commitGroups(
  sql: Sql,
  writes: readonly GroupWrite[],
  columns: ColumnSpecs,
): Promise<readonly GroupWritten[]> {
  const ids = await insertGroups(sql, writes);
  await updateGroups(sql, writes);
  const idOf = (write: GroupWrite): number => write.id ?? ids.get(write.keyHash) ?? missingId(write);
  await writeMetadata(sql, writes, idOf, columns);
  await numberCompleted(sql, writes, idOf);
  const components = writes.flatMap((write) => write.components.map((c) => componentRow(sql, c, idOf(write))));
  await sql.insert('file_components', componentCells, components, {
    key: 'path_hash',
    updates: changingComponentColumns,
  });
  await sql.insert(
    'actor_snapshots',
    snapshotCells,
    writes.map((write) => [
      idOf(write),
      write.envelope.machine,
      write.envelope.version,
      JSON.stringify(write.envelope.snapshot),
      sql.dialect.time(write.envelope.savedAt),
    ]),
    { key: 'group_id', updates: ['machine', 'version', 'snapshot', 'saved_at'] },
  );
  await sql.insert(
    'group_transitions',
    transitionCells,
    writes.flatMap((write) => transitionRows(sql, write, idOf(write))),
  );
  return writes.map((write) => ({ id: idOf(write), lockVersion: write.lockVersion + 1 }));
}

function missingId(write: GroupWrite): never {
  throw new CarbonationError('INTERNAL', `no id for the group ${write.groupKey}`);
}

async function insertGroups(sql: Sql, writes: readonly GroupWrite[]): Promise<ReadonlyMap<string, number>> {
  const time = (ms: number | null) => sql.dialect.time(ms);
  const rows = writes
    .filter((write) => write.id === null)
    .map((write) => [
      write.watchName,
      write.fileType,
      write.groupKey,
      write.keyHash,
      time(write.createdAt),
      ...changingGroupRow(sql, write),
    ]);
  const inserted = await sql.insert('files', groupCells, rows, { returning: 'id, key_hash' });
  return new Map(inserted.map((row) => [String(row['key_hash']), Number(row['id'])]));
}

function changingGroupRow(sql: Sql, write: GroupWrite): CellRow {
  const time = (ms: number | null) => sql.dialect.time(ms);
  return [
    write.state,
    time(write.stateSince),
    write.reason,
    write.revision,
    write.attempt,
    write.rulesVersion,
    time(write.dueAt),
    write.complete,
    time(write.completedAt),
    write.archivePath,
    time(write.modifiedAt),
    write.lockVersion + 1,
  ];
}

async function updateGroups(sql: Sql, writes: readonly GroupWrite[]): Promise<void> {
  const known = writes.filter((write) => write.id !== null);
  const rows = known.map((write) => [write.id, ...changingGroupRow(sql, write)]);
  const set = Object.keys(changingGroupCells).slice(1);
  const matched = await sql.update(
    'files',
    changingGroupCells,
    rows,
    set,
    ' and files.lock_version = j.lock_version - 1',
  );
  if (matched < known.length)
    throw new CarbonationError('STORE_CONFLICT', 'another process changed groups of the batch');
}

/**
 * The conflict of a batch that has been rolled back, with the ids of its groups.
 * Read after the roll-back, because inside the transaction a group that another
 * writer has changed looks like one that this batch has changed.
 */
export async function conflictOf(sql: Sql, writes: readonly GroupWrite[]): Promise<CarbonationError> {
  const known = writes.flatMap(({ id, lockVersion }) => (id === null ? [] : [{ id, lockVersion }]));
  const rows = await sql.whereIn(
    'select id, lock_version from files',
    'id',
    known.map(({ id }) => id),
    'integer',
  );
  const found = new Map(rows.map((row) => [Number(row['id']), Number(row['lock_version'])]));
  const lost = known.filter(({ id, lockVersion }) => found.get(id) !== lockVersion);
  // None: the batch is at odds with itself, and none of its groups can be trusted.
  const ids = (lost.length === 0 ? known : lost).map(({ id }) => String(id));
  return new CarbonationError('STORE_CONFLICT', `another process changed ${ids.length} group(s)`, { details: ids });
}

async function writeMetadata(
  sql: Sql,
  writes: readonly GroupWrite[],
  idOf: (write: GroupWrite) => number,
  columns: ColumnSpecs,
): Promise<void> {
  const withMetadata = writes.flatMap((write) =>
    write.metadata === null ? [] : [{ write, metadata: write.metadata }],
  );
  const names = Object.keys(columns);
  const cells: Cells = {
    id: 'integer',
    metadata: 'json',
    ...Object.fromEntries(names.map((name) => [name, columns[name]?.type ?? 'text'])),
  };
  const rows = withMetadata.map(({ write, metadata }) => [
    idOf(write),
    JSON.stringify(metadata),
    ...names.map((name) => columnCell(sql, columns[name]?.type, metadata[name] ?? null)),
  ]);
  await sql.update('files', cells, rows, Object.keys(cells).slice(1));
}

function columnCell(sql: Sql, type: string | undefined, value: unknown): unknown {
  if (value === null) return null;
  if (type === 'datetime' && typeof value === 'string') return sql.dialect.time(Date.parse(value));
  return type === 'json' ? JSON.stringify(value) : value;
}

/** Under the lock on one row, so that the order of numbers is the order of commits. */
async function numberCompleted(
  sql: Sql,
  writes: readonly GroupWrite[],
  idOf: (write: GroupWrite) => number,
): Promise<void> {
  const completed = writes.filter((write) => write.completes);
  if (completed.length === 0) return;
  await sql.run("update counters set value = value + ? where name = 'completion'", [completed.length]);
  const [counter] = await sql.all("select value from counters where name = 'completion'");
  const last = Number(counter?.['value']);
  const rows = completed.map((write, i) => [idOf(write), last - completed.length + 1 + i]);
  await sql.update('files', { id: 'integer', completed_seq: 'bigint' }, rows, ['completed_seq']);
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

function transitionRows(sql: Sql, write: GroupWrite, groupId: number): readonly CellRow[] {
  return write.transitions.map((transition) => [
    groupId,
    sql.dialect.time(transition.at),
    transition.fromState,
    transition.toState,
    transition.event,
    transition.reason,
    transition.revision,
    transition.attempt,
    transition.rulesVersion,
    write.envelope.version,
  ]);
}
