import type { DriverName } from '../../config/types.ts';
import type { Sql } from './sql.ts';

/** Settings of a server with which it may lose what it has said was committed, or damage it, when its machine fails. */
const queries: Readonly<Record<DriverName, string | null>> = {
  sqlite: null,
  postgresql: `select name || ' = ' || setting as setting from pg_settings
    where name in ('fsync', 'full_page_writes') and setting = 'off' order by name`,
  // 3 flushes at each commit, too.
  mariadb: `select concat('innodb_flush_log_at_trx_commit = ', @@innodb_flush_log_at_trx_commit) as setting
    from dual where @@innodb_flush_log_at_trx_commit not in (1, 3)`,
};

/** Those of them that a database's server has, each with its value. */
export async function riskySettings(sql: Sql): Promise<readonly string[]> {
  const query = queries[sql.dialect.driver];
  return query === null ? [] : (await sql.all(query)).map(({ setting }) => String(setting));
}
