import { cellText, textOf } from '../database/cells.ts';
import { filePages } from './file-pages.ts';
import type { FileQuery } from './query.ts';
import type { Sql } from '../database/sql.ts';

/** A file that is in an archive, as far as is known, or is missed there. */
export interface ArchivedCopy {
  /** Absolute. */
  readonly path: string;
  /** In hex; null: none is on record. */
  readonly sha256: string | null;
  /** It is missing or damaged, and not written off. */
  readonly isMissed: boolean;
}

const columns = [
  { name: 'id', type: 'integer', nullable: false },
  { name: 'state', type: 'text', nullable: false },
] as const;

/** The archived files of the groups of a query, group by group in its order, those of a group by their paths; in pages. */
export async function* archivedCopies(
  sql: Sql,
  query: FileQuery,
): AsyncGenerator<readonly ArchivedCopy[], void, undefined> {
  for await (const groups of filePages(sql, { ...query, columns })) {
    const ids = groups.map(({ id }) => Number(id));
    const rows = await sql.whereIn(
      'select group_id, archive_path, sha256, in_archive, status from file_components',
      'group_id',
      ids,
      'integer',
    );
    const copies = new Map<number, ArchivedCopy[]>(ids.map((id) => [id, []]));
    const writtenOff = new Set(groups.filter(({ state }) => state === 'written_off').map(({ id }) => Number(id)));
    for (const { group_id, archive_path, sha256, in_archive, status } of rows) {
      const isMissed = status === 'missing' && !writtenOff.has(Number(group_id));
      if (!in_archive && !isMissed) continue;
      copies.get(Number(group_id))?.push({ path: cellText(archive_path), sha256: textOf(sha256), isMissed });
    }
    yield [...copies.values()].flatMap((own) => own.toSorted((a, b) => (a.path < b.path ? -1 : 1)));
  }
}
