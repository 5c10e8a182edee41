import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';

import { buildConditions, buildQuery, type Filters, type QueryOptions } from '../../src/api/query.ts';
import { filePages } from '../../src/store/read/file-pages.ts';
import { countFiles } from '../../src/store/read/query.ts';
import { Sql } from '../../src/store/database/sql.ts';
import { availableDrivers } from '../support/databases.ts';
import { groupRow, moment } from '../support/rows.ts';
import { columns, useStore } from '../support/store.ts';

const drivers = await availableDrivers();
const day = 86_400_000;
const date = (days: number): string => new Date(moment + days * day).toISOString();

const everything = {
  a_text: 'größe 漢 %',
  a_word: 'alpha_1',
  an_integer: 7,
  a_bigint: '9007199254740993',
  a_float: 0.5,
  a_decimal: '12.5',
  a_boolean: true,
  a_datetime: date(0),
  a_json: { list: [1, 'two'] },
};

describe.each(drivers)('queries on %s', (driver) => {
  const bench = useStore(driver);
  beforeEach(async () => {
    await bench.made(
      groupRow('a', { metadata: everything, complete: true, state: 'archived' }),
      groupRow('b', { metadata: { a_word: 'alphaX1', an_integer: -3, a_datetime: date(2), a_boolean: false } }),
      groupRow('C', { metadata: { a_word: 'beta', an_integer: 100, a_datetime: date(4), a_bigint: '5' } }),
      groupRow('d', { watchName: 'other', fileType: null, createdAt: moment + day }),
    );
  });
  async function rows(filters: Filters, options: QueryOptions = {}) {
    const found = [];
    for await (const page of filePages(bench.store.sql, buildQuery(filters, options, columns))) found.push(...page);
    return found;
  }
  const keys = async (filters: Filters, options: QueryOptions = {}) =>
    (await rows(filters, options)).map((row) => row['group_key']).join(' ');

  test('give no page of which no row meets the conditions any more when it is read', async () => {
    await bench.made(...Array.from({ length: 400 }, (_, i) => groupRow(`m${i}`, { metadata: { an_integer: i } })));
    const { sql } = bench.store;
    const lengths: number[] = [];
    for await (const page of filePages(sql, buildQuery({ an_integer_min: 0 }, { orderBy: 'an_integer' }, columns))) {
      lengths.push(page.length);
      await sql.run('update files set an_integer = -1 where an_integer >= ?', [Number(page.at(-1)?.['an_integer'])]);
    }
    expect(lengths).toEqual([200]);
  });

  test('give every value back as its type', async () => {
    const [row] = await rows({ group_key: 'a' });
    expect(row).toMatchObject({
      ...everything,
      watch_name: 'w',
      complete: true,
      created_at: new Date(moment),
      completed_at: null,
      a_bigint: 9_007_199_254_740_993n,
      a_datetime: new Date(moment),
      a_decimal: '12.5',
      metadata: everything,
    });
    expect((await rows({ group_key: 'd' }))[0]).toMatchObject({
      a_text: null,
      a_bigint: null,
      a_json: null,
      metadata: null,
    });
  });

  test.each<[string, Filters, string]>([
    ['one value', { watch_name: 'other' }, 'd'],
    ['one of several values', { group_key: ['a', 'C', 'none'] }, 'a C'],
    ['no value', { file_type: null }, 'd'],
    ['a value or none', { a_word: ['beta', null] }, 'C d'],
    ['an empty list', { group_key: [] }, ''],
    ['a pattern, in which only % is special', { a_word: 'alpha_%' }, 'a'],
    ['a pattern and a value', { a_word: ['%X1', 'beta'] }, 'b C'],
    ['a pattern with its case', { group_key: 'c%' }, ''],
    ['what a pattern of shells would be', { a_word: '*%' }, ''],
    ['true', { a_boolean: true }, 'a'],
    ['false, which is not none', { a_boolean: false }, 'b'],
    ['complete', { complete: false }, 'b C d'],
    ['at least', { an_integer_min: 7 }, 'a C'],
    ['at most', { an_integer_max: 7 }, 'a b'],
    ['64 bits', { a_bigint: 9_007_199_254_740_993n }, 'a'],
    ['64 bits that are not quite the same', { a_bigint: 9_007_199_254_740_992n }, ''],
    ['a float', { a_float: 0.5 }, 'a'],
    ['a decimal', { a_decimal: '12.5' }, 'a'],
    ['at most a decimal', { a_decimal_max: '12.49' }, ''],
    ['at or after a date', { a_datetime_after: date(2) }, 'b C'],
    ['at or before a date', { a_datetime_before: new Date(moment + 2 * day) }, 'a b'],
    ['created after', { created_at_after: date(1) }, 'd'],
    ['all of several', { a_word: 'alpha%', an_integer_max: 0 }, 'b'],
  ])('find %s', async (_what, filters, found) => {
    expect(await keys(filters)).toBe(found);
    expect(await countFiles(bench.store.sql, buildConditions(filters, columns))).toBe(
      found === '' ? 0 : found.split(' ').length,
    );
  });

  test('tell texts apart that differ in spaces at their end', async () => {
    const texts = ['x', 'x ', 'x  ', 'X', ' x'];
    await bench.made(...texts.map((a_text, i) => groupRow(`x${i}`, { metadata: { a_text, a_word: a_text } })));
    for (const [i, text] of texts.entries()) {
      expect(await keys({ a_text: text })).toBe(`x${i}`);
      expect(await keys({ a_word: [text, 'none'] })).toBe(`x${i}`);
    }
    expect(await keys({ a_word: ['x ', 'X', null], group_key: 'x%' })).toBe('x1 x3');
  });

  test('of what begins with a text find it before a control character, too', async () => {
    const names = ['x', 'x ', 'x1', 'x\u0001', 'x\ty', 'x\u007F'];
    const others = Array.from({ length: 200 }, (_, i) => `w\t${i}`);
    await bench.made(...[...names, ...others].map((name) => groupRow(name, { metadata: { a_word: name } })));
    for (const column of ['group_key', 'a_word']) {
      expect((await rows({ [column]: 'x%' })).map((row) => row[column])).toEqual(names);
      expect((await rows({ [column]: 'x%y' })).map((row) => row[column])).toEqual(['x\ty']);
    }
  });

  test('take as much as a filter may have', async () => {
    const many = (count: number, text: string) => Array.from({ length: count }, (_, i) => `${text}${i}`);
    const patterns = {
      a_word: [...many(499, '%none'), 'alpha%'],
      group_key: [...many(499, 'none%'), 'a%', 'b%'].slice(1),
    };
    expect(await keys(patterns)).toBe('a b');
    expect(await keys({ group_key: [...many(9999, 'none'), 'a'] })).toBe('a');
  });

  test.each<[Filters, string]>([
    [{ a_datetime_after: '0001-01-01' }, 'a b C'],
    [{ a_datetime_after: '9999-12-31T23:59:59.999' }, ''],
    [{ a_datetime_before: '9999-12-31T23:59:59.999' }, 'a b C'],
    [{ a_float_max: Number.MAX_VALUE }, 'a'],
    [{ a_float_min: -Number.MAX_VALUE }, 'a'],
    [{ a_decimal_max: '1e99' }, 'a'],
    [{ a_decimal_min: '-1e99' }, 'a'],
    [{ a_bigint_max: 2n ** 63n - 1n }, 'a C'],
    [{ id_max: 2 ** 31 - 1 }, 'a b C d'],
  ])('take %o', async (filters, found) => {
    expect(await keys(filters)).toBe(found);
  });

  test.each([
    ['an_integer', 'b a C d'],
    ['-an_integer', 'C a b d'],
    ['a_bigint', 'C a b d'],
    ['-a_datetime', 'C b a d'],
    ['-created_at', 'd C b a'],
    ['-id', 'd C b a'],
  ])('come in the order of %s, what has no value last', async (orderBy, found) => {
    expect(await keys({}, { orderBy })).toBe(found);
  });

  test('stop at the limit', async () => {
    expect(await keys({}, { limit: 2, orderBy: '-an_integer' })).toBe('C a');
    expect(await keys({}, { limit: 0 })).toBe('');
    expect(await keys({ watch_name: 'w' }, { limit: 2, orderBy: '-a_datetime' })).toBe('C b');
    expect(await keys({ complete: false }, { limit: 3, orderBy: '-a_datetime' })).toBe('C b d');
  });

  test.each(['id', '-id', 'an_integer', '-a_datetime', 'a_word', 'state', '-a_bigint'])(
    'meet each row once over many pages in the order of %s',
    async (orderBy) => {
      const made = await bench.made(
        ...Array.from({ length: 4500 }, (_, i) =>
          groupRow(`many-${i}`, {
            watchName: 'many',
            components: [],
            metadata:
              i % 3 === 0
                ? null
                : { an_integer: i % 50, a_datetime: date(i % 7), a_word: `w${i % 5}`, a_bigint: `${i % 9}` },
          }),
        ),
      );
      const found = await rows({ watch_name: 'many' }, { orderBy, columns: ['id'] });
      expect(found.map((row) => Number(row['id'])).toSorted((a, b) => a - b)).toEqual(
        made.map(({ id }) => Number(id)).toSorted((a, b) => a - b),
      );
      expect(new Set(found.map((row) => row['id'])).size).toBe(4500);
      // As many rows as several pages hold are the first of them all.
      const limited = await rows({ watch_name: 'many' }, { orderBy, columns: ['id'], limit: 450 });
      expect(limited).toEqual(found.slice(0, 450));
      // So are those of one page, which are read in another way.
      expect(await rows({ watch_name: 'many' }, { orderBy, columns: ['id'], limit: 40 })).toEqual(found.slice(0, 40));
    },
  );

  test('are sorted once, however many pages there are', async () => {
    await bench.made(
      ...Array.from({ length: 1000 }, (_, i) =>
        groupRow(`many-${i}`, { watchName: 'many', components: [], metadata: { an_integer: (i * 7) % 1000 } }),
      ),
    );
    const run = vi.spyOn(Sql.prototype, 'run');
    onTestFinished(() => run.mockRestore());
    const found: unknown[] = [];
    const query = buildQuery({ watch_name: 'many' }, { orderBy: '-an_integer', columns: ['an_integer'] }, columns);
    for await (const page of filePages(bench.store.sql, query)) {
      found.push(...page.map((row) => row['an_integer']));
    }
    expect(found).toEqual(Array.from({ length: 1000 }, (_, i) => 999 - i));
    const sorting = run.mock.calls.filter(([text]) => text.includes('order by'));
    expect(sorting).toHaveLength(1);
    expect(run.mock.calls.length).toBeGreaterThan(4);
  });

  test('makes groups due by the same conditions', async () => {
    expect(await bench.store.markDue(buildConditions({ group_key: ['a', 'b%'] }, columns), moment)).toBe(2);
    expect(await keys({ due_at_before: new Date(moment) })).toBe('a b');
  });
});
