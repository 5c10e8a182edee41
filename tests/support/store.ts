import { afterAll, beforeAll, beforeEach } from 'vitest';

import { initDatabase } from '../../src/api/database.ts';
import type { DriverName } from '../../src/config/types.ts';
import type { ColumnSpecs } from '../../src/core/index.ts';
import { column, definePlugin, defineFileModel, definePluginMigration } from '../../src/plugin/index.ts';
import { GroupStore, openOrm, type GroupWrite, type Orm } from '../../src/store/index.ts';
import { makeDatabase, type TestDatabase } from './databases.ts';

const model = defineFileModel({
  a_text: column.text(),
  a_word: column.text({ length: 20, index: true }),
  an_integer: column.integer(),
  a_bigint: column.bigint(),
  a_float: column.float(),
  a_decimal: column.decimal(),
  a_boolean: column.boolean(),
  a_datetime: column.datetime({ index: true }),
  a_json: column.json(),
});
/** The columns of the test's plugin, one of each type. */
export const columns: ColumnSpecs = model.columns;
const plugin = definePlugin({ fileModel: model });

/** A migration of the plugin that makes its columns. */
export const first = {
  name: '0001_initial',
  migration: definePluginMigration({
    dependsOn: 'core/0001_initial',
    up: (files) => {
      for (const [name, spec] of Object.entries(columns)) files.addColumn(name, spec);
      files.addIndex('a_word').addIndex('a_datetime');
    },
  }),
};
/** A later one. */
export const second = {
  name: '0002_more',
  migration: definePluginMigration({
    dependsOn: 'core/0001_initial',
    up: (files) => {
      files.addColumn('later', column.text({ length: 10 }));
      files.alterColumn('later', column.text());
      files.addIndex('an_integer', 'a_float').dropIndex('an_integer', 'a_float');
    },
  }),
};

/** A project as far as a database needs it. */
export function project(config: TestDatabase['config'], migrations = [first]) {
  // Only the database of the configuration is looked at.
  return { config: { database: config } as Parameters<typeof initDatabase>[0]['config'], plugin, migrations };
}

/** What tests write into. */
const emptied = [
  'files',
  'file_components',
  'actor_snapshots',
  'group_transitions',
  'component_totals',
  'group_totals',
] as const;

/** A store on a database of its own, emptied before each test of the `describe` that asks for it. */
export interface StoreBench {
  readonly orm: Orm;
  /** The database's configuration, to open it a second time. */
  readonly config: TestDatabase['config'];
  readonly store: GroupStore;
  /** Commits new groups; their writes with id and version, to be changed further. */
  made(...groups: readonly GroupWrite[]): Promise<readonly GroupWrite[]>;
  /** The completed groups' keys and numbers, in the order of completion. */
  completedOrder(): Promise<readonly (readonly [string, number])[]>;
}

/** Makes the database before the tests of a `describe`, and drops it after them. */
export function useStore(driver: DriverName): StoreBench {
  let opened: { readonly database: TestDatabase; readonly orm: Orm; readonly store: GroupStore } | null = null;
  const open = () => {
    if (opened === null) throw new Error('the store is there in tests only');
    return opened;
  };
  beforeAll(async () => {
    const database = await makeDatabase(driver);
    await initDatabase(project(database.config));
    const orm = await openOrm(database.config, columns, { create: false });
    opened = { database, orm, store: new GroupStore(orm, driver, columns) };
  });
  afterAll(async () => {
    await opened?.orm.close(true);
    await opened?.database.drop();
  });
  beforeEach(async () => {
    for (const table of emptied) {
      await open().store.sql.run(`delete from ${table}`);
    }
    await open().store.sql.run("update counters set value = 0 where name = 'completion'");
  });
  return {
    get config() {
      return open().database.config;
    },
    get orm() {
      return open().orm;
    },
    get store() {
      return open().store;
    },
    async made(...groups) {
      const written = await open().store.commit(groups);
      return groups.map((group, i) => ({ ...group, ...written[i] }));
    },
    async completedOrder() {
      const rows = await open().store.sql.all(
        'select group_key, completed_seq from files where completed_seq is not null order by completed_seq',
      );
      return rows.map((row) => [String(row['group_key']), Number(row['completed_seq'])]);
    },
  };
}
