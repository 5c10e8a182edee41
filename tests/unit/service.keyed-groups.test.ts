import { expect, test } from 'vitest';
import { initialContext, type GroupContext } from '../../machines/file-group/index.ts';
import { KeyedGroups } from '../../src/service/keyed-groups.ts';
import { file, inputOf, pathOf } from '../machines/group-words.ts';

/** A group of a watch, with files of these names. */
function group(groupKey: string, names: readonly string[] = ['a.dat']): GroupContext {
  return initialContext({ ...inputOf({}), groupKey, files: names.map((name) => file(name)) });
}

function keyedBy(groupKey: string, rulesVersion: string, isOnRecord = false) {
  return { groupKey, rulesVersion, isOnRecord };
}

/** What coming to rest has to say of a group. */
function rest(keyed: KeyedGroups, context: GroupContext): boolean {
  return keyed.take(`w\0${context.groupKey}`, context, 'new');
}

test('a group is in doubt once, when the first file that is on its way was sent by other rules', () => {
  const keyed = new KeyedGroups();
  expect(keyed.note('w', pathOf('a.dat'), keyedBy('a', 'old'))).toBe('old');
  expect(keyed.note('w', pathOf('a.xml'), keyedBy('a', 'new'))).toBe('old');
  expect(keyed.note('w', pathOf('b.dat'), keyedBy('b', 'new'))).toBe('new');
  expect([group('a'), group('a'), group('b')].map((one) => rest(keyed, one))).toEqual([true, false, false]);
});

test('a file is of the group that it was sent to until that one has come to rest with it', () => {
  const keyed = new KeyedGroups();
  const groups = () => ['a.dat', 'a.xml'].map((name) => keyed.of('w', pathOf(name))?.groupKey);
  keyed.note('w', pathOf('a.dat'), keyedBy('a', 'old'));
  keyed.note('w', pathOf('a.xml'), keyedBy('a', 'old'));
  keyed.note('w', pathOf('a.log'), keyedBy('a', 'old', true));
  expect(keyed.of('w', pathOf('a.log')), 'that is known').toBeNull();
  expect(keyed.of('another', pathOf('a.dat'))).toBeNull();
  rest(keyed, group('former', ['a.dat', 'a.xml']));
  expect(groups()).toEqual(['a', 'a']);
  rest(keyed, group('a', ['a.dat']));
  expect(groups()).toEqual([undefined, 'a']);
});

test('groups that never come to rest do not fill the memory', () => {
  const keyed = new KeyedGroups();
  for (let i = 0; i <= 10_000; i += 1) keyed.note('w', pathOf(`${i}`), keyedBy(`${i}`, 'old'));
  expect(['0', '1', '10000'].map((key) => keyed.of('w', pathOf(key))?.groupKey)).toEqual([undefined, '1', '10000']);
  expect(['0', '1', '10000'].map((key) => rest(keyed, group(key)))).toEqual([false, true, true]);
});
