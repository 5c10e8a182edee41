import { initDatabase, type DatabaseProject } from '../../src/api/index.ts';
import type { DatabaseConfig } from '../../src/config/types.ts';
import { column, defineFileModel, definePlugin, definePluginMigration } from '../../src/plugin/index.ts';
import { GroupStore, openOrm, type GroupWrite } from '../../src/store/index.ts';
import { componentRow, groupRow, stepRow } from '../../tests/support/rows.ts';
import { onEach } from '../lib/databases.ts';
import type { Line } from '../lib/figures.ts';
import { expectCount } from '../lib/files.ts';
import { definePart, runParts } from '../lib/part.ts';

/** Groups a commit. */
const batch = 250;

/** A group, a component, a step of its history and a snapshot. */
const rowsOfGroup = 4;

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
  const archived = { status: 'archived', inArchive: true, detectedAt: at, archivedAt: at } as const;
  return groupRow(key, {
    state: 'archived',
    stateSince: at,
    complete: true,
    completedAt: at,
    completes: true,
    createdAt: at,
    modifiedAt: at,
    metadata: { category: 'alpha', orbit: '42', ratio: '1.5', start: '2026-01-01T00:00:00.000Z' },
    components: [componentRow(`/delivery/w/${key}`, archived)],
    transitions: [stepRow('archived', 'transferring', { at })],
  });
}

async function measure(database: DatabaseConfig, groups: number, rounds: number): Promise<Line[]> {
  const start = performance.now();
  // Only the database of the configuration is looked at.
  const config = { database } as DatabaseProject['config'];
  await initDatabase({ config, plugin, migrations: [{ name: '0001_initial', migration }] });
  const init = performance.now() - start;
  const orm = await openOrm(database, columns, { create: false });
  const rates: number[] = [];
  try {
    const groupStore = new GroupStore(orm, database.driver, columns);
    for (let round = 0; round < rounds; round += 1) {
      const written = Array.from({ length: groups }, (_, i) => groupOf(`${round}-${i}`));
      const begun = performance.now();
      for (let i = 0; i < groups; i += batch) await groupStore.commit(written.slice(i, i + batch));
      rates.push((rowsOfGroup * groups * 1000) / (performance.now() - begun));
    }
    const [row] = await groupStore.sql.all('select count(*) as n from files');
    expectCount('groups on record', Number(row?.['n']), groups * rounds);
  } finally {
    await orm.close(true);
  }
  return [
    { name: `${database.driver}: tables made`, unit: 'ms', values: [init] },
    { name: `${database.driver}: rows written`, unit: 'rows/s', values: rates },
  ];
}

/** What the databases cost by themselves. */
export const store = definePart({
  name: 'store',
  title: 'the batched writer alone: groups of four rows, in four tables',
  defaults: { groups: 5000, rounds: 5 },
  measure: ({ settings: { groups, rounds }, fresh }) =>
    onEach(
      (driver) => `${fresh(driver)}.db`,
      (database) => measure(database, groups, rounds),
    ),
});

if (import.meta.main) await runParts([store]);
