import { Migration } from '@mikro-orm/migrations';

/** Dropping an index names its table on MariaDB only. */
const dropped = [
  ['files', 'files_state_index'],
  ['files', 'files_watch_name_index'],
  ['file_components', 'file_components_status_index'],
] as const;

const created = [
  // Groups by state and watch, and the oldest of each, without a look at the table.
  'create index files_state_watch_name_created_at_index on files (state, watch_name, created_at)',
  // What one watch has completed since a cursor.
  'create index files_watch_name_completed_seq_index on files (watch_name, completed_seq)',
  'create index files_created_at_index on files (created_at)',
  // The spans of `status` are counted as ranges of these two.
  'create index file_components_status_detected_at_index on file_components (status, detected_at)',
  'create index file_components_status_archived_at_index on file_components (status, archived_at)',
  // Totals of delivery and archive, with their bytes.
  'create index file_components_totals_index on file_components (status, in_delivery, in_archive, size_bytes)',
];

/** Complete groups without metadata: MariaDB has no partial indexes, but one of the first byte knows what is null. */
const bare: Readonly<Record<string, string>> = {
  mariadb: 'create index files_bare_index on files (complete, metadata(1))',
  other: 'create index files_bare_index on files (state) where complete and metadata is null',
};

/** Indexes for queries, cursors and `status` on millions of rows, and the id that tells this database from others. */
export class Migration0002Queries extends Migration {
  override up(): void {
    const isMariadb = this.driver.getPlatform().constructor.name.toLowerCase().startsWith('mariadb');
    for (const [table, index] of dropped) this.addSql(`drop index ${index}${isMariadb ? ` on ${table}` : ''}`);
    for (const statement of created) this.addSql(statement);
    this.addSql((isMariadb ? bare['mariadb'] : bare['other']) ?? '');
    // 48 bits, so that every driver reads it as a number.
    const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
    const id = (high % 65_536) * 4_294_967_296 + low + 1;
    this.addSql(`insert into counters (name, value) values ('database', ${id})`);
  }
}
