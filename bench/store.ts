/**
 * What the databases cost by themselves: milliseconds of `db init`, and rows per
 * second of the batched writer (each group is a row in four tables), on SQLite
 * and on the servers of the tests.
 *
 * Usage: node bench/store.ts [groups per round] [rounds]
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initDatabase, type DatabaseProject } from '../src/api/index.ts';
import type { DatabaseConfig, DriverName } from '../src/config/types.ts';
import { stableKey } from '../src/core/index.ts';
import { column, defineFileModel, definePlugin, definePluginMigration } from '../src/plugin/index.ts';
import { connectionOf, GroupStore, openOrm, Sql, type GroupWrite } from '../src/store/index.ts';

const groups = Number(process.argv[2] ?? 5000);
const rounds = Number(process.argv[3] ?? 5);
const batch = 250;

const columns = {
  start: column.datetime(),
  category: column.text({ length: 255, index: true }),
  orbit: column.bigint(),
  ratio: column.decimal(),
};
const plugin = definePlugin({ fileModel: defineFileModel(columns) });
const migration = definePluginMigration({
  dependsOn: 'core/0001_initial',
  up: (files) => {
    for (const [name, spec] of Object.entries(columns)) files.addColumn(name, spec);
    files.addIndex('category');
  },
});

function databaseOf(driver: DriverName, name: string): DatabaseConfig {
  const plain = { driver, name, host: null, port: null, username: null, password: null, echo: false };
  if (driver === 'sqlite') return plain;
  const isPostgresql = driver === 'postgresql';
  const url = new URL(
    process.env[isPostgresql ? 'CARBONATION_TEST_POSTGRESQL' : 'CARBONATION_TEST_MARIADB'] ??
      (isPostgresql ? 'postgresql://postgres@127.0.0.1:5432' : 'mariadb://root@127.0.0.1:3306'),
  );
  const password = url.password === '' ? null : decodeURIComponent(url.password);
  return { ...plain, host: url.hostname, port: Number(url.port), username: decodeURIComponent(url.username), password };
}

async function onServer(driver: DriverName, statement: string): Promise<void> {
  const orm = await openOrm(databaseOf(driver, driver === 'postgresql' ? 'postgres' : 'mysql'), {}, { create: false });
  try {
    await new Sql(connectionOf(orm).getClient(), driver).run(statement);
  } finally {
    await orm.close(true);
  }
}

function groupOf(key: string): GroupWrite {
  const at = Date.now();
  const path = `/delivery/w/${key}`;
  return {
    id: null,
    lockVersion: 0,
    watchName: 'w',
    fileType: null,
    groupKey: key,
    keyHash: stableKey('w', key),
    state: 'archived',
    stateSince: at,
    reason: null,
    revision: 1,
    attempt: 0,
    rulesVersion: null,
    dueAt: null,
    complete: true,
    completedAt: at,
    completes: true,
    archivePath: null,
    createdAt: at,
    modifiedAt: at,
    metadata: { category: 'alpha', orbit: '42', ratio: '1.5', start: '2026-01-01T00:00:00.000Z' },
    components: [
      {
        sourcePath: path,
        pathHash: stableKey(path),
        watchName: 'w',
        filename: key,
        archivePath: null,
        sizeBytes: 7,
        mtimeMs: at,
        ctimeMs: at,
        inode: 1,
        sha256: null,
        status: 'archived',
        inDelivery: true,
        inArchive: true,
        errorMessage: null,
        retryCount: 0,
        lastRetryAt: null,
        detectedAt: at,
        archivedAt: at,
        clearedAt: null,
      },
    ],
    transitions: [
      {
        at,
        fromState: null,
        toState: 'archived',
        event: 'files.settled',
        reason: null,
        revision: 1,
        attempt: 0,
        rulesVersion: null,
      },
    ],
    envelope: { machine: 'file-group', version: 1, snapshot: { value: 'archived' }, savedAt: at },
  };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

async function measure(database: DatabaseConfig): Promise<string> {
  const start = performance.now();
  // Only the database of the configuration is looked at.
  const config = { database } as DatabaseProject['config'];
  await initDatabase({ config, plugin, migrations: [{ name: '0001_initial', migration }] });
  const init = performance.now() - start;
  const orm = await openOrm(database, columns, { create: false });
  const rates: number[] = [];
  try {
    const store = new GroupStore(orm, database.driver, columns);
    for (let round = 0; round < rounds; round += 1) {
      const written = Array.from({ length: groups }, (_, i) => groupOf(`${round}-${i}`));
      const begun = performance.now();
      for (let i = 0; i < groups; i += batch) await store.commit(written.slice(i, i + batch));
      rates.push((4 * groups * 1000) / (performance.now() - begun));
    }
  } finally {
    await orm.close(true);
  }
  return `db init ${init.toFixed(0)} ms, ${Math.round(median(rates))} rows/s (${rates.map(Math.round).join(', ')})`;
}

const directory = mkdtempSync(join(tmpdir(), 'carbonation-bench-'));
try {
  for (const driver of ['sqlite', 'postgresql', 'mariadb'] as const) {
    const name = `carbonation_bench_${randomBytes(4).toString('hex')}`;
    try {
      if (driver !== 'sqlite') await onServer(driver, `create database ${name}`);
      try {
        const report = await measure(databaseOf(driver, driver === 'sqlite' ? join(directory, 'a.db') : name));
        process.stdout.write(`${driver.padEnd(10)} ${report}\n`);
      } finally {
        if (driver !== 'sqlite') await onServer(driver, `drop database ${name}`);
      }
    } catch (error) {
      process.stdout.write(`${driver.padEnd(10)} not measured: ${String(error)}\n`);
    }
  }
} finally {
  rmSync(directory, { recursive: true });
}
