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
import type { DatabaseConfig } from '../src/config/types.ts';
import { stableKey } from '../src/core/index.ts';
import { column, defineFileModel, definePlugin, definePluginMigration } from '../src/plugin/index.ts';
import { GroupStore, openOrm, type GroupWrite } from '../src/store/index.ts';
import { databaseOf, withDatabase } from './databases.ts';

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
    removedComponents: [],
    formerCopies: [],
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
        node: 'host',
        facts: null,
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
    const name = driver === 'sqlite' ? join(directory, 'a.db') : `carbonation_bench_${randomBytes(4).toString('hex')}`;
    await withDatabase(databaseOf(driver, name), async (database) => {
      process.stdout.write(`${driver.padEnd(10)} ${await measure(database)}\n`);
    });
  }
} finally {
  rmSync(directory, { recursive: true });
}
