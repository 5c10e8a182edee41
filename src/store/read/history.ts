import type { ComponentStatus } from '../../../machines/file-group/status.ts';
import type { TransitionFacts } from '../../../machines/file-group/facts.ts';
import { largestInteger, stableKey } from '../../core/index.ts';
import { jsonOf, textOf } from '../database/cells.ts';
import { wholeOf } from '../database/damaged-cells.ts';
import { statusOf } from '../commit/known-files.ts';
import type { Row, Sql } from '../database/sql.ts';
import type { TransitionWrite } from '../types.ts';

/** What is on record of one group, read back for audits; times in ms since 1970. */

/** The row of a group. */
export interface GroupRecord {
  readonly id: number;
  readonly watchName: string;
  readonly groupKey: string;
  readonly fileType: string | null;
  /** The chart's state in snake case. */
  readonly state: string;
  readonly stateSince: number;
  readonly reason: string | null;
  readonly revision: number;
  readonly attempt: number;
  readonly rulesVersion: string | null;
  readonly dueAt: number | null;
  readonly completedAt: number | null;
  readonly archivePath: string | null;
  readonly createdAt: number;
}

/** One step of a group's life. */
export interface TransitionRecord extends Omit<TransitionWrite, 'node' | 'facts'> {
  readonly id: number;
  readonly machineVersion: number;
  /** Name of the host that recorded it; null: a former version of the program did. */
  readonly node: string | null;
  readonly facts: TransitionFacts | null;
}

/** One file of a group. */
export interface ComponentRecord {
  readonly filename: string;
  readonly sourcePath: string;
  readonly archivePath: string | null;
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
  readonly status: ComponentStatus;
  readonly inDelivery: boolean;
  readonly inArchive: boolean;
  readonly errorMessage: string | null;
  readonly detectedAt: number;
  readonly archivedAt: number | null;
  readonly clearedAt: number | null;
}

const groupColumns = `select id, watch_name, group_key, file_type, state, state_since, reason, revision, attempt,
  rules_version, due_at, completed_at, archive_path, created_at from files`;

/** The groups of this key, one a watch at most; `watchNames` are the watches to look in. */
export async function groupsOfKey(
  sql: Sql,
  groupKey: string,
  watchNames: readonly string[],
): Promise<readonly GroupRecord[]> {
  const hashes = watchNames.map((name) => stableKey(name, groupKey));
  const rows = await sql.whereIn(groupColumns, 'key_hash', hashes, 'text');
  return rows.map((row) => groupRecord(sql, row)).toSorted((a, b) => (a.watchName < b.watchName ? -1 : 1));
}

/** The group of this id; null: there is none. */
export async function groupOfId(sql: Sql, id: number): Promise<GroupRecord | null> {
  // Beyond it, databases do not even compare.
  if (id > largestInteger) return null;
  const [row] = await sql.all(`${groupColumns} where id = ?`, [id]);
  return row === undefined ? null : groupRecord(sql, row);
}

/**
 * The group of a file, by its absolute path in delivery or in the archive; null: no such file is on record. A name in the
 * archive that several files share, because their content is the same, is that of the latest; a copy that has been replaced is known, too.
 */
export async function groupOfFile(sql: Sql, path: string): Promise<GroupRecord | null> {
  const hash = stableKey(path);
  for (const ofFile of [
    'select group_id from file_components where path_hash = ?',
    'select group_id from file_components where archive_hash = ? order by archived_at desc, id desc limit 1',
    'select group_id from former_copies where archive_hash = ?',
  ]) {
    const [row] = await sql.all(`${groupColumns} where id = (${ofFile})`, [hash]);
    if (row !== undefined) return groupRecord(sql, row);
  }
  return null;
}

/** The names of all watches that groups are on record of, configured or not; each is found by its place in an index. */
export async function recordedWatches(sql: Sql): Promise<readonly string[]> {
  const names: string[] = [];
  for (;;) {
    const last = names.at(-1);
    const [row] = await sql.all(
      `select min(watch_name) as name from files${last === undefined ? '' : ' where watch_name > ?'}`,
      last === undefined ? [] : [last],
    );
    const name = row?.['name'];
    if (typeof name !== 'string') return names;
    names.push(name);
  }
}

/** Up to `limit` groups whose key holds the text, or begins with its first letters. */
export async function groupsLike(sql: Sql, text: string, limit: number): Promise<readonly GroupRecord[]> {
  const mark = (part: string): string => part.replaceAll(/[!%_]/g, '!$&');
  const start = text.slice(0, Math.max(1, Math.ceil(text.length / 2)));
  const rows = await sql.all(
    `${groupColumns} where group_key like ? escape '!' or group_key like ? escape '!' order by id desc limit ?`,
    [`%${mark(text)}%`, `${mark(start)}%`, limit],
  );
  return rows.map((row) => groupRecord(sql, row));
}

/** Steps read together. */
const pageSize = 2000;

