import { largestInteger } from '../../core/index.ts';
import { CarbonationError } from '../../errors/index.ts';
import { decodeRow, readable, type QueryColumn, type QueryRow } from './query.ts';
import type { Row, Sql } from '../database/sql.ts';

/**
 * A place in the order of completion. The numbers are given out under a lock that lasts until the commit, so that whoever
 * sees a number sees all smaller ones; the other fields tell a place of this database's past from one of another past.
 */
export interface CursorPosition {
  /** The database's random id. */
  readonly database: number;
  /** `completed_seq` of the last row that was handed out; 0: none. */
  readonly seq: number;
  /** That row, as it was. */
  readonly groupId: number;
  /** One that is on its way, and completes later, is not yet that of the row. */
  readonly revision: number;
  readonly completedAt: number;
}

const version = 1;

/** The position as an opaque text. */
export function encodeCursor({ database, seq, groupId, revision, completedAt }: CursorPosition): string {
  return Buffer.from(JSON.stringify([version, database, seq, groupId, revision, completedAt])).toString('base64url');
}

/**
 * The position in a cursor's text.
 *
 * @throws CarbonationError CURSOR_INVALID for a text that is no cursor
 */
export function decodeCursor(text: string): CursorPosition {
  const fields = parseFields(text);
  const [read, database, seq, groupId, revision, completedAt] = fields;
  const isWhole = fields.length === 6 && fields.every((field) => Number.isSafeInteger(field) && field >= 0);
  if (
    !isWhole ||
    read !== version ||
    database === undefined ||
    seq === undefined ||
    groupId === undefined ||
    // PostgreSQL has another error for more.
    groupId > largestInteger ||
    revision === undefined ||
    completedAt === undefined
  ) {
    throw new CarbonationError('CURSOR_INVALID', 'this is not a cursor of getNewFiles');
  }
  return { database, seq, groupId, revision, completedAt };
}

function parseFields(text: string): readonly number[] {
  try {
    const fields: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    return Array.isArray(fields)
      ? fields.map((field: unknown) => (typeof field === 'number' ? field : Number.NaN))
      : [];
  } catch {
    return [];
  }
}

/** What of the completed groups to read. */
export interface NewFilesQuery {
  readonly cursor: string | null;
  readonly watchName: string | null;
  /** The most rows. */
  readonly limit: number;
  readonly columns: readonly QueryColumn[];
}

/**
 * The groups that have completed since a cursor, in the order of completion, and the cursor behind them. One whose files have turned out
 * to be another group's is complete no longer.
 *
 * @throws CarbonationError CURSOR_INVALID for a cursor of another database, or of a past that this one does not have
 */
export async function readNewFiles(
  sql: Sql,
  { cursor, watchName, limit, columns }: NewFilesQuery,
): Promise<{ readonly rows: readonly QueryRow[]; readonly cursor: string }> {
  const counters = await readCounters(sql);
  const start = { database: counters.database, seq: 0, groupId: 0, revision: 0, completedAt: 0 };
  const position = cursor === null ? start : decodeCursor(cursor);
  await assertKnown(sql, position, counters);
  const rows = await sql.all(
    `select ${[...readable(sql, columns), 'files.id as row_id'].join(', ')}, files.completed_seq as row_seq, files.revision as row_revision,
      files.state as row_state, files.completed_at as row_completed_at
      from files where ${watchName === null ? '' : 'watch_name = ? and '}completed_seq > ? and complete order by completed_seq limit ?`,
    [...(watchName === null ? [] : [watchName]), position.seq, limit],
  );
  const last = rows.at(-1);
  const next = last === undefined ? position : positionOf(sql, counters.database, last);
  return { rows: rows.map((row) => decodeRow(sql.dialect, columns, row)), cursor: encodeCursor(next) };
}

/** The states in which a group's revision is the completed one; in others the next one may be on its way. */
const completedStates: ReadonlySet<unknown> = new Set(['archived', 'missing', 'written_off', 'removing_sources']);

function positionOf(sql: Sql, database: number, row: Row): CursorPosition {
  return {
    database,
    seq: Number(row['row_seq']),
    groupId: Number(row['row_id']),
    revision: Number(row['row_revision']) - (completedStates.has(row['row_state']) ? 0 : 1),
    completedAt: sql.dialect.readTime(row['row_completed_at']) ?? 0,
  };
}

interface Counters {
  readonly database: number;
  readonly completion: number;
}

async function readCounters(sql: Sql): Promise<Counters> {
  const rows = await sql.all('select name, value from counters');
  const value = (name: string): number => Number(rows.find((row) => row['name'] === name)?.['value'] ?? 0);
  return { database: value('database'), completion: value('completion') };
}

/** Refuses a cursor that this database has not given, or gave in a past that a restore has undone. */
async function assertKnown(sql: Sql, position: CursorPosition, counters: Counters): Promise<void> {
  if (position.database !== counters.database) {
    throw new CarbonationError('CURSOR_INVALID', 'the cursor is not of this database');
  }
  if (position.seq > counters.completion) {
    throw new CarbonationError(
      'CURSOR_INVALID',
      `the cursor is ahead of this database (${position.seq} completions against ${counters.completion}): it was restored from a backup`,
    );
  }
  if (position.seq === 0) return;
  const [row] = await sql.all('select completed_seq, completed_at, revision from files where id = ?', [
    position.groupId,
  ]);
  // A later revision has taken the group to a later place, or is about to, or it was no group of its own.
  if (Number(row?.['revision'] ?? 0) > position.revision) return;
  const isSame =
    Number(row?.['completed_seq'] ?? 0) === position.seq &&
    (sql.dialect.readTime(row?.['completed_at']) ?? 0) === position.completedAt;
  if (isSame) return;
  throw new CarbonationError(
    'CURSOR_INVALID',
    'the cursor is not of this database as it is now: what it had handed out is not there, it was restored from a backup',
  );
}
