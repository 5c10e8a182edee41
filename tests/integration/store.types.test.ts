import { beforeEach, describe, expect, test } from 'vitest';
import type { FileBase } from '../../entities/index.ts';
import { buildConditions, buildQuery, type Filters } from '../../src/api/query.ts';
import { checkExtracted } from '../../src/plugin/index.ts';
import { dialects } from '../../src/store/database/dialect.ts';
import { filePages } from '../../src/store/read/file-pages.ts';
import { GroupStore, openOrm } from '../../src/store/index.ts';
import { filePage } from '../../src/store/read/query.ts';
import { availableDrivers } from '../support/databases.ts';
import { groupRow } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';

/** The entity of the table, as the ORM knows it by its name. */
const files = 'File' as unknown as typeof FileBase;

/** What an extractor may return at most, and what it is in a row. */
const most = {
  a_text: `${'漢'.repeat(30_000)} "'\\ 😀`,
  a_word: '20 characters 😀 end',
  an_integer: 2_147_483_647,
  a_bigint: 9_223_372_036_854_775_807n,
  a_float: 1.797_693_134_862_315_7e308,
  a_decimal: '99999999999999.999999',
  a_boolean: true,
  a_datetime: new Date('9999-12-31T23:59:59.999Z'),
  a_json: { deep: [1.5, null, { '"': '\\' }] },
};
const least = {
  a_text: '',
  a_word: '',
  an_integer: -2_147_483_648,
  a_bigint: -9_223_372_036_854_775_808n,
  a_float: -5e-324,
  a_decimal: '-99999999999999.999998',
  a_boolean: false,
  a_datetime: new Date('1000-01-01T00:00:00.001Z'),
  a_json: 'only a text',
};
const middle = { ...least, a_bigint: 9_007_199_254_740_993n, a_decimal: '9.5', an_integer: 0, a_float: 0.1 };
const none = Object.fromEntries(Object.keys(most).map((name) => [name, null]));

const drivers = await availableDrivers();

describe.each(drivers)('values of every type on %s', (driver) => {
  const bench = useStore(driver);
  beforeEach(async () => {
    const rows = Object.entries({ most, least, middle, none });
    await bench.made(...rows.map(([key, values]) => groupRow(key, { metadata: checkExtracted(values, columns) })));
  });

  const keysOf = async (filters: Filters, orderBy = 'id'): Promise<string> => {
    const keys: unknown[] = [];
    const query = buildQuery(filters, { orderBy, limit: 100 }, columns);
    for await (const page of filePages(bench.store.sql, query)) keys.push(...page.map((row) => row['group_key']));
    return keys.join(' ');
  };

  test('are read by queries and by entities as they were extracted', async () => {
    const query = buildQuery({}, { limit: 10 }, columns);
    const found: Readonly<Record<string, unknown>>[] = [];
    for await (const page of filePages(bench.store.sql, query)) found.push(...page);
    const byKey = (key: string) => found.find((row) => row['group_key'] === key);
    expect(byKey('most')).toMatchObject(most);
    expect(byKey('least')).toMatchObject(least);
    expect(byKey('middle')).toMatchObject(middle);
    expect(byKey('none')).toMatchObject(none);
    const entities = await bench.orm.em.fork().find(files, {}, { orderBy: { id: 'asc' } });
    expect(entities).toMatchObject([most, least, middle, none]);
  });

  test('of JSON are written as deeply nested as they are taken, also in what is kept of their group', async () => {
    const deepest = JSON.parse(`${'['.repeat(28)}${']'.repeat(28)}`);
    const metadata = checkExtracted({ a_json: deepest }, columns);
    const { envelope } = groupRow('deep');
    const snapshot = { value: 'deciding', context: { metadata } };
    await bench.made(groupRow('deep', { metadata, envelope: { ...envelope, snapshot } }));
    expect(await bench.orm.em.fork().find(files, { groupKey: 'deep' })).toMatchObject([{ a_json: deepest }]);
  });

  test('are changed through entities to the last digit', async () => {
    const em = bench.orm.em.fork();
    const [row] = await em.find(files, { groupKey: 'none' });
    if (row === undefined) throw new Error('nothing found');
    Object.assign(row, most);
    await em.flush();
    expect(await keysOf({ a_bigint: most.a_bigint, a_decimal: most.a_decimal, a_datetime: most.a_datetime })).toBe(
      'most none',
    );
    expect(await bench.orm.em.fork().find(files, { groupKey: 'none' })).toMatchObject([most]);
  });

  test('are changed through entities behind the 15th digit of a decimal, which is found however it was written', async () => {
    const change = async (key: string, a_decimal: unknown): Promise<void> => {
      const em = bench.orm.em.fork();
      Object.assign((await em.find(files, { groupKey: key }))[0] ?? {}, { a_decimal });
      await em.flush();
    };
    await change('most', '99999999999999.999998');
    expect(await keysOf({ a_decimal: '99999999999999.999998' })).toBe('most');
    const written = ['+2.50', '25e-1', 2.5, '02.5'];
    for (const a_decimal of written) {
      await change('least', null);
      await change('least', a_decimal);
      expect(await keysOf({ a_decimal: '2.5' })).toBe('least');
    }
    const found = (where: object) => bench.orm.em.fork().find(files, where);
    expect(await found({ a_decimal: ['2.500', '7'] })).toMatchObject([{ groupKey: 'least', a_decimal: '2.5' }]);
    expect(await found({ a_decimal: null })).toMatchObject([{ groupKey: 'none' }]);
    await expect(change('least', 'two')).rejects.toThrow('a_decimal: "two" is not a decimal number');
  });

  test.each<[Filters, string]>([
    [{ a_bigint: 9_223_372_036_854_775_807n }, 'most'],
    [{ a_bigint: 9_223_372_036_854_775_806n }, ''],
    [{ a_bigint_min: 9_007_199_254_740_993n }, 'most middle'],
    [{ a_bigint_min: 9_007_199_254_740_994n }, 'most'],
    [{ a_decimal: '99999999999999.999999' }, 'most'],
    [{ a_decimal: '99999999999999.999998' }, ''],
    [{ a_decimal: '9.50' }, 'middle'],
    [{ a_decimal_min: '10' }, 'most'],
    [{ a_decimal_max: '10' }, 'least middle'],
    [{ a_decimal_max: '-1' }, 'least'],
    [{ an_integer_max: -1 }, 'least'],
    [{ a_float: 0.1 }, 'middle'],
    [{ a_float_min: 1e308 }, 'most'],
    [{ a_boolean: false }, 'least middle'],
    [{ a_datetime: most.a_datetime }, 'most'],
    [{ a_datetime_before: new Date('1000-01-01T00:00:00.000Z') }, ''],
    [{ a_datetime_before: new Date('1000-01-01T00:00:00.001Z') }, 'least middle'],
    [{ a_word: '20%😀%' }, 'most'],
  ])('are found by %o', async (filters, expected) => {
    expect(await keysOf(filters)).toBe(expected);
    expect(buildConditions(filters, columns)).toHaveLength(1);
  });

  test.each([
    ['a_decimal', 'least middle most none'],
    ['-a_decimal', 'most middle least none'],
    ['a_bigint', 'least middle most none'],
    ['a_float', 'least middle most none'],
  ])('are in the order of %s', async (orderBy, expected) => {
    expect(await keysOf({}, orderBy)).toBe(expected);
  });
});

