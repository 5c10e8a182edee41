import type { DriverName } from '../../src/config/types.ts';
import type { Sql } from '../../src/store/index.ts';
import { recountTotals } from '../../src/store/commit/totals.ts';

/** What the databases say differently. */
interface Words {
  /** The numbers 1 to `count` as `i`. */
  numbers(count: number): string;
  /** A moment of so many ms since 1970. */
  time(ms: string): string;
  truth(condition: string): string;
  text(...parts: readonly string[]): string;
  readonly bigint: string;
  readonly json: string;
  readonly analyze: string;
}

const truth = (condition: string): string => `(case when ${condition} then 1 else 0 end)`;
const joined = (...parts: readonly string[]): string => parts.join(' || ');

const words: Readonly<Record<DriverName, Words>> = {
  sqlite: {
    numbers: (count) =>
      `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n) n`,
    time: (ms) => `(${ms})`,
    truth,
    text: joined,
    bigint: 'bigint',
    json: '',
    analyze: 'analyze',
  },
  postgresql: {
    numbers: (count) => `generate_series(1, ${count}) as n(i)`,
    time: (ms) => `to_timestamp((${ms}) / 1000.0)`,
    truth: (condition) => `(${condition})`,
    text: joined,
    bigint: 'bigint',
    json: '::jsonb',
    analyze: 'vacuum analyze',
  },
  mariadb: {
    numbers: (count) => `(select seq as i from seq_1_to_${count}) n`,
    time: (ms) => `from_unixtime((${ms}) / 1000.0)`,
    truth,
    text: (...parts) => `concat(${parts.join(', ')})`,
    bigint: 'signed',
    json: '',
    analyze: 'analyze table files, file_components',
  },
};

/** Fills a database with two years of deliveries, groups of one component, most of them archived; it makes them itself. */
export async function fill(sql: Sql, now: number, count: number): Promise<void> {
  const { numbers: numbersTo, time, truth: is, text, bigint, json, analyze } = words[sql.dialect.driver];
  const numbers = numbersTo(count);
  const at = `${now} - ${Math.floor(63_072_000_000 / count)} * cast(${count} - i as ${bigint})`;
  const isArchived = 'i % 100 > 2';
  const state =
    "case i % 100 when 0 then 'waiting' when 1 then 'failed' when 2 then 'not_selected' else 'archived' end";
  const metadata = text(`'{"category":"c'`, '(i % 20)', `'","source":"station '`, '(i % 200)', `'"}'`);
  const watch = text("'watch-'", '(i % 3)');
  const archived = text("'/srv/archive/c/20260101/pass_'", 'i', "'.json'");
  await sql.run(
    `insert into files (watch_name, group_key, key_hash, state, state_since, complete, archive_path, metadata, created_at,
      completed_at, completed_seq, modified_at, start, stop, category, source)
      select ${watch}, ${text("'pass_'", 'i')}, ${text("'k'", 'i')}, ${state}, ${time(at)}, ${is(isArchived)},
      ${archived}, (${metadata})${json}, ${time(at)}, case when ${isArchived} then ${time(at)} end,
      case when ${isArchived} then i end, ${time(at)}, ${time(at)}, ${time(`${at} + 3600000`)}, ${text("'c'", '(i % 20)')},
      ${text("'station '", '(i % 200)')} from ${numbers}`,
  );
  await sql.run(
    `insert into file_components (group_id, watch_name, filename, source_path, path_hash, archive_path, size_bytes, mtime_ms,
      ctime_ms, inode, sha256, status, in_delivery, in_archive, detected_at, archived_at)
      select i, ${watch}, ${text("'pass_'", 'i', "'.json'")}, ${text("'/srv/delivery/pass_'", 'i', "'.json'")},
      ${text("'h'", 'i')}, ${archived}, 20000 + i % 1000, 1.0, 1.0, i,
      '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', ${state}, ${is('i % 2 = 0')}, ${is(isArchived)},
      ${time(at)}, case when ${isArchived} then ${time(at)} end from ${numbers}`,
  );
  await sql.run(`update counters set value = ${count} where name = 'completion'`);
  await recountTotals(sql);
  await sql.run(analyze);
}
