import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { reviveMetadata } from '../../src/core/index.ts';
import { CarbonationError } from '../../src/errors/index.ts';
import { column, type Extracted, type FileModel } from '../../src/plugin/contract.ts';
import { checkExtracted } from '../../src/plugin/values.ts';

const columns = {
  text: column.text({ length: 3 }),
  long: column.text(),
  integer: column.integer(),
  bigint: column.bigint(),
  float: column.float(),
  decimal: column.decimal({ precision: 5, scale: 2 }),
  boolean: column.boolean(),
  datetime: column.datetime(),
  json: column.json(),
};

/** What is wrong with a result, each as a sentence. */
function problemsOf(result: unknown): readonly string[] {
  try {
    checkExtracted(result, columns);
  } catch (thrown) {
    if (thrown instanceof CarbonationError && thrown.code === 'EXTRACT_INVALID') return thrown.details;
    throw thrown;
  }
  return [];
}

/** An object that contains itself. */
function cycle(): object {
  const start: Record<string, unknown> = {};
  start['deep'] = [{ start }];
  return start;
}

/** An array in an array in an array … */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

describe('values that fit', () => {
  test('of a 64-bit column are whole numbers, too, also for the compiler', () => {
    const result = { bigint: 5, integer: 6 };
    expectTypeOf(result).toExtend<Extracted<FileModel<typeof columns>>>();
    expect(checkExtracted(result, columns)).toEqual({ bigint: '5', integer: 6 });
  });

  test('are stored as JSON: dates as ISO text, bigints and decimals as text, undefined dropped, null kept', () => {
    const result = {
      text: 'a😀b',
      long: undefined,
      integer: -(2 ** 31),
      bigint: 2n ** 63n - 1n,
      float: 1.5,
      decimal: 12.5,
      boolean: false,
      datetime: new Date(Date.UTC(2024, 0, 2, 3, 4, 5, 6)),
      json: { a: [1, null, 'x', { b: true }], c: undefined },
    };
    expect(checkExtracted(result, columns)).toEqual({
      text: 'a😀b',
      integer: -2_147_483_648,
      bigint: '9223372036854775807',
      float: 1.5,
      decimal: '12.5',
      boolean: false,
      datetime: '2024-01-02T03:04:05.006Z',
      json: { a: [1, null, 'x', { b: true }] },
    });
    expect(Object.keys(checkExtracted(result, columns))).not.toContain('long');
    expect(checkExtracted({ text: null, datetime: null }, columns)).toEqual({ text: null, datetime: null });
  });

  test('come back the same through JSON', () => {
    fc.assert(
      fc.property(
        fc.record({
          bigint: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
          datetime: fc.date({
            min: new Date('0001-01-01T00:00:00Z'),
            max: new Date('9999-12-31T23:59:59Z'),
            noInvalidDate: true,
          }),
          integer: fc.integer(),
          long: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
        }),
        (result) => {
          const stored: typeof result = JSON.parse(JSON.stringify(checkExtracted(result, columns)));
          expect(reviveMetadata(JSON.parse(JSON.stringify(stored)), columns)).toEqual(result);
        },
      ),
    );
  });

  test.each(['S1A', '', '1.5', 1.5, 1e21, null, true, ['1']])('stay %j in a column that has become a bigint', (now) => {
    expect(reviveMetadata({ now }, { now: column.bigint() })).toEqual({ now });
  });

  test('stay a text in a column that has become a datetime', () => {
    expect(reviveMetadata({ now: 'S1A' }, { now: column.datetime() })).toEqual({ now: 'S1A' });
  });

  test('may be a whole number for a bigint column, within what a number holds exactly', () => {
    expect(checkExtracted({ bigint: 5 }, columns)).toEqual({ bigint: '5' });
    expect(problemsOf({ bigint: 2 ** 53 })).toHaveLength(1);
  });

  test.for([
    ['007.10', '7.1'],
    ['-0.00', '0'],
    ['+1.5e2', '150'],
    ['999.99', '999.99'],
    [1e-2, '0.01'],
    [-0.5, '-0.5'],
    [12n, '12'],
    ['0.1e-1', '0.01'],
  ] as const)('for a decimal column: %s is written %s', ([value, expected]) => {
    expect(checkExtracted({ decimal: value }, columns)).toEqual({ decimal: expected });
  });

  test('may be an object without a prototype', () => {
    const result: object = Object.assign(Object.create(null), { text: 'a' });
    expect(checkExtracted(result, columns)).toEqual({ text: 'a' });
  });

  test('are the moment of a Date, whatever the class that it is of makes of its text', () => {
    class Moment extends Date {
      override toISOString() {
        return 'some day';
      }
    }
    expect(checkExtracted({ datetime: new Moment(0) }, columns)).toEqual({ datetime: '1970-01-01T00:00:00.000Z' });
    expect(problemsOf({ datetime: new Moment(Number.NaN) })).toHaveLength(1);
  });

  test('keep a key __proto__ in JSON as a mere key', () => {
    const stored = checkExtracted({ json: JSON.parse('{"__proto__": {"a": 1}}') }, columns);
    expect(JSON.stringify(stored)).toBe('{"json":{"__proto__":{"a":1}}}');
  });
});

