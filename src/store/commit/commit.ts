import type { ColumnSpecs, ColumnType } from '../../core/index.ts';
import type { SnapshotEnvelope } from '../../../machines/file-group/index.ts';
import { CarbonationError, messageOf } from '../../errors/index.ts';
import { restoreRemedy } from '../database/away.ts';
import { writeComponents } from './components.ts';
import { keepFormerCopies, keepTakenCopies, removeComponents } from './copies.ts';
import { wholeOf } from '../database/damaged-cells.ts';
import type { Cells } from '../database/dialect.ts';
import { lockOrder } from './order.ts';
import { foreignComponents, formerComponents } from './ownership.ts';
import type { CellRow, Sql } from '../database/sql.ts';
import { TotalsChange } from './totals.ts';
import type { GroupWrite, GroupWritten } from '../types.ts';

/** The unit of work: what many groups changed, written by a fixed number of statements in one transaction. */

/** What never changes of a group. */
const fixedGroupCells = {
  watch_name: 'text',
  file_type: 'text',
  group_key: 'text',
  key_hash: 'text',
  created_at: 'datetime',
} as const satisfies Cells;

const changingGroupCells = {
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
  node: 'text',
  facts: 'json',
} as const satisfies Cells;

/**
 * Writes a batch inside the caller's transaction.
 *
 * @throws CarbonationError STORE_CONFLICT: another writer has changed a group; {@link withConflict} says which
 */
export async function commitGroups(
  sql: Sql,
  writes: readonly GroupWrite[],
  columns: ColumnSpecs,
): Promise<readonly GroupWritten[]> {
  const numbers = await completionNumbers(sql, writes);
  // Those that complete have taken the lock with their numbers.
  if (numbers.size === 0) await lockOrder(sql);
  const former = await formerComponents(sql, writes);
  const foreign = foreignComponents(writes, former);
  const totals = await TotalsChange.of(sql, writes, former, foreign);
  const ids = await writeGroups(sql, writes, columns, numbers);
  const idOf = (write: GroupWrite): number => write.id ?? ids.get(write.keyHash) ?? missingId(write);
  await removeComponents(sql, writes);
  await keepFormerCopies(sql, writes, idOf);
  await keepTakenCopies(sql, writes, idOf, (component) => !foreign.has(component), former);
  await writeComponents(sql, writes, idOf, { former, foreign });
  await sql.insert(
    'actor_snapshots',
    snapshotCells,
    writes.map((write) => [
      idOf(write),
      write.envelope.machine,
      write.envelope.version,
      snapshotText(write.envelope),
      sql.dialect.time(write.envelope.savedAt),
    ]),
    { key: 'group_id', updates: ['machine', 'version', 'snapshot', 'saved_at'] },
  );
  await sql.insert(
    'group_transitions',
    transitionCells,
    writes.flatMap((write) => transitionRows(sql, write, idOf(write))),
  );
  await totals.add(sql);
  return writes.map((write) => ({ id: idOf(write), lockVersion: write.lockVersion + 1 }));
}

/** A thread is given the text. */
function snapshotText({ snapshot }: SnapshotEnvelope): string {
  return typeof snapshot === 'string' ? snapshot : JSON.stringify(snapshot);
}

function missingId(write: GroupWrite): never {
  throw new CarbonationError('INTERNAL', `no id for the group ${write.groupKey}`);
}

/** Writes the rows of `files`, each by one statement; the ids of the new ones, by key. */
async function writeGroups(
  sql: Sql,
  writes: readonly GroupWrite[],
  columns: ColumnSpecs,
  numbers: ReadonlyMap<GroupWrite, number>,
): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  let known = 0;
  let matched = 0;
  for (const alike of Object.values(Object.groupBy(writes, shapeOf))) {
    const [first] = alike ?? [];
    if (alike === undefined || first === undefined) continue;
    const cells: Cells = {
      ...changingGroupCells,
      ...(first.metadata !== null && metadataCells(columns)),
      ...(first.completes && { completed_seq: 'bigint' }),
    };
    const rows = alike.map((write) => changingRow(sql, write, columns, numbers.get(write)));
    if (first.id === null) {
      const whole = rows.map((row, i) => [...fixedRow(sql, alike[i] ?? first), ...row]);
      const inserted = await sql.insert('files', { ...fixedGroupCells, ...cells }, whole, {
        returning: 'id, key_hash',
      });
      for (const row of inserted) ids.set(String(row['key_hash']), Number(row['id']));
    } else {
      const whole = rows.map((row, i) => [alike[i]?.id, ...row]);
      known += rows.length;
      matched += await sql.update('files', { id: 'integer', ...cells }, whole, Object.keys(cells), unchangedSince);
    }
  }
  if (matched < known) throw new CarbonationError('STORE_CONFLICT', 'another process changed groups of the batch');
  return ids;
}

