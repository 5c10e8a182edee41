import { expect, test } from 'vitest';
import { componentStatus } from '../../machines/file-group/index.ts';
import { GroupDriver } from './group-driver.ts';
import { copyOf, file, say, seenCopy, seenOrphan } from './group-words.ts';
import { waysTo } from './ways.ts';

async function archivedPair(): Promise<GroupDriver> {
  return GroupDriver.start({ names: ['a.dat', 'a.xml'] }).toArchive();
}

/** A pair of which one copy was written off, and its source has left delivery. */
async function halfWrittenOff(): Promise<GroupDriver> {
  const group = await archivedPair();
  group.send(say.lost(['a.dat']));
  group.send(say.gone(['a.dat']));
  group.send(say.writtenOff(['a.dat']));
  return group;
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

test('a copy whose loss shows only when its source is delivered again is archived again, and missing if that leaves', async () => {
  const group = await GroupDriver.start().toArchive();
  group.send(say.settled([file('a.dat', 2)], 9000));
  await group.assessed('deciding', { lost: ['a.dat'], at: 9100 });
  expect(group.context.revision).toBe(2);
  expect(group.component('a.dat').inArchive).toBe(false);
  await group.decided('transferring');
  await group.transferred('assessing', { outcomes: { 'a.dat': 'gone' } });
  await group.assessed('missing', { at: 9200 });
  group.send(say.settled([file('a.dat', 2)], 9300));
  await group.toArchive();
  expect(statusOf(group, 'a.dat')).toBe('archived');
});

test('lost copies whose sources are delivered again one after the other are all archived again', async () => {
  const group = await archivedPair();
  group.send(say.lost(['a.dat', 'a.xml']));
  group.send(say.settled([file('a.xml', 2)], 9600));
  await group.assessed('waiting', {
    unchanged: ['a.xml'],
    verdicts: { 'a.dat': 'waiting' },
    missing: ['.dat'],
    at: 9600,
  });
  group.send(say.settled([file('a.dat', 2)], 9650));
  await group.assessed('deciding', { unchanged: ['a.dat'], at: 9650 });
  await group.decided('transferring');
  await group.transferred('archived', { at: 9700 });
  expect(['a.dat', 'a.xml'].map((name) => statusOf(group, name))).toEqual(['archived', 'archived']);
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

test("what is seen of a copy that is no longer the component's changes nothing", async () => {
  const group = await GroupDriver.start().toArchive();
  const former = seenCopy('a.dat', copyOf('a.dat').sha256);
  group.send(say.settled([file('a.dat', 2)]));
  await group.toTransfer();
  await group.transferred('archived', { at: 7500 });
  const before = group.actor.getSnapshot();
  const elsewhere = { ...seenCopy('a.dat', copyOf('a.dat', 2).sha256), archivePath: '/archive/x/a_1.dat' };
  for (const copy of [former, elsewhere]) {
    group.send({ type: 'archive.lost', copies: [copy], at: 9000 });
    // No transition either, that would be recorded.
    expect(group.actor.getSnapshot()).toBe(before);
  }
  group.send({ type: 'archive.lost', copies: [former, seenCopy('a.dat', copyOf('a.dat', 2).sha256)], at: 9000 });
  expect(group.state).toBe('missing');
  const missing = group.actor.getSnapshot();
  group.send({ type: 'archive.found', copies: [former, elsewhere], at: 9500 });
  expect(group.actor.getSnapshot()).toBe(missing);
});

test('what is known of a copy already changes nothing', async () => {
  const group = await archivedPair();
  const before = group.actor.getSnapshot();
  group.send(say.found(['a.dat']));
  expect(group.actor.getSnapshot()).toBe(before);
  group.send({ type: 'archive.lost', copies: [seenCopy('a.dat')], reason: 'changed content', at: 9000 });
  const missing = group.actor.getSnapshot();
  group.send(say.lost(['a.dat']));
  expect(group.actor.getSnapshot()).toBe(missing);
});

test('a missing group is written off when all its lost copies are, and not before', async () => {
  const group = await archivedPair();
  group.send(say.lost(['a.dat', 'a.xml']));
  expect(group.send(say.writtenOff(['a.dat']))).toBe('missing');
  expect(group.send({ type: 'archive.writtenOff', copies: [seenCopy('a.dat', 'f'.repeat(64))], at: 9550 })).toBe(
    'missing',
  );
  expect(group.send(say.writtenOff(['a.dat', 'a.xml']))).toBe('writtenOff');
  expect(group.context.reason).toBe('written off: a.dat, a.xml');
  expect(statusOf(group, 'a.dat')).toBe('missing');
});

test('only what is missing is written off', async () => {
  const group = await archivedPair();
  expect(group.send(say.writtenOff(['a.dat', 'a.xml']))).toBe('archived');
});

test('a group that was written off comes back with all its copies, and is missing once it loses another', async () => {
  const group = await archivedPair();
  group.send(say.lost(['a.dat']));
  group.send(say.writtenOff(['a.dat']));
  const writtenOff = group.actor.getSnapshot();
  group.send(say.lost(['a.dat']));
  expect(group.actor.getSnapshot()).toBe(writtenOff);
  expect(group.send(say.found(['a.dat']))).toBe('archived');
  expect(group.context.reason).toBe(null);

  group.send(say.lost(['a.dat']));
  group.send(say.writtenOff(['a.dat']));
  expect(group.send(say.lost(['a.xml']))).toBe('missing');
  expect(group.context.reason).toBe('no longer in the archive: a.dat, a.xml');
});

test('a group that was written off stays so, whatever else becomes of it', async () => {
  const group = await halfWrittenOff();
  expect(group.send(say.settled([file('a.xml', 2)]))).toBe('assessing');
  await group.assessed('writtenOff', { unchanged: ['a.xml'], missing: ['.dat'], at: 9600 });
  expect(group.context.reason).toBe('written off: a.dat');

  group.send(say.settled([file('a.xml', 3)]));
  await group.assessed('deciding', { at: 9700 });
  await group.decided('transferring');
  await group.transferred('writtenOff', { at: 9800 });
  expect(group.context).toMatchObject({ revision: 2, completedRevision: 2, reason: 'written off: a.dat' });
});

test('a group that was written off is missing when it loses another copy while it is busy', async () => {
  const group = await halfWrittenOff();
  expect(group.send(say.settled([file('a.xml', 2)]))).toBe('assessing');
  group.send(say.lost(['a.xml']));
  group.send(say.gone(['a.xml']));
  await group.assessed('missing', { at: 9600 });
});

test('a copy that is lost once more is missing, also where it was written off before', async () => {
  const group = await halfWrittenOff();
  expect(group.send(say.found(['a.dat']))).toBe('archived');
  expect(group.send(say.lost(['a.dat']))).toBe('missing');
  group.send(say.settled([file('a.xml', 2)]));
  await group.assessed('missing', { unchanged: ['a.xml'], at: 9600 });
});

test('a group that was written off takes in what comes beside it, and stays written off', async () => {
  const group = await waysTo.adopting();
  await group.adopted('archived');
  const copies = [seenOrphan('a.orphan')];
  group.send({ type: 'archive.lost', copies, at: 9000 });
  expect(group.send({ type: 'archive.writtenOff', copies, at: 9100 })).toBe('writtenOff');
  expect(group.send(say.adopted(['b.orphan']))).toBe('adopting');
  await group.adopted('writtenOff');
});

test('a re-delivery of what is in the archive is ignored where it is to be, and the reason stays', async () => {
  const group = await GroupDriver.start({ names: ['a.dat', 'a.xml'], policy: { onRedelivery: 'ignore' } }).toArchive();
  group.send(say.lost(['a.dat']));
  expect(group.send(say.settled([file('a.xml', 2)]))).toBe('missing');
  group.send(say.writtenOff(['a.dat']));
  expect(group.send(say.settled([file('a.xml', 3)]))).toBe('writtenOff');
  expect(group.context).toMatchObject({ revision: 1, reason: 'written off: a.dat' });
  expect(group.component('a.xml').identity).toEqual(file('a.xml', 3).identity);
  expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
});

test('a group that was written off and is delivered again is archived again', async () => {
  const group = await GroupDriver.start().toArchive();
  group.send(say.lost(['a.dat']));
  group.send(say.writtenOff(['a.dat']));
  expect(group.send(say.settled([file('a.dat', 2)]))).toBe('assessing');
  await group.assessed('deciding', { unchanged: ['a.dat'], at: 9600 });
  await group.decided('transferring');
  await group.transferred('archived', { at: 9700 });
  expect(group.component('a.dat').inArchive).toBe(true);
});
