import { expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { copyOf, file, say } from './group-words.ts';

async function archivedPair(): Promise<GroupDriver> {
  return GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toArchive();
}

function statusOf(group: GroupDriver, name: string): string {
  return componentStatus(group.state, group.component(name));
}

test('a copy that has gone from the archive is missing, and where it was is kept', async () => {
  const group = await archivedPair();
  expect(group.send(say.lost(['a.dat']))).toBe('missing');
  expect(statusOf(group, 'a.dat')).toBe('missing');
  expect(statusOf(group, 'a.xml')).toBe('archived');
  expect(group.component('a.dat').archived).toEqual(copyOf('a.dat'));
});

test('a copy that is found again is archived again', async () => {
  const group = await archivedPair();
  group.send(say.lost(['a.dat']));
  expect(group.send(say.found(['a.dat']))).toBe('archived');
  expect(statusOf(group, 'a.dat')).toBe('archived');
});

test('the group is archived again only when all its copies are found', async () => {
  const group = await archivedPair();
  group.send(say.lost(['a.dat']));
  expect(group.send(say.lost(['a.xml']))).toBe('missing');
  expect(group.send(say.found(['a.dat']))).toBe('missing');
  expect(statusOf(group, 'a.dat')).toBe('archived');
  expect(statusOf(group, 'a.xml')).toBe('missing');
  expect(group.send(say.found(['a.xml']))).toBe('archived');
});

test('a lost copy whose source is delivered again is archived again, even with the same content', async () => {
  const group = await GroupDriver.start().toArchive();
  group.send(say.lost(['a.dat']));
  expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
  await group.assessed('deciding', { unchanged: ['a.dat'], at: 9600 });
  expect(group.context.revision).toBe(2);
  await group.decided('transferring');
  await group.transferred('archived', { at: 9700 });
  expect(group.component('a.dat').inArchive).toBe(true);
});

test('a missing group whose source leaves delivery stays missing', async () => {
  const group = await GroupDriver.start().toArchive();
  group.send(say.lost(['a.dat']));
  expect(group.send(say.gone(['a.dat']))).toBe('missing');
  expect(statusOf(group, 'a.dat')).toBe('missing');
});

test('a path that was never archived is neither lost nor found', async () => {
  const group = await archivedPair();
  group.send(say.lost(['a.dat', 'other.dat']));
  expect(Object.keys(group.context.components)).toHaveLength(2);
  expect(group.send(say.found(['other.dat']))).toBe('missing');
});
