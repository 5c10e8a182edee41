import { baseColumns } from '../core/index.ts';
import type { DriverName } from '../config/types.ts';
import type { Sql } from './sql.ts';

/** The tables that the core's migrations have made, with their columns; the plugin's columns of `files` are not among them. */
export const coreTables: Readonly<Record<string, string>> = {
  actor_snapshots: 'group_id machine version snapshot saved_at',
  archive_audits:
    'id scope scope_key started_at updated_at finished_at last_component_id last_former_id verified damaged bytes',
  archive_roots: 'path_hash path device seen_at',
  component_totals: 'watch_name status in_delivery in_archive total bytes',
  counters: 'name value',
  file_components:
    'id group_id watch_name filename source_path path_hash archive_path size_bytes mtime_ms ctime_ms inode sha256 status in_delivery in_archive error_message retry_count last_retry_at detected_at archived_at cleared_at archive_hash verified_at',
  former_copies: 'id group_id archive_path archive_hash sha256 size_bytes archived_at replaced_at',
  group_totals: 'watch_name state bare total',
  group_transitions:
    'id group_id at from_state to_state event reason revision attempt rules_version machine_version node facts',
  notifiers: 'name transition_id watch_event_id delivered_at failing_since last_error',
  open_directories: 'path_hash path opened_at',
  reconcile_requests: 'id options requested_at answered_at report',
  service_state:
    'id started_at last_heartbeat queue_depth workers_active instance host boot_id pid mode heartbeat_ms rules_version watches plugin_asked',
  watch_events: 'id watch_name at health reason',
  watch_roots: 'watch_name path device inode recorded_at',
  files: baseColumns.join(' '),
};

const catalogues: Readonly<Record<DriverName, string>> = {
  sqlite: `select t.name as table_name, c.name as column_name from sqlite_master t, pragma_table_info(t.name) c
    where t.type = 'table'`,
  postgresql: `select t.relname as table_name, c.attname as column_name from pg_class t join pg_attribute c on c.attrelid = t.oid
    where t.relkind = 'r' and pg_table_is_visible(t.oid) and c.attnum > 0 and not c.attisdropped`,
  mariadb: `select table_name as table_name, column_name as column_name from information_schema.columns
    where table_schema = database()`,
};

/** What somebody has taken out of the core's tables, as sentences: what they hold cannot be recorded, although no migration is pending. */
export async function missingTables(sql: Sql): Promise<readonly string[]> {
  const rows = await sql.all(catalogues[sql.dialect.driver]);
  const live = Map.groupBy(rows, (row) => String(row['table_name']));
  return Object.entries(coreTables).flatMap(([table, columns]) => {
    const found = live.get(table);
    if (found === undefined) return [`the table ${table} is missing`];
    const present = new Set(found.map((row) => String(row['column_name'])));
    const missing = columns.split(' ').filter((name) => !present.has(name));
    if (missing.length === 0) return [];
    return [`the table ${table} lacks the column${missing.length === 1 ? '' : 's'} ${missing.join(', ')}`];
  });
}
