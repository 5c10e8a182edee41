import { describe, expect, it } from 'vitest';

import { parseAge, parseDateRange, parseMoment } from '../../src/api/moments.ts';
import { buildConditions, buildQuery, describeFilters } from '../../src/api/query.ts';
import type { ColumnSpecs } from '../../src/core/index.ts';
import { parseQueryArguments } from '../../src/cli/query-arguments.ts';
import { column, defineFileModel } from '../../src/plugin/contract.ts';

const { columns } = defineFileModel({
  category: column.text(),
  start: column.datetime(),
  stop: column.datetime(),
  orbit: column.integer(),
  big: column.bigint(),
  is_good: column.boolean(),
  ratio: column.float(),
  extra: column.json(),
  limit: column.integer(),
});
const utc = (text: string): number => Date.parse(text);
const usage = (message: RegExp, remedy: RegExp = /./) =>
  expect.objectContaining({
    code: 'USAGE',
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  });

describe('a moment', () => {
  it.each([
    ['2026-01-31', '2026-01-31T00:00:00Z'],
    ['2026-01-31T12:30', '2026-01-31T12:30:00Z'],
    ['2026-01-31 12:30:05.25', '2026-01-31T12:30:05.250Z'],
    ['2026-01-31T12:30:05Z', '2026-01-31T12:30:05Z'],
    ['2026-01-31T12:30+01:00', '2026-01-31T11:30:00Z'],
    ['2026-01-31T12:30-0530', '2026-01-31T18:00:00Z'],
  ])('%s is %s', (text, expected) => {
    expect(parseMoment(text, 'x')).toBe(utc(expected));
  });

  it.each(['', 'yesterday', '2026-02-30', '2026-13-01', '2026-1-1', '31.01.2026', '2026-01-31T25:00', '20260131'])(
    'is not "%s"',
    (text) => {
      expect(() => parseMoment(text, '--start-after')).toThrow(usage(/^--start-after: .* is not a date$/, /ISO 8601/));
    },
  );

  it('is an age before now', () => {
    expect(parseAge('7d', '--age', utc('2026-01-08'))).toBe(utc('2026-01-01'));
    expect(parseAge('3653d', '--age', utc('2026-01-01'))).toBe(utc('2016-01-01'));
    expect(() => parseAge('36501d', '--age', 0)).toThrow(usage(/it is more than 36500 days/, /7d/));
    expect(() => parseAge('7 weeks', '--age', 0)).toThrow(usage(/--age: "7 weeks" is not a duration/, /7d/));
  });
});

describe('a span', () => {
  it.each([
    ['2026-01-01/2026-02-01', '2026-01-01', '2026-02-01'],
    ['2026-01-01/', '2026-01-01', null],
    ['/2026-02-01', null, '2026-02-01'],
    ['2026-01-01', '2026-01-01', '2026-01-01T23:59:59.999Z'],
    ['2026-01-01T12:00', '2026-01-01T12:00:00Z', '2026-01-01T12:00:00Z'],
  ])('%s', (text, from, to) => {
    expect(parseDateRange(text, 'x')).toEqual({ from: from && utc(from), to: to && utc(to) });
  });

  it.each(['/', '', '2026-01-01/2026-01-02/2026-01-03', '2026-02-01/2026-01-01'])('is not "%s"', (text) => {
    expect(() => parseDateRange(text, '--daterange')).toThrow(usage(/^--daterange: /));
  });
});

