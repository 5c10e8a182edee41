import { textOf } from '../../src/store/database/cells.ts';

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
