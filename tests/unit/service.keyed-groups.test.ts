import { expect, test } from 'vitest';
import { initialContext, type GroupContext } from '../../machines/file-group/index.ts';
import { KeyedGroups, keyedAnew } from '../../src/service/delivery/keyed-groups.ts';
import { file, inputOf, pathOf } from '../machines/group-words.ts';

/** A group of a watch, with files of these names. */
function group(groupKey: string, names: readonly string[] = ['a.dat']): GroupContext {
  return initialContext({ ...inputOf({}), groupKey, files: names.map((name) => file(name)) });
}

function keyedBy(groupKey: string, rulesVersion: string, isOnRecord = false) {
  return { groupKey, rulesVersion, isOnRecord };
}

/** A file goes to a group; of several versions of it each is another file. */
function note(keyed: KeyedGroups, name: string, by: ReturnType<typeof keyedBy>, version = 1): string {
  return keyed.note('w', pathOf(name), file(name, version).identity, by);
}

/** What coming to rest has to say of a group. */
function rest(keyed: KeyedGroups, context: GroupContext): boolean {
  return keyed.take(`w\0${context.groupKey}`, context, 'new');
}

test('a group is in doubt once, when the first file that is on its way was sent by other rules', () => {
  const keyed = new KeyedGroups();
  expect(note(keyed, 'a.dat', keyedBy('a', 'old'))).toBe('old');
  expect(note(keyed, 'a.xml', keyedBy('a', 'new'))).toBe('old');
  expect(note(keyed, 'b.dat', keyedBy('b', 'new'))).toBe('new');
  expect([group('a'), group('a'), group('b')].map((one) => rest(keyed, one))).toEqual([true, false, false]);
});

test('a group is in doubt when no rules have been asked about one of the files that are on their way', () => {
  const keyed = new KeyedGroups();
  expect(note(keyed, 'a.xml', keyedBy('a', 'new', true))).toBe('new');
  expect(note(keyed, 'a.dat', keyedAnew('a'))).not.toBe('new');
  expect(rest(keyed, group('a'))).toBe(true);
});

test('a file is of the group that it was sent to until that one has come to rest with it', () => {
  const keyed = new KeyedGroups();
  const groups = () => ['a.dat', 'a.xml'].map((name) => keyed.of('w', pathOf(name))?.groupKey);
  note(keyed, 'a.dat', keyedBy('a', 'old'));
  note(keyed, 'a.xml', keyedBy('a', 'old'));
  expect(keyed.of('another', pathOf('a.dat'))).toBeNull();
  rest(keyed, group('former', ['a.dat', 'a.xml']));
  expect(groups()).toEqual(['a', 'a']);
  rest(keyed, group('a', ['a.dat']));
  expect(groups()).toEqual([undefined, 'a']);
});

test('groups that never come to rest do not fill the memory', () => {
  const keyed = new KeyedGroups();
  for (let i = 0; i <= 10_000; i += 1) note(keyed, `${i}`, keyedBy(`${i}`, 'old'));
  expect(['0', '1', '10000'].map((key) => keyed.of('w', pathOf(key))?.groupKey)).toEqual([undefined, '1', '10000']);
  expect(['0', '1', '10000'].map((key) => rest(keyed, group(key)))).toEqual([false, true, true]);
});

test('a group that comes to rest with a file as it was before does not have it yet as it is on its way', () => {
  const keyed = new KeyedGroups();
  note(keyed, 'a.dat', keyedBy('a', 'old'), 2);
  rest(keyed, group('a'));
  expect(keyed.of('w', pathOf('a.dat'))).toEqual(keyedBy('a', 'old'));
});

test('a file that was its group’s on record is asked about anew, where that comes to say that it has left', () => {
  const keyed = new KeyedGroups();
  expect(note(keyed, 'a.dat', keyedBy('a', 'new', true)), 'these have judged its group').toBe('new');
  expect(keyed.of('w', pathOf('a.dat'))).toEqual(keyedBy('a', ''));
});
