import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { textOf } from '../../src/store/cells.ts';
import { sha256, type Life } from './life.ts';

/** A row of `file_components` with its group's state. */
export interface ComponentRow {
  readonly source_path: string;
  readonly filename: string;
  readonly archive_path: string | null;
  readonly sha256: string | null;
  readonly status: string;
  readonly in_delivery: boolean;
  readonly in_archive: boolean;
  readonly error_message: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly complete: boolean;
  readonly revision: number;
}

/** Reads what {@link componentRow} takes. */
export const everyComponent = `select c.source_path, c.filename, c.archive_path, c.sha256, c.status, c.in_delivery, c.in_archive,
  c.error_message, f.state, f.reason, f.complete, f.revision
  from file_components c join files f on f.id = c.group_id order by c.source_path`;

/** The component in a row of any database. */
export function componentRow(row: Readonly<Record<string, unknown>>): ComponentRow {
  return {
    source_path: String(row['source_path']),
    filename: String(row['filename']),
    archive_path: textOf(row['archive_path']),
    sha256: textOf(row['sha256']),
    status: String(row['status']),
    in_delivery: Boolean(row['in_delivery']),
    in_archive: Boolean(row['in_archive']),
    error_message: textOf(row['error_message']),
    state: String(row['state']),
    reason: textOf(row['reason']),
    complete: Boolean(row['complete']),
    revision: Number(row['revision']),
  };
}

/** The components in an SQLite database, read without the program. */
export function componentRows(database: string): readonly ComponentRow[] {
  const opened = new DatabaseSync(database, { timeout: 5000 });
  try {
    return opened.prepare(everyComponent).all().map(componentRow);
  } finally {
    opened.close();
  }
}

/** A file in an archive. */
export interface ArchivedFile {
  readonly path: string;
  readonly name: string;
  /** Of the content; for a symbolic link that leads nowhere, empty. */
  readonly sha256: string;
}

/** Every file below a directory, hidden ones too. */
export function filesIn(directory: string): readonly ArchivedFile[] {
  if (!existsSync(directory)) return [];
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return { path, name, sha256: hashOf(path) ?? '' };
    });
}

/** The SHA-256 of the content behind a path; null when there is none. */
export function hashOf(path: string): string | null {
  try {
    return sha256(readFileSync(path));
  } catch {
    return null;
  }
}

/** Archived according to the database, and not so on disk. */
export function falseRecords(rows: readonly ComponentRow[]): readonly string[] {
  return rows.flatMap((row) => {
    if (!row.in_archive) return [];
    if (row.archive_path === null) return [`${row.source_path} is archived, and nobody knows where`];
    const isThere = isLinkTo(row.archive_path, row.source_path) || hashOf(row.archive_path) === row.sha256;
    return isThere ? [] : [`${row.archive_path} is not what the database says it is`];
  });
}

/** At rest, the database also knows what is in delivery, and no temporary name is left. */
export function remains(rows: readonly ComponentRow[], archived: readonly ArchivedFile[]): readonly string[] {
  const parts = archived.filter(({ name }) => name.endsWith('.part'));
  return [
    ...parts.map(({ path }) => `${path} has been left over`),
    ...rows
      .filter(({ source_path, in_delivery }) => isThere(source_path) === !in_delivery)
      .map(({ source_path, in_delivery }) => `${source_path}: in_delivery = ${in_delivery} in the database`),
    ...rows
      .filter(({ state, complete }) => state === 'archived' && !complete)
      .map(({ source_path }) => `${source_path}: archived and not complete`),
  ];
}

/** Null, no statement: a directory in the place of a file counts as a broken file, or as none, depending on what was seen first. */
function isThere(path: string): boolean | null {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true ? null : found !== undefined;
}

/** A symbolic link in an archive shows what its source is now. */
function isLinkTo(path: string, source: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink() && readlinkSync(path) === source;
  } catch {
    return false;
  }
}

/** What may be said of a life when it is looked at. */
export type Expectation =
  /** Everything delivered is in the archive, and nothing is left over. */
  | 'archived'
  /** What is not in the archive is in delivery, with a reason in the database. */
  | 'explained'
  /** What is not in the archive is in delivery; the run itself has said why. */
  | 'kept';

/** What is wrong with a life: nothing may be lost, half, double or, at rest, left over. */
export function violations(life: Life, expectation: Expectation): readonly string[] {
  const archived = filesIn(life.archive);
  const rows = componentRows(life.database);
  const known = new Set([...life.delivered.map((one) => one.sha256), ...life.foreign]);
  const halves = archived.filter((file) => !file.name.endsWith('.part') && !known.has(file.sha256));
  // What has been replaced is recorded once its replacement is on disk; until then the record is of what was there before.
  const isReplacing = life.kind.onConflict === 'replace' && expectation !== 'archived';
  return [
    ...(isReplacing ? [] : falseRecords(rows)),
    ...halves.map(({ path }) => `${path} is nothing whole`),
    ...miscounted(life, rows, archived, expectation),
    ...(expectation === 'archived' ? [...remains(rows, archived), ...unfinished(life, rows)] : []),
  ];
}

/** Content that is not in the archive exactly once. */
function miscounted(
  life: Life,
  rows: readonly ComponentRow[],
  archived: readonly ArchivedFile[],
  expectation: Expectation,
): readonly string[] {
  const byName = new Map(rows.map((row) => [row.filename, row]));
  const isWaiting = (name: string, hash: string) => {
    if (expectation === 'archived' || hashOf(join(life.delivery, name)) !== hash) return false;
    const row = byName.get(name);
    return expectation === 'kept' || (row?.error_message ?? row?.reason ?? null) !== null;
  };
  return [...life.delivered, ...wholly(life.foreign)].flatMap(({ stage, name, sha256: hash }) => {
    const count = archived.filter((file) => file.sha256 === hash && !file.name.endsWith('.part')).length;
    const what = `${name} of the ${stage}`;
    if (count > 1) return [`${what} is in the archive ${count} times`];
    if (isSuperseded(life, stage, name)) {
      return count === 1 && expectation === 'archived' ? [`${what} is archived although it was replaced`] : [];
    }
    return count === 1 || isWaiting(name, hash) ? [] : [`${what} is lost`];
  });
}

function unfinished(life: Life, rows: readonly ComponentRow[]): readonly string[] {
  const left = life.kind.action === 'move' ? readdirSync(life.delivery) : [];
  return [
    ...rows
      .filter(({ state, status }) => state !== 'archived' || status !== 'archived')
      .map(({ source_path, state, reason }) => `${source_path} is ${state}, ${reason}`),
    ...left.map((name) => `${name} has been left in delivery`),
  ];
}

function wholly(foreign: readonly string[]) {
  return foreign.map((hash) => ({ stage: 'foreign', name: '', sha256: hash }));
}

/** Content that need not be in the archive any more: replaced there, or behind a link whose source has been overwritten. */
function isSuperseded(life: Life, stage: string, name: string): boolean {
  const { kind, delivered } = life;
  if (kind.action === 'symlink') {
    return stage === 'delivery' && delivered.some((one) => one.stage === 're-delivery' && one.name === name);
  }
  if (kind.onConflict !== 'replace') return false;
  return stage === 'foreign' || (stage === 'delivery' && delivered.some((one) => one.stage === 're-delivery'));
}