const unchangedSince = ' and files.lock_version = j.lock_version - 1';

/** Groups of one shape have the same columns to write. */
function shapeOf(write: GroupWrite): string {
  return `${write.id === null} ${write.metadata === null} ${write.completes}`;
}

function fixedRow(sql: Sql, write: GroupWrite): CellRow {
  return [write.watchName, write.fileType, write.groupKey, write.keyHash, sql.dialect.time(write.createdAt)];
}

/** The cells of the columns that change: of every group, of its metadata, of its place in the order of completion. */
function changingRow(sql: Sql, write: GroupWrite, columns: ColumnSpecs, completedSeq: number | undefined): CellRow {
  const time = (ms: number | null) => sql.dialect.time(ms);
  const row: unknown[] = [
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
  if (write.metadata !== null) {
    row.push(JSON.stringify(write.metadata));
    for (const [name, { type }] of Object.entries(columns))
      row.push(columnCell(sql, type, write.metadata[name] ?? null));
  }
  if (completedSeq !== undefined) row.push(completedSeq);
  return row;
}

function metadataCells(columns: ColumnSpecs): Cells {
  return {
    metadata: 'json',
    ...Object.fromEntries(Object.entries(columns).map(([name, { type }]) => [name, type])),
  };
}

/** What writing a batch, in a transaction of the caller's, comes to: of a conflict it is said with which groups. */
export async function withConflict(
  sql: Sql,
  writes: readonly GroupWrite[],
  writing: Promise<readonly GroupWritten[]>,
): Promise<readonly GroupWritten[]> {
  try {
    return await writing;
  } catch (thrown) {
    if (thrown instanceof CarbonationError && thrown.code === 'STORE_CONFLICT') throw await conflictOf(sql, writes);
    // Numbers are given under a lock: that one is taken means that they are counted from the wrong one, now and whenever it is tried.
    throw takenNumber.test(messageOf(thrown)) ? lostCounter() : thrown;
  }
}

/** What the databases say of the unique index; MikroORM quotes the statement, too. */
const takenNumber = /files_completed_seq_unique|failed: files\.completed_seq/;

function lostCounter(): CarbonationError {
  const message = 'counters, name completion: value is not the number of the last group that completed';
  return new CarbonationError('RECORD_REFUSED', message, { remedy: restoreRemedy });
}

/**
 * The conflict of a batch that has been rolled back, with the ids of its groups.
 * Read after the roll-back, because inside the transaction a group that another
 * writer has changed looks like one that this batch has changed.
 */
async function conflictOf(sql: Sql, writes: readonly GroupWrite[]): Promise<CarbonationError> {
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

function columnCell(sql: Sql, type: ColumnType, value: unknown): unknown {
  if (value === null) return null;
  if (type === 'datetime' && typeof value === 'string') return sql.dialect.time(Date.parse(value));
  return type === 'json' ? JSON.stringify(value) : value;
}

/**
 * The next numbers in the order of completion. Under the lock on one row, which
 * lasts until the commit, so that the order of numbers is the order of commits.
 * First of all, so that whoever else needs both locks takes them in this order.
 */
async function completionNumbers(sql: Sql, writes: readonly GroupWrite[]): Promise<ReadonlyMap<GroupWrite, number>> {
  const completed = writes.filter((write) => write.completes);
  if (completed.length === 0) return new Map();
  await sql.run("update counters set value = value + ? where name = 'completion'", [completed.length]);
  const [counter] = await sql.all("select value from counters where name = 'completion'");
  const last = wholeOf(counter?.['value']);
  if (last === null) throw lostCounter();
  return new Map(completed.map((write, i) => [write, last - completed.length + 1 + i]));
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
    transition.node,
    transition.facts,
  ]);
}
