import { describe, expect, it } from 'vitest';
import { commandOf, everything, makeOrder, readOrder, watchOrders } from '../../src/service/delivery/order.ts';
import { watchOf } from '../support/watch.ts';

const flat = watchOf('/data/flat', { name: 'flat' });
const deep = watchOf('/data/deep', { name: 'deep', recursive: true });
const watches = [flat, deep];

function order(wanted: { watches?: readonly string[]; paths?: readonly string[] }) {
  return makeOrder(watches, { watches: [], paths: [], force: false, ...wanted }, '/data');
}

/** What of each watch is looked at. */
function parts(wanted: Parameters<typeof order>[0]) {
  return watchOrders(watches, order(wanted)).map(({ watch, paths }) => [watch.name, paths]);
}

describe('what is to be reconciled', () => {
  it.each<[Parameters<typeof order>[0], readonly (readonly [string, readonly string[] | null])[]]>([
    [
      {},
      [
        ['flat', null],
        ['deep', null],
      ],
    ],
    [{ watches: ['deep'] }, [['deep', null]]],
    [{ paths: ['deep/a/b', '/data/deep/c.txt'] }, [['deep', ['/data/deep/a/b', '/data/deep/c.txt']]]],
    [{ paths: ['flat/a.txt'] }, [['flat', ['/data/flat/a.txt']]]],
    [{ paths: ['flat', 'flat/a.txt'] }, [['flat', null]]],
    [{ paths: ['deep/../flat/'] }, [['flat', null]]],
  ])('%j', (wanted, expected) => {
    expect(parts(wanted)).toEqual(expected);
  });

  it.each([
    [{ watches: ['deeep'] }, 'there is no watch "deeep"', 'did you mean "deep"?'],
    [
      { paths: ['/data/other'] },
      '/data/other is in no watch',
      'the watches are flat (/data/flat, not recursive), deep (/data/deep)',
    ],
    [{ paths: ['flat/a/b.txt'] }, '/data/flat/a/b.txt is in no watch', expect.stringContaining('not recursive')],
    [{ paths: ['flat2'] }, '/data/flat2 is in no watch', expect.anything()],
    [{ watches: ['flat'], paths: ['deep/a'] }, '/data/deep/a is in no watch', expect.not.stringContaining('deep')],
  ])('%j is refused', (wanted, message, remedy) => {
    expect(() => order(wanted)).toThrow(expect.objectContaining({ code: 'USAGE', message, remedy }));
  });

  it.each([
    [null, 'run --once'],
    [order({}), 'reconcile'],
    [order({ watches: ['deep', 'flat'] }), 'reconcile'],
    [order({ paths: ['deep', 'flat'] }), 'reconcile'],
    [order({ watches: ['deep'] }), 'reconcile WATCH'],
    [order({ paths: ['deep', 'flat/a.txt'] }), 'reconcile PATHS'],
  ])('%j is on record as `%s`', (one, command) => {
    expect(commandOf(watches, one)).toBe(command);
  });

  it('is the same after its way through the database, and nothing else is taken for it', () => {
    const asked = { watches: ['deep'], paths: ['/data/deep/a'], force: true };
    expect(readOrder(JSON.parse(JSON.stringify(asked)))).toEqual(asked);
    expect(readOrder(everything)).toEqual(everything);
    for (const other of [null, 1, {}, { ...asked, paths: 'x' }, { ...asked, force: 'yes' }, { ...asked, watches: [1] }])
      expect(readOrder(other)).toBeNull();
  });
});
