import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { formatKey, parseKey } from '../../src/config/key-path.ts';
import { nearest, suggestFrom, unknownName } from '../../src/config/suggest.ts';
import { listNames } from '../../src/core/counted.ts';
import { editDistance } from '../../src/core/index.ts';

describe('nearest', () => {
  it.each([
    ['poll_intervall', 'poll_interval'],
    ['poll-interval', 'poll_interval'],
    ['WORKERS', 'workers'],
    ['wrokers', 'workers'],
    ['poll', 'poll_interval'],
    ['retry', null],
    ['quux', null],
    ['', null],
  ])('of %j is %j', (word, expected) => {
    expect(nearest(word, ['poll_interval', 'retry_delay', 'retry_backoff', 'workers', 'echo'])).toBe(expected);
  });

  it('counts swapped neighbours as one mistake', () => {
    expect(editDistance('wrokers', 'workers')).toBe(1);
    expect(editDistance('kitten', 'sitting')).toBe(3);
  });

  it('is symmetric, and zero only for equal words', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (one, other) => {
        const distance = editDistance(one, other);
        return distance === editDistance(other, one) && (distance === 0) === (one === other);
      }),
    );
  });

  it('lists what is known when nothing is near, and says nothing when nothing is known', () => {
    expect(suggestFrom('zzz', ['a1', 'b1'], 'known')).toBe('known: a1, b1');
    expect(suggestFrom('zzz', [], 'known')).toBeNull();
  });

  it('lists the first of many names, and how many more there are', () => {
    const names = Array.from({ length: 282 }, (_, i) => `name${i}`);
    expect(unknownName('watch', 'zzz', names)).toMatchObject({
      code: 'USAGE',
      message: 'there is no watch "zzz"',
      remedy: `there is: ${names.slice(0, 30).join(', ')} and 252 more`,
    });
    expect(unknownName('archive', 'zzz', [])).toMatchObject({ remedy: 'there is none in config.toml' });
    expect(listNames(['a', 'b'])).toBe('a, b');
  });
});

describe('formatKey', () => {
  it('writes keys as people do', () => {
    expect(formatKey(['watch', 0, 'settle_seconds'])).toBe('watch[0].settle_seconds');
    expect(formatKey(['r.s', 'x y', 2])).toBe('"r.s"."x y"[2]');
  });

  it('is undone by parseKey for every name', () => {
    const name = fc.string({ unit: 'grapheme' });
    const path = fc.tuple(name, fc.array(fc.oneof(name, fc.nat())));
    fc.assert(
      fc.property(path, ([first, rest]) => {
        expect(parseKey(formatKey([first, ...rest]))).toEqual([first, ...rest]);
      }),
    );
  });
});