describe('filters', () => {
  it('follow from the columns', () => {
    const flags = describeFilters(columns).flatMap((one) => (one.isPlugin ? [`${one.flag} ${one.key}`] : []));
    expect(flags).toEqual([
      '--category category',
      '--start-after start_after',
      '--start-before start_before',
      '--stop-after stop_after',
      '--stop-before stop_before',
      '--orbit orbit',
      '--orbit-min orbit_min',
      '--orbit-max orbit_max',
      '--big big',
      '--big-min big_min',
      '--big-max big_max',
      '--is-good is_good',
      '--ratio ratio',
      '--ratio-min ratio_min',
      '--ratio-max ratio_max',
      // An option of the command has this name.
      '--column-limit limit',
      '--limit-min limit_min',
      '--limit-max limit_max',
      '--daterange _daterange',
      '--age _age',
    ]);
    expect(describeFilters({}).map(({ key }) => key)).not.toContain('_age');
  });

  it('of start and stop keep their options where the plugin has columns of these names', () => {
    const { orbit } = columns;
    const flagsOf = (specs: ColumnSpecs) => describeFilters(specs).map(({ flag, key }) => `${flag} ${key}`);
    expect(flagsOf({ ...columns, age: orbit, daterange: orbit })).toEqual(
      expect.arrayContaining(['--column-age age', '--age-min age_min', '--column-daterange daterange', '--age _age']),
    );
    // There is nothing then that it could be taken for.
    expect(flagsOf({ age: orbit })).toContain('--age age');
  });

  it('are not offered for a range that another column has the name of', () => {
    const { orbit } = columns;
    const filters = describeFilters({ orbit, orbit_min: orbit });
    expect(filters.filter(({ key }) => key === 'orbit_min')).toMatchObject([{ kind: 'equal', column: 'orbit_min' }]);
    expect(filters.map(({ flag }) => flag)).toEqual(expect.arrayContaining(['--orbit-max', '--orbit-min-min']));
  });

  it.each([
    [{ catgory: 'x' }, /no filter "catgory"/, /did you mean "category"/],
    [{ category_min: 1 }, /no filter "category_min"/, /./],
    [{ start_min: 1 }, /no filter "start_min"/, /there are|did you mean/],
    [{ category: 7 }, /category: 7 is not a text/, /./],
    [{ orbit: 1.5 }, /orbit: 1.5 is not a whole number/, /./],
    [{ orbit: 3_000_000_000 }, /is not between/, /./],
    [{ big: 2n ** 64n }, /is not between/, /./],
    [{ is_good: 'yes' }, /is_good: "yes" is not true or false/, /./],
    [{ start_after: new Date(Number.NaN) }, /start_after: an object is not a Date/, /./],
    [{ start_after: '0000-12-31' }, /^start_after: "0000-12-31" is not in the years 1 to 9999$/, /./],
    [{ start_after: '0001-01-01T00:00+01:00' }, /is not in the years 1 to 9999/, /./],
    [{ _age: new Date(8.64e15) }, /^_age: \+275760-09-13T00:00:00.000Z is not in the years 1 to 9999$/, /./],
    [{ ratio_max: '1e999' }, /^ratio_max: "1e999" is not between -1.79\d+e\+308 and 1.79\d+e\+308$/, /./],
    [{ category: 'a\0b' }, /^category: .* is not a text without NUL/, /./],
    [{ category: Array.from({ length: 501 }, (_, i) => `${i}%`) }, /501 patterns with % are too many/, /at most 500/],
    [{ extra: {} }, /extra holds JSON/, /./],
    [{ _daterange: 'x' }, /_daterange/, /pair|two dates/],
    [{ _daterange: ['2026-02-01', new Date('2026-01-01')] }, /^_daterange ends before it begins$/, /exchange/],
    [{ constructor: 'x' }, /no filter "constructor"/, /./],
    [{ state: 'archivd' }, /^state: there is no state "archivd"$/, /did you mean "archived"\? there are: .*, cleared$/],
    [{ state: ['failed', 'over'] }, /^state: there is no state "over"$/, /^there are: assessing, /],
  ])('%o are refused', (filters, message, remedy) => {
    expect(() => buildConditions(filters, columns)).toThrow(usage(message, remedy));
  });

  it('of start and stop need these columns', () => {
    expect(() => buildConditions({ _age: new Date() }, {})).toThrow(usage(/needs the columns start and stop/));
  });

  it('without a value are none', () => {
    expect(buildConditions({ category: undefined }, columns)).toEqual([]);
  });

  it.each([
    [{ columns: ['group_key', 'catgory'] }, /no column "catgory"/, /did you mean "category"\? there are: id, /],
    [{ columns: [] }, /no columns/, /./],
    [{ orderBy: '-nope' }, /no column "nope"/, /there are/],
    [{ orderBy: 'extra' }, /JSON/, /./],
    [{ limit: -1 }, /limit/, /./],
  ])('options %o are refused', (options, message, remedy) => {
    expect(() => buildQuery({}, options, columns)).toThrow(usage(message, remedy));
  });
});

describe('the arguments of query files', () => {
  const now = utc('2026-01-08');
  const parse = (...argv: readonly string[]) => parseQueryArguments(argv, columns, now);

  it('become filters of their types', () => {
    const { filters } = parse(
      '--category',
      'a',
      '--category=b%',
      '--no-is-good',
      '--orbit-min',
      '-3',
      '--start_after',
      '2026-01-01',
      '--type',
      't',
      '--created-before=2026-01-02',
      '--complete',
      '--age',
      '7d',
      '--daterange',
      '/2026-01-01',
      '--column-limit',
      '5',
    );
    expect(filters).toEqual({
      category: ['a', 'b%'],
      is_good: false,
      orbit_min: '-3',
      start_after: '2026-01-01',
      file_type: ['t'],
      created_at_before: '2026-01-02',
      complete: true,
      _age: new Date('2026-01-01'),
      _daterange: [null, new Date('2026-01-01')],
      limit: ['5'],
    });
    expect(() => buildConditions(filters, columns)).not.toThrow();
  });

  it('become options', () => {
    expect(
      parse('--columns', 'id, group_key', '--order-by', '-start', '--limit', '7', '--format=csv', '--count'),
    ).toEqual({
      filters: {},
      format: 'csv',
      limit: 7,
      count: true,
      columns: ['id', 'group_key'],
      orderBy: '-start',
    });
  });

  it.each([
    [['--catgory', 'x'], /no option --catgory/, /did you mean --category\?/],
    [['--format', 'jsn'], /no format "jsn"/, /did you mean json/],
    [['--limit', 'many'], /--limit: "many" is not a whole number of 0 or more/, /./],
    [['--limit', '-1'], /--limit: "-1" is not a whole number of 0 or more/, /./],
    [['--category'], /--category needs a value/, /./],
    [['--is-good=yes'], /--is-good takes no value/, /./],
    [['alpha'], /takes no argument "alpha"/, /./],
    [['--age', 'x'], /--age: "x"/, /./],
  ])('%j are refused', (argv, message, remedy) => {
    expect(() => parse(...argv)).toThrow(usage(message, remedy));
  });
});
