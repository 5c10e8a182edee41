import { expect, it } from 'vitest';
import { UncleanGroups } from '../../src/service/unclean-groups.ts';

it('of groups whose transfers fail for ever only so many are kept in mind, the latest ones', () => {
  const groups = new UncleanGroups();
  for (let i = 0; i < 20_000; i += 1) groups.note(`g${i}`, `/archive/${i}`);
  const known = [...Array(20_000).keys()].filter((i) => groups.directoryOf(`g${i}`) === `/archive/${i}`);
  expect([known.length, known[0]]).toEqual([10_000, 10_000]);
  groups.forget('g19999');
  expect(groups.directoryOf('g19999')).toBeNull();
});
