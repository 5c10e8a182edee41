import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ComponentRow } from './component-rows.ts';
import { sha256, type Life } from './life.ts';

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
export async function violations(life: Life, expectation: Expectation): Promise<readonly string[]> {
  const archived = filesIn(life.archive);
  const rows = await life.rows();
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
  const newest = new Map(life.delivered.map((one) => [one.name, one.sha256]));
  return [
    ...[...newest]
      .filter(([name, hash]) => !rows.some((row) => row.filename === name && row.sha256 === hash))
      .map(([name]) => `of ${name} the newest content is not on record`),
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
  if (stage === 'foreign') return delivered.length > 0;
  return stage === 'delivery' && delivered.some((one) => one.stage === 're-delivery');
}
