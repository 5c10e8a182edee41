import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { sha256, type Life } from './life.ts';

/** A row of `file_components` with its group's state. */
export interface ComponentRow {
  readonly source_path: string;
  readonly filename: string;
  readonly archive_path: string | null;
  readonly sha256: string | null;
  readonly status: string;
  readonly in_delivery: number;
  readonly in_archive: number;
  readonly error_message: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly complete: number;
  readonly revision: number;
}

/** The components in a database, read without the program. */
export function componentRows(database: string): readonly ComponentRow[] {
  const opened = new DatabaseSync(database, { timeout: 5000 });
  try {
    const rows = opened.prepare(
      `select c.source_path, c.filename, c.archive_path, c.sha256, c.status, c.in_delivery, c.in_archive,
         c.error_message, f.state, f.reason, f.complete, f.revision
       from file_components c join files f on f.id = c.group_id order by c.source_path`,
    );
    // The statement above says what the columns are.
    return rows.all() as unknown as readonly ComponentRow[];
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
export function falseRecords(database: string): readonly string[] {
  return componentRows(database).flatMap((row) => {
    if (row.in_archive !== 1) return [];
    if (row.archive_path === null) return [`${row.source_path} is archived, and nobody knows where`];
    const isThere = isLinkTo(row.archive_path, row.source_path) || hashOf(row.archive_path) === row.sha256;
    return isThere ? [] : [`${row.archive_path} is not what the database says it is`];
  });
}

/** At rest, the database also knows what is in delivery, and no temporary name is left. */
export function remains(database: string, archived: readonly ArchivedFile[]): readonly string[] {
  const parts = archived.filter(({ name }) => name.endsWith('.part'));
  const rows = componentRows(database);
  return [
    ...parts.map(({ path }) => `${path} has been left over`),
    ...rows
      .filter(({ source_path, in_delivery }) => existsSync(source_path) !== (in_delivery === 1))
      .map(({ source_path, in_delivery }) => `${source_path}: in_delivery = ${in_delivery} in the database`),
    ...rows
      .filter(({ state, complete }) => state === 'archived' && complete !== 1)
      .map(({ source_path }) => `${source_path}: archived and not complete`),
  ];
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
  const known = new Set([...life.delivered.map((one) => one.sha256), ...life.foreign]);
  const halves = archived.filter((file) => !file.name.endsWith('.part') && !known.has(file.sha256));
  // What has been replaced is recorded once its replacement is on disk; until then the record is of what was there before.
  const isReplacing = life.kind.onConflict === 'replace' && expectation !== 'archived';
  return [
    ...(isReplacing ? [] : falseRecords(life.database)),
    ...halves.map(({ path }) => `${path} is nothing whole`),
    ...miscounted(life, archived, expectation),
    ...(expectation === 'archived' ? [...remains(life.database, archived), ...unfinished(life)] : []),
  ];
}

/** Content that is not in the archive exactly once. */
function miscounted(life: Life, archived: readonly ArchivedFile[], expectation: Expectation): readonly string[] {
  const rows = new Map(componentRows(life.database).map((row) => [row.filename, row]));
  const isWaiting = (name: string, hash: string) => {
    if (expectation === 'archived' || hashOf(join(life.delivery, name)) !== hash) return false;
    const row = rows.get(name);
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

function unfinished(life: Life): readonly string[] {
  const left = life.kind.action === 'move' ? readdirSync(life.delivery) : [];
  return [
    ...componentRows(life.database)
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
