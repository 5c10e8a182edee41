/**
 * Queries, `status` and the CSV export on a database of many components, two to
 * a group: milliseconds of the reads themselves, seconds and memory of the
 * whole export command.
 *
 * Usage: node bench/query.ts [components] [rounds]. PostgreSQL too, where
 * CARBONATION_TEST_POSTGRESQL names a server (postgresql://user@host:port).
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProject, openStore, type Project } from '../src/api/index.ts';
import { readProjectStatus } from '../src/api/health.ts';
import { buildQuery, queryColumns, type Filters, type QueryOptions } from '../src/api/query.ts';
import { readNewFiles } from '../src/store/cursor.ts';
import type { Sql } from '../src/store/index.ts';
import { countFiles, filePages } from '../src/store/query.ts';

const components = Number(process.argv[2] ?? 1_000_000);
const rounds = Number(process.argv[3] ?? 40);
const bin = join(import.meta.dirname, '..', 'bin', 'carbonation.js');
const groups = Math.ceil(components / 2);
const server = process.env['CARBONATION_TEST_POSTGRESQL'];
const databaseName = `carbonation_bench_${process.pid}`;

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function carbonation(directory: string, ...args: readonly string[]): string {
  return execFileSync(process.execPath, [bin, ...args], { cwd: directory, encoding: 'utf8' });
}

/** Two years of deliveries, most of them archived, made by the database itself. */
async function fill(sql: Sql, now: number): Promise<void> {
  const isPostgresql = sql.dialect.driver === 'postgresql';
  const numbers = (count: number): string =>
    isPostgresql
      ? `generate_series(1, ${count}) as n(i)`
      : `(with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count}) select i from n) n`;
  const time = (ms: string): string => (isPostgresql ? `to_timestamp((${ms}) / 1000.0)` : `(${ms})`);
  const truth = (condition: string): string =>
    isPostgresql ? `(${condition})` : `(case when ${condition} then 1 else 0 end)`;
  const span = 63_072_000_000;
  const at = (count: number): string => `${now} - ${Math.floor(span / count)} * cast(${count} - i as bigint)`;
  const state =
    "case i % 100 when 0 then 'waiting' when 1 then 'failed' when 2 then 'not_selected' else 'archived' end";
  const metadata = `'{"category":"c' || (i % 20) || '","source":"station ' || (i % 200) || '"}'`;
  await sql.run(
    `insert into files (watch_name, group_key, key_hash, state, state_since, complete, archive_path, metadata, created_at,
      completed_at, completed_seq, modified_at, start, stop, category, source)
      select 'watch-' || (i % 3), 'pass_' || i, 'k' || i, ${state}, ${time(at(groups))}, ${truth('i % 100 > 2')},
      '/srv/archive/c/20260101/pass_' || i || '.json', ${isPostgresql ? `(${metadata})::jsonb` : metadata}, ${time(at(groups))},
      case when i % 100 > 2 then ${time(at(groups))} end, case when i % 100 > 2 then i end, ${time(at(groups))},
      ${time(at(groups))}, ${time(`${at(groups)} + 3600000`)}, 'c' || (i % 20), 'station ' || (i % 200)
      from ${numbers(groups)}`,
  );
  const status =
    "case (i / 2) % 100 when 0 then 'waiting' when 1 then 'failed' when 2 then 'not_selected' else 'archived' end";
  await sql.run(
    `insert into file_components (group_id, watch_name, filename, source_path, path_hash, archive_path, size_bytes, mtime_ms,
      ctime_ms, inode, sha256, status, in_delivery, in_archive, detected_at, archived_at)
      select i / 2 + 1, 'watch-' || (i % 3), 'pass_' || i || '.json', '/srv/delivery/pass_' || i || '.json', 'h' || i,
      '/srv/archive/c/20260101/pass_' || i || '.json', 20000 + i % 1000, 1.0, 1.0, i,
      '0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef', ${status}, ${truth('i % 2 = 0')},
      ${truth('(i / 2) % 100 > 2')}, ${time(at(components))}, case when (i / 2) % 100 > 2 then ${time(at(components))} end
      from ${numbers(components)}`,
  );
  await sql.run(`update counters set value = ${groups} where name = 'completion'`);
  await sql.run(isPostgresql ? 'vacuum analyze' : 'analyze');
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
async function exportCsv(directory: string): Promise<void> {
  const start = performance.now();
  const child = spawn(process.execPath, [bin, 'query', 'files', '--format', 'csv'], {
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
    `CSV of ${groups} groups, whole command               s   ${seconds.toFixed(1)}, ${(bytes / 1e6).toFixed(0)} MB written, peak ${(peak / 1024).toFixed(0)} MiB resident`,
  );
}

async function bench(name: string, database: string): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'carbonation-bench-'));
  try {
    carbonation(directory, 'init');
    const config = join(directory, 'config.toml');
    writeFileSync(
      config,
      readFileSync(config, 'utf8').replace(/^\[database\][\s\S]*?(?=^\[)/m, `[database]\n${database}\n\n`),
    );
    carbonation(directory, 'db', 'init');
    say(`\n${name}, ${components} components in ${groups} groups`);
    await reads(await openProject(config, process.env), Date.now());
    await exportCsv(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function onServer(url: URL, statement: string): Promise<void> {
  const environment = { ...process.env, PGPASSWORD: decodeURIComponent(url.password) };
  const user = decodeURIComponent(url.username) || 'postgres';
  execFileSync(
    'psql',
    ['-q', '-h', url.hostname, '-p', url.port || '5432', '-U', user, '-d', 'postgres', '-c', statement],
    {
      env: environment,
    },
  );
}

say(`${rounds} rounds, ${cpus().length} cores, Node ${process.version}`);
await bench('SQLite', 'drivername = "sqlite"\nname = "carbonation.db"');
if (server === undefined) say('\n(no PostgreSQL: set CARBONATION_TEST_POSTGRESQL)');
else {
  const url = new URL(server);
  await onServer(url, `create database ${databaseName}`);
  try {
    const password = url.password === '' ? '' : `\npassword = "${decodeURIComponent(url.password)}"`;
    const login = `host = "${url.hostname}"\nport = ${url.port || 5432}\nusername = "${decodeURIComponent(url.username) || 'postgres'}"${password}`;
    await bench('PostgreSQL', `drivername = "postgresql"\nname = "${databaseName}"\n${login}`);
  } finally {
    await onServer(url, `drop database ${databaseName}`);
  }
}
