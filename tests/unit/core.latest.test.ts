import { expect, it } from 'vitest';
import { Latest } from '../../src/core/index.ts';

it('of entries without end only so many are kept in mind, the latest ones', () => {
  const latest = new Latest<string, string>(10_000);
  for (let i = 0; i < 20_000; i += 1) latest.set(`g${i}`, `/archive/${i}`);
  const known = [...Array(20_000).keys()].filter((i) => latest.get(`g${i}`) === `/archive/${i}`);
  expect([known.length, known[0]]).toEqual([10_000, 10_000]);
  latest.delete('g19999');
  expect(latest.get('g19999')).toBeUndefined();
});

it('an entry that is there already takes the place of no other one', () => {
  const latest = new Latest<string, number>(2);
  for (const [key, value] of [
    ['a', 1],
    ['b', 2],
    ['b', 3],
  ] as const)
    latest.set(key, value);
  expect([...latest]).toEqual([
    ['a', 1],
    ['b', 3],
  ]);
});
