import type { StoredMetadata } from '../../core/index.ts';
import { jsonOf, textOf } from '../database/cells.ts';
import type { Row, Sql } from '../database/sql.ts';

/** A group that rules have decided about, with what was decided. */
export interface JudgedGroup {
  readonly id: number;
  readonly watchName: string;
  readonly groupKey: string;
  /** False: it was not selected. */
  readonly selected: boolean;
  /** Why, when it was not selected. */
  readonly reason: string | null;
  /** Null: what is on record cannot be read. */
  readonly metadata: StoredMetadata | null;
  /** Names of the components, relative to their watch. */
  readonly fileNames: readonly string[];
  /** Null: not on record, e.g. for a group that was found in the archive. */
  readonly archive: string | null;
  readonly routedBy: string | null;
  /** Where its primary component is archived. */
  readonly archivePath: string | null;
}

const pageSize = 500;

/** The groups that are complete or not selected, in pages in the order of their ids. */
export async function* judgedGroups(sql: Sql): AsyncGenerator<readonly JudgedGroup[], void, undefined> {
  const { asText } = sql.dialect;
  let lastId = 0;
  for (;;) {
    const rows: readonly Row[] = await sql.all(
      `select files.id, files.watch_name, files.group_key, files.state, files.reason, files.archive_path,
        ${asText('files.metadata')} as metadata, ${asText('actor_snapshots.snapshot')} as snapshot
        from files left join actor_snapshots on actor_snapshots.group_id = files.id and actor_snapshots.group_id > ?
        where (files.complete or files.state = 'not_selected') and files.id > ? order by files.id limit ?`,
      // Twice: PostgreSQL would read the snapshots for each page from the first one on.
      [lastId, lastId, pageSize],
    );
    if (rows.length === 0) return;
    lastId = Number(rows.at(-1)?.['id']);
    yield rows.map(judgedGroup);
  }
}

function judgedGroup(row: Row): JudgedGroup {
  const selected = row['state'] !== 'not_selected';
  const context = objectIn(jsonOf(row['snapshot']), 'context');
  const destination = selected ? objectIn(context, 'destination') : {};
  return {
    id: Number(row['id']),
    watchName: String(row['watch_name']),
    groupKey: String(row['group_key']),
    selected,
    reason: textOf(row['reason']),
    metadata: metadataIn(textOf(row['metadata']) ?? '{}'),
    fileNames: Object.values(objectIn(context, 'components')).flatMap((one) => textOf(objectIn(one)['name']) ?? []),
    archive: textOf(destination['archive']),
    routedBy: textOf(destination['routedBy']),
    archivePath: textOf(row['archive_path']),
  };
}

function metadataIn(text: string): StoredMetadata | null {
  const found = jsonOf(text);
  return typeof found === 'object' && found !== null ? { ...found } : null;
}

/** The object itself, or the one under its key; empty when there is none. */
function objectIn(value: unknown, key?: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return {};
  const found: Readonly<Record<string, unknown>> = { ...value };
  return key === undefined ? found : objectIn(found[key]);
}