describe.runIf(drivers.includes('postgresql'))('a PostgreSQL server in another time zone', () => {
  const bench = useStore('postgresql');
  const a_datetime = '1900-01-01T00:00:00.000Z';

  test.each(['Europe/Amsterdam', 'Asia/Kolkata', 'America/St_Johns'])(
    'than UTC, %s, gives old moments back',
    async (zone) => {
      await bench.store.sql.run(`alter database "${bench.config.name}" set timezone to '${zone}'`);
      const orm = await openOrm(bench.config, columns, { create: false });
      try {
        const { sql } = new GroupStore(orm, 'postgresql', columns);
        expect(await sql.all('show timezone')).toEqual([{ TimeZone: 'UTC' }]);
        await bench.made(groupRow('a', { metadata: { a_datetime } }));
        const { rows } = await filePage(
          sql,
          { ...buildQuery({}, { columns: ['a_datetime'] }, columns), limit: 5 },
          null,
        );
        expect(rows).toEqual([{ a_datetime: new Date(a_datetime) }]);
        expect(await orm.em.fork().find(files, {})).toMatchObject([{ a_datetime: new Date(a_datetime) }]);
      } finally {
        await orm.close(true);
      }
    },
  );
});

test.each([
  ['1900-01-01 00:19:32+00:19:32', '1900-01-01T00:00:00.000Z'],
  ['1899-12-31 20:29:08-03:30:52', '1900-01-01T00:00:00.000Z'],
  ['2026-01-02 08:34:05.678+05:30', '2026-01-02T03:04:05.678Z'],
  ['2026-01-02 03:04:05.678+00', '2026-01-02T03:04:05.678Z'],
])('the moment %s of PostgreSQL is read with its offset', (text, moment) => {
  expect(dialects.postgresql.readTime(text)).toBe(Date.parse(moment));
});

describe.runIf(drivers.includes('mariadb'))('a MariaDB database that is made with another set of characters', () => {
  const bench = useStore('mariadb');

  test('keeps every character', async () => {
    await bench.store.sql.run(`alter database \`${bench.config.name}\` character set latin1`);
    const orm = await openOrm(bench.config, columns, { create: false });
    try {
      const store = new GroupStore(orm, 'mariadb', columns);
      const [written] = await store.commit([groupRow('größe 漢')]);
      const text = 'größe 漢 😀';
      const changed = { reason: text, archivePath: text, metadata: { a_text: text, a_json: { text } } };
      await store.commit([{ ...groupRow('größe 漢'), ...written, ...changed, components: [] }]);
      const names = ['group_key', 'reason', 'archive_path', 'a_text', 'a_json'];
      const { rows } = await filePage(store.sql, { ...buildQuery({}, { columns: names }, columns), limit: 9 }, null);
      expect(rows).toEqual([
        { group_key: 'größe 漢', reason: text, archive_path: text, a_text: text, a_json: { text } },
      ]);
    } finally {
      await orm.close(true);
    }
  });
});
