import { expect, test } from 'vitest';
import { KeyedGroups } from '../../src/service/keyed-groups.ts';

test('a group is in doubt once, when the first file that is on its way was sent by other rules', () => {
  const keyed = new KeyedGroups();
  keyed.note('a', 'old');
  keyed.note('a', 'new');
  keyed.note('b', 'new');
  expect([keyed.take('a', 'new'), keyed.take('a', 'new'), keyed.take('b', 'new')]).toEqual([true, false, false]);
});

test('groups that never come to rest do not fill the memory', () => {
  const keyed = new KeyedGroups();
  for (let i = 0; i <= 10_000; i += 1) keyed.note(`group ${i}`, 'old');
  expect([keyed.take('group 0', 'new'), keyed.take('group 1', 'new'), keyed.take('group 10000', 'new')]).toEqual([
    false,
    true,
    true,
  ]);
});