/** Every step of a group that is on record, the first one first. */
export async function transitionsOf(sql: Sql, groupId: number): Promise<readonly TransitionRecord[]> {
  const found: TransitionRecord[] = [];
  for (;;) {
    const rows = await sql.all('select * from group_transitions where group_id = ? and id > ? order by id limit ?', [
      groupId,
      found.at(-1)?.id ?? 0,
      pageSize,
    ]);
    for (const row of rows) found.push(transitionRecord(sql, row));
    if (rows.length < pageSize) return found;
  }
}

/** The files of a group, in the order in which they came. */
export async function componentsOf(sql: Sql, groupId: number): Promise<readonly ComponentRecord[]> {
  const rows = await sql.all('select * from file_components where group_id = ? order by filename, id', [groupId]);
  return rows.map((row) => ({
    filename: String(row['filename']),
    sourcePath: String(row['source_path']),
    archivePath: textOf(row['archive_path']),
    sizeBytes: wholeOf(row['size_bytes']),
    sha256: textOf(row['sha256']),
    status: statusOf(row['status']),
    inDelivery: Boolean(row['in_delivery']),
    inArchive: Boolean(row['in_archive']),
    errorMessage: textOf(row['error_message']),
    detectedAt: sql.dialect.readTime(row['detected_at']) ?? 0,
    archivedAt: sql.dialect.readTime(row['archived_at']),
    clearedAt: sql.dialect.readTime(row['cleared_at']),
  }));
}

/** A copy of a file that another copy has been made of since, under another name; the archive still has it, as far as is known. */
export interface FormerCopyRecord {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly at: number;
}

/** The copies of a group's former revisions, in the order in which they were replaced. */
export async function formerCopiesOf(sql: Sql, groupId: number): Promise<readonly FormerCopyRecord[]> {
  const rows = await sql.all(
    'select archive_path, sha256, size_bytes, archived_at from former_copies where group_id = ? order by id',
    [groupId],
  );
  return rows.map((row) => ({
    path: String(row['archive_path']),
    sha256: String(row['sha256']),
    sizeBytes: wholeOf(row['size_bytes']) ?? 0,
    at: sql.dialect.readTime(row['archived_at']) ?? 0,
  }));
}

/** How often groups took each step, of one watch or of all. */
export interface RecordedStep {
  readonly fromState: string | null;
  readonly toState: string;
  readonly event: string;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Counts the steps that are on record; `watchName` null: of every watch. It reads the whole history. */
export async function stepCounts(sql: Sql, watchName: string | null): Promise<readonly RecordedStep[]> {
  const ofWatch = watchName === null ? '' : ' join files on files.id = t.group_id where files.watch_name = ?';
  const rows = await sql.all(
    `select t.from_state, t.to_state, t.event, count(*) as n, min(t.at) as first_at, max(t.at) as last_at
      from group_transitions t${ofWatch} group by t.from_state, t.to_state, t.event`,
    watchName === null ? [] : [watchName],
  );
  return rows.map((row) => ({
    fromState: textOf(row['from_state']),
    toState: String(row['to_state']),
    event: String(row['event']),
    count: Number(row['n']),
    firstAt: sql.dialect.readTime(row['first_at']) ?? 0,
    lastAt: sql.dialect.readTime(row['last_at']) ?? 0,
  }));
}

/** Groups by state in snake case, of one watch or of all. */
export async function groupsByState(sql: Sql, watchName: string | null): Promise<Readonly<Record<string, number>>> {
  const rows = await sql.all(
    `select state, count(*) as n from files${watchName === null ? '' : ' where watch_name = ?'} group by state`,
    watchName === null ? [] : [watchName],
  );
  return Object.fromEntries(rows.map((row) => [String(row['state']), Number(row['n'])]));
}

function groupRecord(sql: Sql, row: Row): GroupRecord {
  return {
    id: Number(row['id']),
    watchName: String(row['watch_name']),
    groupKey: String(row['group_key']),
    fileType: textOf(row['file_type']),
    state: String(row['state']),
    stateSince: sql.dialect.readTime(row['state_since']) ?? 0,
    reason: textOf(row['reason']),
    revision: Number(row['revision']),
    attempt: Number(row['attempt']),
    rulesVersion: textOf(row['rules_version']),
    dueAt: sql.dialect.readTime(row['due_at']),
    completedAt: sql.dialect.readTime(row['completed_at']),
    archivePath: textOf(row['archive_path']),
    createdAt: sql.dialect.readTime(row['created_at']) ?? 0,
  };
}

function transitionRecord(sql: Sql, row: Row): TransitionRecord {
  return {
    id: Number(row['id']),
    at: sql.dialect.readTime(row['at']) ?? 0,
    fromState: textOf(row['from_state']),
    toState: String(row['to_state']),
    event: String(row['event']),
    reason: textOf(row['reason']),
    revision: Number(row['revision']),
    attempt: Number(row['attempt']),
    rulesVersion: textOf(row['rules_version']),
    machineVersion: Number(row['machine_version']),
    node: textOf(row['node']),
    facts: factsIn(row['facts']),
  };
}

function factsIn(stored: unknown): TransitionFacts | null {
  const facts = jsonOf(stored);
  return typeof facts === 'object' ? facts : null;
}
