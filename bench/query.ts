/**
 * Queries, `status` and the CSV export on a database of many groups of one component each: milliseconds of the reads
 * themselves, seconds and memory of the whole export command. On SQLite, and on the servers of the tests.
 *
 * Usage: node bench/query.ts [components] [rounds]
 */
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProject, openStore, type Project } from '../src/api/index.ts';
import { readProjectStatus } from '../src/api/health.ts';
import { buildQuery, queryColumns, type Filters, type QueryOptions } from '../src/api/query.ts';
import type { DatabaseConfig, DriverName } from '../src/config/types.ts';
import { readNewFiles } from '../src/store/cursor.ts';
import { filePages } from '../src/store/file-pages.ts';
import type { Sql } from '../src/store/index.ts';
import { countFiles } from '../src/store/query.ts';
import { recountTotals } from '../src/store/totals.ts';
import { databaseOf, withDatabase } from './databases.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 40);
const bin = join(import.meta.dirname, '..', 'bin', 'carbonation.js');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function carbonation(directory: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [bin, ...args], { cwd: directory, encoding: 'utf8' });
}

/** What the databases say differently about the numbers 1 to `count`, as `i`. */
interface Words {
  readonly numbers: string;
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
    numbers: `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n) n`,
    time: (ms) => `(${ms})`,
    truth,
    text: joined,
    bigint: 'bigint',
    json: '',
    analyze: 'analyze',
  },
  postgresql: {
    numbers: `generate_series(1, ${count}) as n(i)`,
    time: (ms) => `to_timestamp((${ms}) / 1000.0)`,
    truth: (condition) => `(${condition})`,
    text: joined,
    bigint: 'bigint',
    json: '::jsonb',
    analyze: 'vacuum analyze',
  },
  mariadb: {
    numbers: `(select seq as i from seq_1_to_${count}) n`,
    time: (ms) => `from_unixtime((${ms}) / 1000.0)`,
    truth,
    text: (...parts) => `concat(${parts.join(', ')})`,
    bigint: 'signed',
    json: '',
    analyze: 'analyze table files, file_components',
  },
};

/** Two years of deliveries, most of them archived, made by the database itself. */
async function fill(sql: Sql, now: number): Promise<void> {
  const { numbers, time, truth: is, text, bigint, json, analyze } = words[sql.dialect.driver];
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

function share(values: readonly number[], part: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN).toFixed(1);
}

async function measure(name: string, run: (round: number) => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now();
    await run(round);
    times.push(performance.now() - start);
  }
  say(`${name.padEnd(46)} ms  median ${share(times, 0.5)}  p95 ${share(times, 0.95)}  max ${share(times, 1)}`);
}

async function reads(project: Project, now: number): Promise<void> {
  const { store, close } = await openStore(project);
  const { columns } = project.plugin.fileModel;
  const page = async (filters: Filters, options: QueryOptions) => {
    for await (const rows of filePages(store.sql, buildQuery(filters, options, columns))) void rows;
  };
  try {
    const start = performance.now();
    await fill(store.sql, now);
    say(`(filled in ${((performance.now() - start) / 1000).toFixed(0)} s)`);
    await measure('status', () => readProjectStatus(store.sql, project, now));
    await measure('one category, 50 rows', (i) => page({ category: `c${i % 20}` }, { limit: 50 }));
    await measure('one category, the latest 50 by created_at', (i) =>
      page({ category: `c${i % 20}` }, { limit: 50, orderBy: '-created_at' }),
    );
    await measure('one watch, failed, the latest 50', (i) =>
      page({ watch_name: `watch-${i % 3}`, state: 'failed' }, { limit: 50, orderBy: '-created_at' }),
    );
    await measure('a day of 2 years by start (no index), 50 rows', (i) =>
      page(
        { _daterange: [now - (i + 2) * 86_400_000, now - (i + 1) * 86_400_000].map((at) => new Date(at)) },
        { limit: 50 },
      ),
    );
    await measure('count of one category', (i) =>
      countFiles(store.sql, buildQuery({ category: `c${i % 20}` }, {}, columns).conditions),
    );
    const all = queryColumns(columns);
    await measure('getNewFiles of one watch, two pages of one row', async () => {
      const last = await readNewFiles(store.sql, { cursor: null, watchName: 'watch-1', limit: 1, columns: all });
      await readNewFiles(store.sql, { cursor: last.cursor, watchName: 'watch-1', limit: 1, columns: all });
    });
  } finally {
    await close();
  }
}

/** Runs the export as a process of its own, thrown away as it comes; its peak memory by the kernel. */
async function exportCsv(directory: string, orderBy: string): Promise<void> {
  const start = performance.now();
  const child = spawn(process.execPath, [bin, 'query', 'files', '--format', 'csv', `--order-by=${orderBy}`], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let bytes = 0;
  let peak = 0;
  const timer = setInterval(() => {
    const status = readFileSync(`/proc/${child.pid}/status`, { encoding: 'utf8', flag: 'r' });
    peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 100);
  child.stdout.on('data', (chunk: Buffer) => (bytes += chunk.length));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).stdout.on('end', () => clearInterval(timer));
    child.on('close', resolve);
  });
  clearInterval(timer);
  if (code !== 0) throw new Error(`the export ended with ${code}`);
  const seconds = (performance.now() - start) / 1000;
  say(
    `${`CSV of all groups by ${orderBy}, whole command`.padEnd(46)} s   ${seconds.toFixed(1)}, ${(bytes / 1e6).toFixed(0)} MB written, peak ${(peak / 1024).toFixed(0)} MiB resident`,
  );
}

function tomlOf({ driver, name, host, port, username, password }: DatabaseConfig): string {
  const values = { drivername: driver, name, host, port, username, password };
  const lines = Object.entries(values).filter(([, value]) => value !== null);
  return `[database]\n${lines.map(([key, value]) => `${key} = ${JSON.stringify(value)}`).join('\n')}\n\n`;
}

async function bench(directory: string, database: DatabaseConfig): Promise<void> {
  const project = join(directory, database.driver);
  carbonation(directory, 'init', '--dir', project);
  const config = join(project, 'config.toml');
  writeFileSync(
    config,
    readFileSync(config, 'utf8').replace(/^\[database\][\s\S]*?(?=^\[)/m, () => tomlOf(database)),
  );
  carbonation(project, 'db', 'init');
  say(`\n${database.driver}, ${count} groups of one component`);
  await reads(await openProject(config, process.env), Date.now());
  await exportCsv(project, 'id');
  await exportCsv(project, '-start');
}

say(`${rounds} rounds, ${cpus().length} cores, Node ${process.version}`);
const directory = mkdtempSync(join(tmpdir(), 'carbonation-bench-'));
try {
  for (const driver of ['sqlite', 'postgresql', 'mariadb'] as const) {
    const name =
      driver === 'sqlite' ? join(directory, 'carbonation.db') : `carbonation_bench_${randomBytes(4).toString('hex')}`;
    await withDatabase(databaseOf(driver, name), (database) => bench(directory, database));
  }
} finally {
  rmSync(directory, { recursive: true });
}