describe('values that do not fit', () => {
  test.for([
    [{ txt: 'a' }, '"txt" is no column of the model (did you mean "text"?)'],
    [{ constructor: 'a' }, /"constructor" is no column of the model \(known: text, long/],
    [{ id: 1 }, '"id" is set by carbonation itself, an extractor cannot'],
    [{ text: 1 }, '"text" is 1, not a text'],
    [{ text: 'abcd' }, '"text" has 4 characters; the column holds 3'],
    [{ long: 'a\0' }, /NUL/],
    [{ long: '\ud800' }, /surrogate/],
    [{ integer: 1.5 }, '"integer" is 1.5, not a whole number'],
    [{ integer: '1' }, '"integer" is a text, not a whole number'],
    [{ integer: 1n }, '"integer" is a bigint, not a whole number'],
    [{ integer: 2 ** 31 }, /does not fit 32 bits; make the column a bigint/],
    [{ integer: -(2 ** 31) - 1 }, /does not fit 32 bits/],
    [{ bigint: 2n ** 63n }, '"bigint" does not fit 64 bits'],
    [{ bigint: -(2n ** 63n) - 1n }, '"bigint" does not fit 64 bits'],
    [{ float: Number.NaN }, '"float" is NaN, not a number'],
    [{ float: Infinity }, '"float" is Infinity, not a number'],
    [{ decimal: 'x' }, '"decimal" is not a decimal number'],
    [{ decimal: Number.NaN }, '"decimal" is not a decimal number'],
    [{ decimal: '1e999999999' }, '"decimal" is not a decimal number'],
    [{ decimal: 1000 }, '"decimal" has 4 digits before the point; the column holds 3'],
    [{ decimal: 0.1 + 0.2 }, /17 digits behind the point; the column holds 2: round it/],
    [{ decimal: true }, '"decimal" is true, not a decimal number'],
    [{ boolean: 1 }, '"boolean" is 1, not a boolean'],
    [{ datetime: '2024-01-01' }, /is a text, not a Date; give `new Date/],
    [{ datetime: 1 }, '"datetime" is 1, not a Date'],
    [{ datetime: new Date('x') }, /invalid Date/],
    [{ datetime: new Date(Date.UTC(12_000, 1)) }, /year 12000/],
    [{ json: { a: [() => 1] } }, '"json" at .a[0]: is a function, which JSON cannot hold'],
    [{ json: { a: new Map() } }, '"json" at .a: is a Map, which JSON cannot hold'],
    [{ json: new Date() }, /toISOString/],
    [{ json: [1n] }, /bigint/],
    [{ json: [undefined] }, '"json" at [0]: is undefined, which JSON cannot hold'],
    [{ json: Number.NaN }, '"json" is NaN, which JSON cannot hold'],
    [{ json: ['\0'] }, /at \[0\]: contains a NUL/],
    [{ json: { '\udc00': 1 } }, /surrogate/],
    [{ json: cycle() }, '"json" at .deep[0].start: contains itself'],
    [{ json: nested(29) }, '"json" is nested more than 28 levels deep'],
    [{ json: nested(100_000) }, /levels deep/],
  ] as const)('%# are refused with the reason', ([result, expected]) => {
    const problems = problemsOf(result);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(expected);
  });

  test('are all reported at once', () => {
    const error = (() => {
      try {
        return checkExtracted({ integer: 'a', boolean: 'b', text: 'ok' }, columns);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toMatchObject({
      code: 'EXTRACT_INVALID',
      message: expect.stringContaining('2 values do not fit'),
      details: [expect.stringContaining('"integer"'), expect.stringContaining('"boolean"')],
    });
  });

  test('are refused when there is more of them than every database can be given in one statement', () => {
    const most = 4 * 1024 * 1024 - '{"long":""}'.length;
    expect(() => checkExtracted({ long: 'x'.repeat(most) }, columns)).not.toThrow();
    expect(() => checkExtracted({ long: 'x'.repeat(most - 1) + 'é' }, columns)).toThrow(
      'the metadata has 4194305 bytes as JSON; 4194304 are taken at most',
    );
  });

  test('the same object twice is no cycle', () => {
    const shared = { a: 1 };
    expect(problemsOf({ json: [shared, shared] })).toEqual([]);
    expect(problemsOf({ json: nested(28) })).toEqual([]);
  });
});

describe('a result that is no plain object', () => {
  test.for([
    [undefined, 'undefined'],
    [null, 'null'],
    [[], 'an array'],
    ['text', 'a text'],
    [new Map(), 'a Map'],
    [new Uint8Array(), 'a Uint8Array'],
    [Promise.resolve({}), 'a Promise'],
    [(function* () {})(), 'a Generator'],
    [(async function* () {})(), 'an AsyncGenerator'],
  ] as const)('is refused: %s', ([result, expected]) => {
    expect(() => checkExtracted(result, columns)).toThrow(`the extractor returned ${expected}`);
  });
});
