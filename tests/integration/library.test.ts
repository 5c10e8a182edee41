import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { describe, expect, expectTypeOf, it } from 'vitest';

import {
  CarbonationError,
  column,
  connect,
  defineFileModel,
  FileStatus,
  queryFiles,
  session,
  type Database,
  type FileFilters,
  type FileRow,
} from '../../src/index.ts';
import { componentStatuses } from '../../machines/file-group/index.ts';
import type { File } from '../../plugin-template/src/model.ts';
import { availableDrivers, hasServer } from '../support/databases.ts';
import { TestProject } from '../support/project.ts';
import { Proxy } from '../support/proxy.ts';

const drivers = await availableDrivers();
const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

async function archivedProject(): Promise<TestProject> {
  const project = await TestProject.create();
  await project.deliverGroup('a');
  await project.deliverGroup('b', { category: 'beta', start: '2026-02-01T00:00:00Z', stop: '2026-02-02T00:00:00Z' });
  await project.deliver('c.txt', 'waits for its json');
  await project.runOnce();
  return project;
}

describe('the library', () => {
  it('gives rows by filters, with the values and types of the model', async () => {
    const config = (await archivedProject()).path('config.toml');
    await using db = await connect<typeof File>(config);
    const rows = await db.queryFiles(
      { category: ['alpha', 'beta'], start_after: new Date('2026-01-15') },
      { columns: ['group_key', 'start', 'complete'] },
    );
    expect(rows).toEqual([{ group_key: 'b', start: new Date('2026-02-01'), complete: true }]);
    expectTypeOf(rows).toEqualTypeOf<Pick<FileRow<typeof File>, 'group_key' | 'start' | 'complete'>[]>();
    expectTypeOf(rows[0]?.start).toEqualTypeOf<Date | null | undefined>();
    expect(await db.queryFiles({ complete: true }, { countOnly: true })).toBe(2);
    expect(await db.queryFiles({ _daterange: [new Date('2026-02-01T12:00Z'), null] }, { countOnly: true })).toBe(1);
    expect(await db.queryFiles({}, { limit: 2, orderBy: '-group_key', columns: ['group_key'] })).toEqual([
      { group_key: 'c' },
      { group_key: 'b' },
    ]);
    expect(db.describeFilters().map(({ key }) => key)).toEqual(expect.arrayContaining(['category', '_age']));
  });

  it('types the ranges of dates and numbers beside columns that have none', () => {
    const model = defineFileModel({
      start: column.datetime(),
      orbit: column.integer(),
      size: column.bigint(),
      is_night: column.boolean(),
      bounds: column.json(),
      category: column.text(),
      cost: column.decimal(),
    });
    type Filters = FileFilters<typeof model>;
    expectTypeOf({
      start_after: new Date(),
      start_before: '2026-01-31',
      orbit_min: 1,
      size_max: 5n,
      is_night: true,
      category: 'a%',
      cost_min: '1.25',
      cost_max: 2,
      created_at_after: new Date(),
      revision_min: 2,
    }).toExtend<Filters>();
    expectTypeOf<Filters['start_after']>().toEqualTypeOf<Date | string | undefined>();
    expectTypeOf<Filters['created_at_before']>().toEqualTypeOf<Date | string | undefined>();
    expectTypeOf({ size: [5, 6n, null], orbit: 3 }).toExtend<Filters>();
    expectTypeOf<Filters>().not.toHaveProperty('is_night_min');
    expectTypeOf<Filters>().not.toHaveProperty('bounds_after');
    expectTypeOf<Filters>().not.toHaveProperty('category_min');
    expectTypeOf<Filters>().not.toHaveProperty('group_key_max');
    expectTypeOf<Filters>().not.toHaveProperty('bounds');
  });

  it('types rows by the columns that are asked for, whatever they are ordered by', async () => {
    const config = (await archivedProject()).path('config.toml');
    await using db = await connect<typeof File>(config);
    const whole = await db.queryFiles({ complete: true }, { orderBy: '-start' });
    expectTypeOf(whole).toEqualTypeOf<Pick<FileRow<typeof File>, keyof FileRow<typeof File>>[]>();
    expect(whole.map((row) => row.group_key)).toEqual(['b', 'a']);
    const keys = await db.queryFiles({ complete: true }, { orderBy: 'start', columns: ['group_key'] });
    expectTypeOf(keys).toEqualTypeOf<Pick<FileRow<typeof File>, 'group_key'>[]>();
    expect(keys).toEqual([{ group_key: 'a' }, { group_key: 'b' }]);
  });

  it('is taken with a model where one without is asked for', () => {
    expectTypeOf<Database<typeof File>>().toExtend<Database>();
    expectTypeOf<FileRow<typeof File>>().toExtend<FileRow>();
  });

  it('types what every row has without a model, too', async () => {
    const config = (await archivedProject()).path('config.toml');
    const rows = await queryFiles(config, { category: 'alpha' }, { orderBy: '-start' });
    expectTypeOf(rows).toEqualTypeOf<FileRow[]>();
    expect(rows.map((row) => row.group_key.toUpperCase())).toEqual(['A']);
    await using db = await connect(config);
    for await (const row of db.streamFiles({ category: 'alpha' })) expectTypeOf(row).toEqualTypeOf<FileRow>();
    const some = await db.queryFiles({ category: 'alpha' }, { columns: ['state', 'category'], orderBy: 'id' });
    expectTypeOf(some).toEqualTypeOf<Pick<FileRow, 'state' | 'category'>[]>();
    expect(some).toEqual([{ state: 'archived', category: 'alpha' }]);
  });

  it('refuses wrong columns when it is compiled, and when it runs', async () => {
    const config = (await archivedProject()).path('config.toml');
    await using db = await connect<typeof File>(config);
    // @ts-expect-error: not a column of the model
    await expect(db.queryFiles({ catgory: 'alpha' })).rejects.toMatchObject({ remedy: 'did you mean "category"?' });
    // @ts-expect-error: a text has no `_after`
    await expect(db.queryFiles({ category_after: new Date() })).rejects.toBeInstanceOf(CarbonationError);
    // @ts-expect-error: a text has no `_min`
    await expect(db.queryFiles({ category_min: 'a' })).rejects.toMatchObject({ code: 'USAGE' });
    await expect(
      // @ts-expect-error: not a column of the model
      db.queryFiles({ complete: true }, { columns: ['nope'] }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  });

  it('refuses to read everything by mistake, and reads it row by row when asked for it', async () => {
    const config = (await archivedProject()).path('config.toml');
    await using db = await connect(config);
    for (const filters of [undefined, {}, { category: undefined }]) {
      await expect(db.queryFiles(filters)).rejects.toMatchObject({
        code: 'USAGE',
        remedy: expect.stringMatching(/filter, `limit` or `countOnly`/),
      });
    }
    const keys = [];
    for await (const row of db.streamFiles({}, { orderBy: 'group_key' })) keys.push(row.group_key);
    expect(keys).toEqual(['a', 'b', 'c']);
  });

  it('hands out what has completed once, and tells how the service is', async () => {
    const config = (await archivedProject()).path('config.toml');
    await using db = await connect(config);
    const { rows, cursor } = await db.getNewFiles({ limit: 1 });
    const rest = await db.getNewFiles({ cursor });
    expect([...rows, ...rest.rows].map((row) => row.group_key).toSorted()).toEqual(['a', 'b']);
    expect(await db.getNewFiles({ cursor: rest.cursor })).toEqual({ rows: [], cursor: rest.cursor });
    await expect(db.getNewFiles({ limit: 0 })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await db.getNewFiles({ cursor: rest.cursor, watchName: 'my-watch' })).toMatchObject({ rows: [] });
    await expect(db.getNewFiles({ watchName: 'my_watch' })).rejects.toMatchObject({
      code: 'USAGE',
      message: 'there is no watch "my_watch"',
      remedy: 'did you mean "my-watch"?',
    });
    expect(await db.getServiceStatus()).toMatchObject({
      groups: { archived: 2, waiting: 1 },
      health: [{ name: 'my-watch', health: 'waiting' }],
    });
  });

  it.each(drivers.filter(hasServer))(
    'leaves what a session on %s writes by itself, but for transactions',
    async (database) => {
      const project = await TestProject.create({ database });
      await project.deliverGroup('a');
      await project.deliverGroup('b');
      await project.runOnce();
      const config = project.path('config.toml');
      const retentionDate = new Date('2031-01-01');
      await expect(
        session(config, async (em, { File }) => {
          await em.nativeUpdate(File, { groupKey: 'a' }, { retentionDate });
          await em.transactional(async (own) => {
            await own.nativeUpdate(File, { groupKey: 'b' }, { retentionDate });
            throw new Error('changed my mind');
          });
        }),
      ).rejects.toThrow('changed my mind');
      const filters = { retention_date_after: retentionDate };
      expect(await queryFiles(config, filters, { columns: ['group_key'] })).toEqual([{ group_key: 'a' }]);
    },
  );

  it('hands out the groups of a watch that is no longer configured, and nothing more when there are none', async () => {
    const project = await archivedProject();
    await project.edit('config.toml', (text) => text.replace('name = "my-watch"', 'name = "other"'));
    await using db = await connect(project.path('config.toml'));
    const { rows, cursor } = await db.getNewFiles({ watchName: 'my-watch' });
    expect(rows).toHaveLength(2);
    expect(await db.getNewFiles({ cursor, watchName: 'my-watch' })).toEqual({ rows: [], cursor });
  });

  it('queries in one call', async () => {
    const config = (await archivedProject()).path('config.toml');
    expect(await queryFiles(config, { category: 'alp%' }, { columns: ['category'] })).toEqual([{ category: 'alpha' }]);
  });

  it('writes what a session has changed, and nothing of one that throws', async () => {
    const config = (await archivedProject()).path('config.toml');
    const count = await session(config, async (em, { File, FileComponent }) => {
      const files = await em.find(File, { complete: true });
      for (const file of files) file.retentionDate = new Date('2030-01-01');
      return em.count(FileComponent, { status: FileStatus.ARCHIVED });
    });
    expect(count).toBe(4);
    await expect(
      session(config, async (em, { File }) => {
        for (const file of await em.findAll(File)) file.retentionDate = new Date('2031-01-01');
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    const dates = { retention_date_after: new Date('2030-01-01'), retention_date_before: new Date('2030-01-01') };
    expect(await queryFiles(config, dates, { columns: ['group_key'], orderBy: 'group_key' })).toEqual([
      { group_key: 'a' },
      { group_key: 'b' },
    ]);
  });

  it.each(drivers.filter(hasServer))('is closed once on %s, however often it is asked to', async (database) => {
    const project = await TestProject.create({ database });
    const db = await connect(project.path('config.toml'));
    await db.close();
    await expect(db[Symbol.asyncDispose]()).resolves.toBe(undefined);
  });

  it.each(drivers)('says of %s that it has been closed', async (database) => {
    const project = await TestProject.create({ database });
    const db = await connect(project.path('config.toml'));
    const begun = db.streamFiles();
    await db.close();
    for (const call of [
      () => begun.next(),
      () => db.queryFiles({}, { limit: 1 }),
      () => db.queryFiles({}, { countOnly: true }),
      () => db.getNewFiles(),
      () => db.getServiceStatus(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'USAGE', message: 'the database has been closed' });
    }
  });

  it.each(drivers.filter(hasServer))('ends a session whose %s goes away, and says so', async (database) => {
    const project = await TestProject.create({ database });
    const proxy = await Proxy.before(project);
    const lost = session(project.path('config.toml'), async (em, { Counter }) => {
      (await em.findOneOrFail(Counter, { name: 'completion' })).value += 1;
      void proxy.cut();
    });
    await expect(lost).rejects.toThrow(/connect|closed|lost/i);
  });

  it.each(drivers.filter(hasServer))('says what it is when its %s goes away', async (database) => {
    const project = await TestProject.create({ database });
    const proxy = await Proxy.before(project);
    await using db = await connect(project.path('config.toml'));
    await proxy.cut();
    for (const call of [
      () => db.queryFiles({}, { limit: 1 }),
      () => db.queryFiles({}, { countOnly: true }),
      () => db.streamFiles().next(),
      () => db.getNewFiles(),
      () => db.getServiceStatus(),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    }
  });

  it('knows every status of a component', () => {
    expect(Object.values(FileStatus).toSorted()).toEqual(componentStatuses.toSorted());
  });

  it('loads no ORM, no thread and no watcher when it is imported, and lets the process end', async () => {
    const program = `
      import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) {
        if (/@mikro-orm|piscina|better-sqlite3|chokidar|xstate|kysely|ajv|pino/.test(url)) console.log(url);
        return next(url, context);
      } });
      await import(${JSON.stringify(join(root, 'src/index.ts'))});
      console.log(process.getActiveResourcesInfo().filter((name) => /Worker|FSEvent|TCP/.test(name)).join());`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
    expect(stdout.trim()).toBe('');
  });
});

describe('the examples of the documentation', async () => {
  const texts = {
    'src/api/connect.ts': (await readFile(join(root, 'src/api/connect.ts'), 'utf8')).replaceAll(/^ \* ?/gm, ''),
    'docs/library.md': await readFile(join(root, 'docs/library.md'), 'utf8'),
  };
  const examples = Object.entries(texts).flatMap(([file, text]) =>
    [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ''], i) => ({ name: `${file}, number ${i + 1}`, code })),
  );

  it('are there', () => {
    expect(examples.length).toBeGreaterThan(6);
  });

  it.each(examples)('$name runs as it is written', async ({ code }) => {
    const project = await archivedProject();
    await writeFile(
      project.path('example.ts'),
      code.replaceAll("'carbonation'", JSON.stringify(join(root, 'src/index.ts'))),
    );
    const { stderr } = await run(process.execPath, ['example.ts'], { cwd: project.directory });
    expect(stderr).toBe('');
  });
});
